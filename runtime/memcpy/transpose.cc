// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/transpose.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace csl::runtime {
namespace {

// A tile of 64 KiB stays in the nearer caches. Its lines are long enough on both sides for a line
// of cache and a page to be used well once they were fetched.
constexpr int64_t kTileRows = 256;
constexpr int64_t kTileColumns = 64;
// From so many words on, starting threads costs little of the whole. More of them than this find
// the memory busy.
constexpr int64_t kWordsForThreads = int64_t{1} << 20;
constexpr int64_t kMaxThreads = 4;
using Tile = uint32_t[kTileRows][kTileColumns];

typedef uint32_t Quad __attribute__((vector_size(16)));

Quad Load(const uint32_t* from) {
  Quad quad;
  std::memcpy(&quad, from, sizeof(quad));
  return quad;
}

// to[i][j] = from[j * from_stride + i], for i and j below 4.
void TransposeQuads(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride) {
  const Quad a = Load(from);
  const Quad b = Load(from + from_stride);
  const Quad c = Load(from + 2 * from_stride);
  const Quad d = Load(from + 3 * from_stride);
  const Quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Quad rows[] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                       __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                       __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                       __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (int i = 0; i < 4; ++i) std::memcpy(to + i * to_stride, &rows[i], sizeof(Quad));
}

// The part of a matrix with `rows` and `columns`, no more than those of the tile.
void FillTile(const uint32_t* from, int64_t from_stride, int64_t rows, int64_t columns,
              Tile& tile) {
  const int64_t whole_rows = rows / 4 * 4;
  const int64_t whole_columns = columns / 4 * 4;
  for (int64_t j = 0; j < whole_columns; j += 4) {
    const uint32_t* lines = from + j * from_stride;
    for (int64_t i = 0; i < whole_rows; i += 4) {
      TransposeQuads(lines + i, from_stride, &tile[i][j], kTileColumns);
    }
  }
  for (int64_t j = 0; j < columns; ++j) {
    const int64_t first = j < whole_columns ? whole_rows : 0;
    for (int64_t i = first; i < rows; ++i) tile[i][j] = from[j * from_stride + i];
  }
}

// Calls part(first, end) for parts of 0..count on several threads, of large tensors.
void InParts(int64_t count, int64_t words, const std::function<void(int64_t, int64_t)>& part) {
  const int64_t cores = std::thread::hardware_concurrency();
  const int64_t parts = words < kWordsForThreads ? 1 : std::clamp<int64_t>(cores, 1, kMaxThreads);
  const auto begin_of = [&](int64_t i) { return count * i / parts; };
  std::vector<std::thread> threads;
  int64_t started = 1;
  try {
    for (; started < parts; ++started) {
      threads.emplace_back(part, begin_of(started), begin_of(started + 1));
    }
  } catch (const std::system_error&) {
    // No more threads: this one does the rest.
  }
  part(begin_of(0), begin_of(1));
  if (started < parts) part(begin_of(started), count);
  for (std::thread& thread : threads) thread.join();
}

// Words of A[a][b][c] as those of A[c][b][a], both with the last index fastest.
void Reverse(int64_t a, int64_t b, int64_t c, const uint32_t* from, uint32_t* to) {
  if (a == 1) return TransposeMatrix(from, c, to, b, c, b);
  if (c == 1) return TransposeMatrix(from, b, to, a, b, a);
  InParts(b, a * b * c, [&](int64_t first, int64_t end) {
    for (int64_t i = first; i < end; ++i) {
      TransposeMatrix(from + i * c, b * c, to + i * a, b * a, c, a);
    }
  });
}

}  // namespace

// Through a tile of its own: strides are often powers of two, whose lines would drive each other
// out of the cache.
void TransposeMatrix(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride,
                     int64_t rows, int64_t columns) {
  alignas(64) Tile tile;
  for (int64_t i0 = 0; i0 < rows; i0 += kTileRows) {
    const int64_t height = std::min(kTileRows, rows - i0);
    for (int64_t j0 = 0; j0 < columns; j0 += kTileColumns) {
      const int64_t width = std::min(kTileColumns, columns - j0);
      FillTile(from + j0 * from_stride + i0, from_stride, height, width, tile);
      for (int64_t i = 0; i < height; ++i) {
        std::copy(tile[i], tile[i] + width, to + (i0 + i) * to_stride + j0);
      }
    }
  }
}

bool SameInBothOrders(const TensorShape& shape) {
  return (shape.rows > 1) + (shape.columns > 1) + (shape.elements > 1) <= 1;
}

void ColumnToRowMajor(const TensorShape& shape, std::span<const uint32_t> from,
                      std::span<uint32_t> to) {
  Reverse(shape.elements, shape.columns, shape.rows, from.data(), to.data());
}

void RowToColumnMajor(const TensorShape& shape, std::span<const uint32_t> from,
                      std::span<uint32_t> to) {
  Reverse(shape.rows, shape.columns, shape.elements, from.data(), to.data());
}

}  // namespace csl::runtime
