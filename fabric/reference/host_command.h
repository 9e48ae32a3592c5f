// SPDX-License-Identifier: Apache-2.0
// A command of the host, as CEs and host I/O see it.
#ifndef FABRIC_REFERENCE_HOST_COMMAND_H_
#define FABRIC_REFERENCE_HOST_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace csl::fabric::reference {

struct HostCommand {
  enum class Kind : uint8_t { kLaunch, kCopyIn, kCopyOut, kStreamIn, kStreamOut };
  Kind kind = Kind::kLaunch;
  uint32_t export_id = 0;      // launches and copies
  std::vector<uint32_t> args;  // launches: register values

  int color = 0;  // streams
  // Copies and streams: the region in coordinates of the program's rectangle.
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int elements_per_pe = 0;
  int element_bytes = 4;
  bool column_major = false;
  std::vector<uint32_t> data;       // to the device: A[h][w][l] in that order
  std::span<uint32_t> destination;  // to the host: the same

  bool is_launch() const { return kind == Kind::kLaunch; }
  bool is_copy() const { return kind == Kind::kCopyIn || kind == Kind::kCopyOut; }
  bool is_stream() const { return kind == Kind::kStreamIn || kind == Kind::kStreamOut; }
  bool is_in() const { return kind == Kind::kCopyIn || kind == Kind::kStreamIn; }
  bool Covers(int pe_x, int pe_y) const {
    return pe_x >= x && pe_x < x + width && pe_y >= y && pe_y < y + height;
  }
  // Where element `l` of the PE at (pe_x, pe_y) lies in data or destination.
  size_t WordIndex(int pe_x, int pe_y, int l) const {
    const int w = pe_x - x;
    const int h = pe_y - y;
    const int64_t index = column_major ? h + int64_t{height} * (w + int64_t{width} * l)
                                       : l + int64_t{elements_per_pe} * (w + int64_t{width} * h);
    return static_cast<size_t>(index);
  }
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_HOST_COMMAND_H_
