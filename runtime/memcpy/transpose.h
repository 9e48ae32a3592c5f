// SPDX-License-Identifier: Apache-2.0
// Host tensors in column-major order as those in row-major order, and back.
//
// The device moves the words of one PE together. In column-major order they lie far apart, so that
// each costs a miss of the caches; here they are moved by blocks that fit.
#ifndef RUNTIME_MEMCPY_TRANSPOSE_H_
#define RUNTIME_MEMCPY_TRANSPOSE_H_

#include <cstdint>
#include <span>

namespace csl::runtime {

// A tensor A[rows][columns][elements].
struct TensorShape {
  int64_t rows = 1;
  int64_t columns = 1;
  int64_t elements = 1;
};

// Whether its words lie alike in both orders: no more than one index runs.
bool SameInBothOrders(const TensorShape& shape);

// Both spans have rows * columns * elements words and do not overlap.
void ColumnToRowMajor(const TensorShape& shape, std::span<const uint32_t> from,
                      std::span<uint32_t> to);
void RowToColumnMajor(const TensorShape& shape, std::span<const uint32_t> from,
                      std::span<uint32_t> to);

// to[i * to_stride + j] = from[j * from_stride + i], for i < rows and j < columns.
void TransposeMatrix(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride,
                     int64_t rows, int64_t columns);

}  // namespace csl::runtime

#endif  // RUNTIME_MEMCPY_TRANSPOSE_H_
