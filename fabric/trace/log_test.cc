// SPDX-License-Identifier: Apache-2.0
#include "fabric/trace/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace csl::fabric::trace {
namespace {

using ::testing::ElementsAre;

TEST(Log, LeavesByCycleThenPeThenOrderOfWriting) {
  std::vector<std::string> seen;
  LogMerger log(LogLevel::kInfo, [&](const LogRecord& r) { seen.push_back(r.ToString()); });
  RecordBuffer a = {{4, {7, LogLevel::kInfo, "a1", {}}}, {4, {7, LogLevel::kInfo, "a2", {}}}};
  RecordBuffer b = {{2, {7, LogLevel::kWarning, "b", {}}}, {2, {9, LogLevel::kInfo, "late", {}}}};
  log.Take(&a);
  log.Take(&b);
  EXPECT_TRUE(a.empty());
  log.Add(7, LogLevel::kError, "host");
  log.Add(3, LogLevel::kDebug, "too quiet");
  log.FlushBefore(9);
  EXPECT_THAT(seen, ElementsAre("@7 ERROR: host", "@7 WARNING: b", "@7 a1", "@7 a2"));
  log.FlushBefore(10);
  EXPECT_EQ(seen.back(), "@9 late");
}

TEST(Log, NobodyListens) {
  LogMerger log(LogLevel::kDebug, nullptr);
  EXPECT_FALSE(log.Wants(LogLevel::kError));
  log.Add(1, LogLevel::kError, "x");
  RecordBuffer buffer = {{4, {7, LogLevel::kInfo, "y", {}}}};
  log.Take(&buffer);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(log.num_pending(), 0u) << "records that nobody will see are not kept";
  log.FlushBefore(100);
}

}  // namespace
}  // namespace csl::fabric::trace
