// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/region.h"

#include <fmt/format.h>

#include <utility>

namespace csl::runtime {
namespace {

Status CheckAxis(const char* start_name, const char* size_name, int64_t start, int64_t size,
                 int64_t limit, const char* what) {
  if (start < 0 || start >= limit) {
    return OutOfRange(fmt::format("{} = {}: the program's rectangle has {} {}, allowed is 0..{}",
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
  return OutOfRange(fmt::format("{} = {}: allowed is 1..{}", name, stride, limit));
}

}  // namespace

Status CheckRegion(const image::Manifest& manifest, const Region& region, int64_t max_elements) {
  RETURN_IF_ERROR(
      CheckAxis("px", "w", region.x, region.width, manifest.rectangle.width, "columns"));
  RETURN_IF_ERROR(CheckAxis("py", "h", region.y, region.height, manifest.rectangle.height, "rows"));
  if (region.elements_per_pe < 1 || region.elements_per_pe > max_elements) {
    return OutOfRange(
        fmt::format("elem_per_pe = {}: allowed is 1..{}", region.elements_per_pe, max_elements));
  }
  RETURN_IF_ERROR(CheckStride("row_stride", region.row_stride, manifest.rectangle.width));
  return CheckStride("col_stride", region.col_stride, manifest.rectangle.height);
}

std::vector<uint32_t> RowsFirst(const Region& region, fabric::CopyOrder order,
                                std::span<const uint32_t> words) {
  // The tensor given, as one whose rows are the region's columns.
  Region given = region;
  std::swap(given.width, given.height);
  std::swap(given.row_stride, given.col_stride);
  std::vector<uint32_t> out(static_cast<size_t>(region.words()));
  for (int64_t h = 0; h < region.rows(); ++h) {
    for (int64_t w = 0; w < region.columns(); ++w) {
      for (int64_t l = 0; l < region.elements_per_pe; ++l) {
        out[static_cast<size_t>(HostIndex(region, order, h, w, l))] =
            words[static_cast<size_t>(HostIndex(given, order, w, h, l))];
      }
    }
  }
  return out;
}

}  // namespace csl::runtime
