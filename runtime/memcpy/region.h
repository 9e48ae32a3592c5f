// SPDX-License-Identifier: Apache-2.0
// The region of PEs a copy concerns, and where its elements lie in the host array.
#ifndef RUNTIME_MEMCPY_REGION_H_
#define RUNTIME_MEMCPY_REGION_H_

#include <cstdint>

#include "base/status.h"
#include "fabric/image/manifest.h"
#include "fabric/sim/simulator.h"

namespace csl::runtime {

// In coordinates of the program's rectangle. The host array holds
// A[height][width][elements_per_pe].
struct Region {
  int64_t x = 0;
  int64_t y = 0;
  int64_t width = 1;
  int64_t height = 1;
  int64_t elements_per_pe = 1;

  // Elements, each one 32-bit word of the host array. Precondition: CheckRegion is ok.
  int64_t words() const { return width * height * elements_per_pe; }
};

// kOutOfRange names the argument of memcpy_h2d or memcpy_d2h that is wrong (px, py, w, h,
// elem_per_pe), its value and what was allowed: the region must lie inside the program's rectangle,
// and no PE holds more elements than its memory has words of 16 bits.
Status CheckRegion(const image::Manifest& manifest, const Region& region);

// Index in the host array of element `l` of the PE in column `w`, row `h` of the region.
constexpr int64_t HostIndex(const Region& region, fabric::CopyOrder order, int64_t h, int64_t w,
                            int64_t l) {
  return order == fabric::CopyOrder::kRowMajor ? (h * region.width + w) * region.elements_per_pe + l
                                               : (l * region.width + w) * region.height + h;
}

}  // namespace csl::runtime

#endif  // RUNTIME_MEMCPY_REGION_H_
