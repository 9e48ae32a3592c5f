// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/region.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <vector>

namespace csl::runtime {
namespace {

image::Manifest Rectangle(int width, int height) {
  image::Manifest manifest;
  manifest.rectangle = {width, height};
  return manifest;
}

TEST(RegionTest, TheWholeRectangleAndEachCornerFit) {
  const image::Manifest manifest = Rectangle(4, 3);
  EXPECT_EQ(CheckRegion(manifest, {0, 0, 4, 3, 1}), OkStatus());
  EXPECT_EQ(CheckRegion(manifest, {3, 2, 1, 1, 24'576}), OkStatus());
}

TEST(RegionTest, OnePastEachBorderIsRefusedByName) {
  const image::Manifest manifest = Rectangle(4, 3);
  const struct {
    Region region;
    const char* text;
  } kCases[] = {
      {{4, 0, 1, 1, 1}, "px = 4: the program's rectangle has 4 columns; must be 0..3"},
      {{-1, 0, 1, 1, 1}, "px = -1"},
      {{0, 3, 1, 1, 1}, "py = 3: the program's rectangle has 3 rows; must be 0..2"},
      {{1, 0, 4, 1, 1},
       "w = 4: the program's rectangle has 4 columns, allowed with px = 1 is 1..3"},
      {{0, 0, 0, 1, 1}, "w = 0"},
      {{0, 2, 1, 2, 1}, "h = 2: the program's rectangle has 3 rows, allowed with py = 2 is 1..1"},
      {{0, 0, 1, -5, 1}, "h = -5"},
      {{0, 0, 1, 1, 0}, "elem_per_pe = 0: must be 1..24576"},
      {{0, 0, 1, 1, 24'577}, "elem_per_pe = 24577"},
      {{0, 0, INT64_MAX, 1, 1}, "w = 9223372036854775807"},
      {{INT64_MIN, 0, 1, 1, 1}, "px = -9223372036854775808"},
  };
  for (const auto& c : kCases) {
    const Status status = CheckRegion(manifest, c.region);
    EXPECT_EQ(status.code(), StatusCode::kOutOfRange) << c.text;
    EXPECT_NE(status.message().find(c.text), std::string::npos) << status.message();
  }
}

TEST(RegionTest, RowMajorIsCOrderAndColumnMajorIsFortranOrder) {
  const Region region{0, 0, 3, 2, 4};  // A[2][3][4]
  EXPECT_EQ(HostIndex(region, fabric::CopyOrder::kRowMajor, 0, 0, 1), 1);
  EXPECT_EQ(HostIndex(region, fabric::CopyOrder::kRowMajor, 0, 1, 0), 4);
  EXPECT_EQ(HostIndex(region, fabric::CopyOrder::kRowMajor, 1, 0, 0), 12);
  EXPECT_EQ(HostIndex(region, fabric::CopyOrder::kColumnMajor, 1, 0, 0), 1);
  EXPECT_EQ(HostIndex(region, fabric::CopyOrder::kColumnMajor, 0, 1, 0), 2);
  EXPECT_EQ(HostIndex(region, fabric::CopyOrder::kColumnMajor, 0, 0, 1), 6);
}

TEST(RegionTest, EachOrderUsesEveryWordOnce) {
  const Region region{0, 0, 3, 5, 7};
  for (const auto order : {fabric::CopyOrder::kRowMajor, fabric::CopyOrder::kColumnMajor}) {
    std::set<int64_t> seen;
    for (int h = 0; h < 5; ++h) {
      for (int w = 0; w < 3; ++w) {
        for (int l = 0; l < 7; ++l) seen.insert(HostIndex(region, order, h, w, l));
      }
    }
    EXPECT_EQ(static_cast<int64_t>(seen.size()), region.words());
    EXPECT_EQ(*seen.rbegin(), region.words() - 1);
  }
}

TEST(RegionTest, StridesAndBroadcastsNeedFewerWords) {
  const image::Manifest manifest = Rectangle(8, 6);
  Region region{1, 0, 7, 6, 2};
  region.row_stride = 3;
  region.col_stride = 4;
  EXPECT_EQ(CheckRegion(manifest, region), OkStatus());
  EXPECT_EQ(region.columns(), 3);
  EXPECT_EQ(region.rows(), 2);
  EXPECT_EQ(region.words(), 12);
  region.row_stride = 0;
  EXPECT_EQ(CheckRegion(manifest, region).message(), "row_stride = 0: must be 1..8");
  region.row_stride = 1;
  region.col_stride = 7;
  EXPECT_EQ(CheckRegion(manifest, region).message(), "col_stride = 7: must be 1..6");
  Region rows{0, 0, 4, 3, 5};
  rows.broadcast = fabric::Broadcast::kRows;
  EXPECT_EQ(rows.words(), 15);
  rows.broadcast = fabric::Broadcast::kColumns;
  EXPECT_EQ(rows.words(), 20);
}

TEST(RegionTest, StreamsMayBeLongerThanMemory) {
  const image::Manifest manifest = Rectangle(1, 1);
  EXPECT_EQ(CheckRegion(manifest, {0, 0, 1, 1, 67'108'864}, kMaxStreamElements), OkStatus());
  EXPECT_EQ(CheckRegion(manifest, {0, 0, 1, 1, 67'108'865}, kMaxStreamElements).message(),
            "elem_per_pe = 67108865: must be 1..67108864");
}

TEST(RegionTest, ColumnsFirstBecomesRowsFirst) {
  Region region{0, 0, 5, 2, 2};  // columns 0, 2, 4
  region.row_stride = 2;
  const std::vector<uint32_t> given = {0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51};
  EXPECT_EQ(RowsFirst(region, fabric::CopyOrder::kRowMajor, given),
            (std::vector<uint32_t>{0, 1, 20, 21, 40, 41, 10, 11, 30, 31, 50, 51}));
  // Fortran order of A[3][2][2]: columns fastest, then rows.
  EXPECT_EQ(RowsFirst(region, fabric::CopyOrder::kColumnMajor, given),
            (std::vector<uint32_t>{0, 11, 1, 20, 10, 21, 30, 41, 31, 50, 40, 51}));
}

TEST(RegionTest, ColumnsFirstBecomesRowsFirstInEveryShape) {
  for (const Region& region :
       {Region{0, 0, 70, 3, 5}, Region{0, 0, 3, 70, 1}, Region{0, 0, 1, 9, 4},
        Region{0, 0, 9, 1, 4}, Region{0, 0, 5, 6, 67}}) {
    std::vector<uint32_t> given(static_cast<size_t>(region.words()));
    std::iota(given.begin(), given.end(), 7);
    const int64_t rows = region.rows(), columns = region.columns();
    const int64_t elements = region.elements_per_pe;
    const auto row_major = RowsFirst(region, fabric::CopyOrder::kRowMajor, given);
    const auto column_major = RowsFirst(region, fabric::CopyOrder::kColumnMajor, given);
    for (int64_t h = 0; h < rows; ++h) {
      for (int64_t w = 0; w < columns; ++w) {
        for (int64_t l = 0; l < elements; ++l) {
          const auto at = [&](const std::vector<uint32_t>& words, fabric::CopyOrder order) {
            return words[static_cast<size_t>(HostIndex(region, order, h, w, l))];
          };
          ASSERT_EQ(at(row_major, fabric::CopyOrder::kRowMajor),
                    given[static_cast<size_t>((w * rows + h) * elements + l)]);
          ASSERT_EQ(at(column_major, fabric::CopyOrder::kColumnMajor),
                    given[static_cast<size_t>((l * rows + h) * columns + w)]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace csl::runtime
