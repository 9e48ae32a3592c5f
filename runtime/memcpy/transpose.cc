// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/transpose.h"

#include <algorithm>

namespace csl::runtime {
namespace {

// 16 words are a cache line.
constexpr int64_t kBlock = 16;

// to[i * to_stride + j] = from[j * from_stride + i], for i < rows and j < columns. Through a block
// of its own: strides are often powers of two, whose lines would drive each other out of the cache.
void TransposeMatrix(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride,
                     int64_t rows, int64_t columns) {
  uint32_t block[kBlock][kBlock];
  for (int64_t j0 = 0; j0 < columns; j0 += kBlock) {
    const int64_t width = std::min(kBlock, columns - j0);
    for (int64_t i0 = 0; i0 < rows; i0 += kBlock) {
      const int64_t height = std::min(kBlock, rows - i0);
      for (int64_t j = 0; j < width; ++j) {
        const uint32_t* line = from + (j0 + j) * from_stride + i0;
        for (int64_t i = 0; i < height; ++i) block[i][j] = line[i];
      }
      for (int64_t i = 0; i < height; ++i) {
        std::copy(block[i], block[i] + width, to + (i0 + i) * to_stride + j0);
      }
    }
  }
}

}  // namespace

void ColumnToRowMajor(const TensorShape& shape, std::span<const uint32_t> from,
                      std::span<uint32_t> to) {
  for (int64_t w = 0; w < shape.columns; ++w) {
    TransposeMatrix(from.data() + w * shape.rows, shape.columns * shape.rows,
                    to.data() + w * shape.elements, shape.columns * shape.elements, shape.rows,
                    shape.elements);
  }
}

void RowToColumnMajor(const TensorShape& shape, std::span<const uint32_t> from,
                      std::span<uint32_t> to) {
  for (int64_t w = 0; w < shape.columns; ++w) {
    TransposeMatrix(from.data() + w * shape.elements, shape.columns * shape.elements,
                    to.data() + w * shape.rows, shape.columns * shape.rows, shape.elements,
                    shape.rows);
  }
}

}  // namespace csl::runtime
