// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/region.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/memcpy/transpose.h"

namespace csl::runtime {
namespace {

Status CheckAxis(const char* start_name, const char* size_name, int64_t start, int64_t size,
                 int64_t limit, const char* what) {
  if (start < 0 || start >= limit) {
    return OutOfRange(fmt::format("{} = {}: the program's rectangle has {} {}; must be 0..{}",
                                  start_name, start, limit, what, limit - 1));
  }
  if (size < 1 || size > limit - start) {
    return OutOfRange(
        fmt::format("{} = {}: the program's rectangle has {} {}, allowed with {} = {} is 1..{}",
                    size_name, size, limit, what, start_name, start, limit - start));
  }
  return OkStatus();
}

Status CheckStride(const char* name, int64_t stride, int64_t limit) {
  if (stride >= 1 && stride <= limit) return OkStatus();
  return OutOfRange(fmt::format("{} = {}: must be 1..{}", name, stride, limit));
}

}  // namespace

Status CheckRegion(const image::Manifest& manifest, const Region& region, int64_t max_elements) {
  RETURN_IF_ERROR(
      CheckAxis("px", "w", region.x, region.width, manifest.rectangle.width, "columns"));
  RETURN_IF_ERROR(CheckAxis("py", "h", region.y, region.height, manifest.rectangle.height, "rows"));
  if (region.elements_per_pe < 1 || region.elements_per_pe > max_elements) {
    return OutOfRange(
        fmt::format("elem_per_pe = {}: must be 1..{}", region.elements_per_pe, max_elements));
  }
  RETURN_IF_ERROR(CheckStride("row_stride", region.row_stride, manifest.rectangle.width));
  return CheckStride("col_stride", region.col_stride, manifest.rectangle.height);
}

std::vector<uint32_t> RowsFirst(const Region& region, fabric::CopyOrder order,
                                std::span<const uint32_t> words) {
  const int64_t rows = region.rows();
  const int64_t columns = region.columns();
  const int64_t elements = region.elements_per_pe;
  std::vector<uint32_t> out(static_cast<size_t>(region.words()));
  const uint32_t* const from = words.data();
  if (order == fabric::CopyOrder::kRowMajor) {  // the elements of a PE stay together
    for (int64_t h = 0; h < rows; ++h) {
      for (int64_t w = 0; w < columns; ++w) {
        std::copy_n(from + (w * rows + h) * elements, elements,
                    out.data() + (h * columns + w) * elements);
      }
    }
    return out;
  }
  for (int64_t l = 0; l < elements; ++l) {  // for each element, a matrix to transpose
    const int64_t plane = l * rows * columns;
    TransposeMatrix(from + plane, columns, out.data() + plane, rows, columns, rows);
  }
  return out;
}

}  // namespace csl::runtime
