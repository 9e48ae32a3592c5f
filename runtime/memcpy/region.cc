// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/region.h"

#include <fmt/format.h>

namespace csl::runtime {
namespace {

// 48 KiB of memory in elements of 16 bits.
constexpr int64_t kMaxElementsPerPe = 24'576;

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

}  // namespace

Status CheckRegion(const image::Manifest& manifest, const Region& region) {
  RETURN_IF_ERROR(
      CheckAxis("px", "w", region.x, region.width, manifest.rectangle.width, "columns"));
  RETURN_IF_ERROR(CheckAxis("py", "h", region.y, region.height, manifest.rectangle.height, "rows"));
  if (region.elements_per_pe < 1 || region.elements_per_pe > kMaxElementsPerPe) {
    return OutOfRange(fmt::format("elem_per_pe = {}: allowed is 1..{}", region.elements_per_pe,
                                  kMaxElementsPerPe));
  }
  return OkStatus();
}

}  // namespace csl::runtime
