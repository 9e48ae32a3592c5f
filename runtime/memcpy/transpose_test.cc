// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/transpose.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "runtime/memcpy/region.h"

namespace csl::runtime {
namespace {

TEST(Transpose, EachElementGoesToItsPlace) {
  constexpr TensorShape kShapes[] = {{1, 1, 1},     {3, 4, 5},    {17, 2, 33}, {40, 1, 16},
                                     {1, 40, 3},    {300, 2, 70}, {7, 2, 130}, {1, 70, 300},
                                     {70, 300, 1},  {1, 1, 9},    {5, 5, 5},   {261, 3, 67},
                                     {129, 65, 130}};  // the last one by several threads
  for (const TensorShape& shape : kShapes) {
    Region region;
    region.width = shape.columns;
    region.height = shape.rows;
    region.elements_per_pe = shape.elements;
    std::vector<uint32_t> columns(static_cast<size_t>(region.words()));
    std::iota(columns.begin(), columns.end(), 100);
    std::vector<uint32_t> rows(columns.size());
    ColumnToRowMajor(shape, columns, rows);
    for (int64_t h = 0; h < shape.rows; ++h) {
      for (int64_t w = 0; w < shape.columns; ++w) {
        for (int64_t l = 0; l < shape.elements; ++l) {
          ASSERT_EQ(
              rows[static_cast<size_t>(HostIndex(region, fabric::CopyOrder::kRowMajor, h, w, l))],
              columns[static_cast<size_t>(
                  HostIndex(region, fabric::CopyOrder::kColumnMajor, h, w, l))]);
        }
      }
    }
    std::vector<uint32_t> back(columns.size());
    RowToColumnMajor(shape, rows, back);
    EXPECT_EQ(back, columns);
    EXPECT_EQ(SameInBothOrders(shape), rows == columns);
  }
}

}  // namespace
}  // namespace csl::runtime
