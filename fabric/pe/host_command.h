// SPDX-License-Identifier: Apache-2.0
// A command of the host as a PE sees it: work for its system task.
#ifndef FABRIC_PE_HOST_COMMAND_H_
#define FABRIC_PE_HOST_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace csl::fabric::pe {

struct HostCommand {
  enum class Kind : uint8_t {
    kLaunch,   // call the exported function
    kCopyIn,   // host to device: write the pointee of the exported pointer
    kCopyOut,  // device to host: read it
  };
  Kind kind = Kind::kLaunch;
  uint32_t export_id = 0;
  std::vector<uint32_t> args;  // one word an argument, canonical register values made by the PE

  // Copies. The region of interest, in coordinates of the program's rectangle.
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int elements_per_pe = 0;
  int element_bytes = 4;  // 2 or 4
  bool column_major = false;
  std::vector<uint32_t> data;  // kCopyIn: one word an element, A[h][w][l] in the order asked for
  std::span<uint32_t> destination;  // kCopyOut: the same; each PE writes its own words only

  bool is_copy() const { return kind != Kind::kLaunch; }
  bool Covers(int pe_x, int pe_y) const {
    return pe_x >= x && pe_x < x + width && pe_y >= y && pe_y < y + height;
  }
  // Position in data or destination of element `l` of the PE at (pe_x, pe_y), which the region
  // covers.
  size_t WordIndex(int pe_x, int pe_y, int l) const {
    const size_t w = static_cast<size_t>(pe_x - x);
    const size_t h = static_cast<size_t>(pe_y - y);
    const size_t n = static_cast<size_t>(l);
    if (column_major) return h + static_cast<size_t>(height) * (w + static_cast<size_t>(width) * n);
    return n + static_cast<size_t>(elements_per_pe) * (w + static_cast<size_t>(width) * h);
  }
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_HOST_COMMAND_H_
