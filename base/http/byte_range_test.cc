// SPDX-License-Identifier: Apache-2.0
#include "base/http/byte_range.h"

#include <gtest/gtest.h>

namespace csl::http {
namespace {

struct Row {
  const char* text;
  uint64_t size;
  RangeKind kind;
  uint64_t first;
  uint64_t count;
};

TEST(ByteRangeTest, IsReadAsRfc9110HasIt) {
  constexpr RangeKind kWhole = RangeKind::kWhole;
  constexpr RangeKind kPart = RangeKind::kPart;
  constexpr RangeKind kNone = RangeKind::kUnsatisfiable;
  const Row rows[] = {{"bytes=0-0", 10, kPart, 0, 1},
                      {"bytes=0-9", 10, kPart, 0, 10},
                      {"bytes=0-10", 10, kPart, 0, 10},
                      {"bytes=5-", 10, kPart, 5, 5},
                      {"bytes=9-", 10, kPart, 9, 1},
                      {"bytes=-3", 10, kPart, 7, 3},
                      {"bytes=-30", 10, kPart, 0, 10},
                      {"bytes=10-", 10, kNone, 0, 0},
                      {"bytes=10-20", 10, kNone, 0, 0},
                      {"bytes=-0", 10, kNone, 0, 0},
                      {"bytes=0-", 0, kNone, 0, 0},
                      {"bytes=5-4", 10, kWhole, 0, 0},
                      {"bytes=", 10, kWhole, 0, 0},
                      {"bytes=a-b", 10, kWhole, 0, 0},
                      {"bytes=0-1,3-4", 10, kWhole, 0, 0},
                      {"lines=0-1", 10, kWhole, 0, 0},
                      {"", 10, kWhole, 0, 0},
                      {"bytes=-", 10, kWhole, 0, 0},
                      {"bytes=+1-2", 10, kWhole, 0, 0},
                      {"bytes=18446744073709551615-", 10, kNone, 0, 0},
                      {"bytes=99999999999999999999-", 10, kWhole, 0, 0}};
  for (const Row& row : rows) {
    ByteRange range;
    EXPECT_EQ(ParseRange(row.text, row.size, range), row.kind) << row.text;
    if (row.kind != kPart) continue;
    EXPECT_EQ(range.first, row.first) << row.text;
    EXPECT_EQ(range.size, row.count) << row.text;
  }
}

}  // namespace
}  // namespace csl::http
