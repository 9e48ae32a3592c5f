// SPDX-License-Identifier: Apache-2.0
// The region of PEs that a copy or stream concerns, and where its elements lie in the host array.
#ifndef RUNTIME_MEMCPY_REGION_H_
#define RUNTIME_MEMCPY_REGION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "fabric/image/manifest.h"
#include "fabric/sim/simulator.h"

namespace csl::runtime {

// In coordinates of the program's rectangle. The host array holds A[rows][columns][elements_per_pe]
// for the PEs that take part; a broadcast along rows A[rows][elements_per_pe], one along columns
// A[columns][elements_per_pe].
struct Region {
  int64_t x = 0;
  int64_t y = 0;
  int64_t width = 1;
  int64_t height = 1;
  int64_t elements_per_pe = 1;
  // Every row_stride-th column and every col_stride-th row of the region takes part.
  int64_t row_stride = 1;
  int64_t col_stride = 1;
  fabric::Broadcast broadcast = fabric::Broadcast::kNone;

  // Preconditions of all: CheckRegion is ok.
  int64_t columns() const { return 1 + (width - 1) / row_stride; }
  int64_t rows() const { return 1 + (height - 1) / col_stride; }
  // Elements, each one 32-bit word of the host array.
  int64_t words() const {
    return (broadcast == fabric::Broadcast::kRows ? 1 : columns()) *
           (broadcast == fabric::Broadcast::kColumns ? 1 : rows()) * elements_per_pe;
  }
};

// Most elements of one PE. A copy's must fit into its memory: 48 KiB in elements of 16 bits. A
// stream's bound what one request can make a CS system allocate: 256 MiB for each PE.
inline constexpr int64_t kMaxCopyElements = 24'576;
inline constexpr int64_t kMaxStreamElements = int64_t{1} << 26;

// kOutOfRange names the argument of memcpy_h2d or memcpy_d2h that is wrong (px, py, w, h,
// elem_per_pe, row_stride, col_stride), its value and what was allowed: the region must lie inside
// the program's rectangle.
Status CheckRegion(const image::Manifest& manifest, const Region& region,
                   int64_t max_elements = kMaxCopyElements);

// Index in the host array of element `l` of the PE in column `w`, row `h` of those that take part.
// No broadcast.
inline int64_t HostIndex(const Region& region, fabric::CopyOrder order, int64_t h, int64_t w,
                         int64_t l) {
  return order == fabric::CopyOrder::kRowMajor
             ? (h * region.columns() + w) * region.elements_per_pe + l
             : (l * region.columns() + w) * region.rows() + h;
}

// The words of A[columns][rows][elements_per_pe], which memcpy_h2d_stride takes, as those of
// A[rows][columns][elements_per_pe], both in `order`. No broadcast; at least region.words() words.
std::vector<uint32_t> RowsFirst(const Region& region, fabric::CopyOrder order,
                                std::span<const uint32_t> words);

}  // namespace csl::runtime

#endif  // RUNTIME_MEMCPY_REGION_H_
