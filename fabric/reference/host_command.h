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
  // Which PEs share words of the host's array: A[h][l] for rows, A[w][l] for columns.
  enum class Broadcast : uint8_t { kNone, kRows, kColumns };
  Kind kind = Kind::kLaunch;
  Broadcast broadcast = Broadcast::kNone;
  uint32_t export_id = 0;      // launches and copies
  std::vector<uint32_t> args;  // launches: register values

  int color = 0;  // streams
  int port = -1;  // streams through a port: its id
  // Copies and streams: the region in coordinates of the program's rectangle, every x_step-th
  // column and y_step-th row from (x, y) on.
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int x_step = 1;
  int y_step = 1;
  int elements_per_pe = 0;
  int element_bytes = 4;
  bool column_major = false;        // the order in which words move
  bool row_major_words = false;     // the host's array is A[h][w][l] all the same
  std::vector<uint32_t> data;       // to the device: A[h][w][l] in that order
  std::span<uint32_t> destination;  // to the host: the same
  // To the host through a port, until EndPort: passed on instead of a destination.
  bool is_endless = false;
  std::vector<uint32_t> taken;

  bool is_launch() const { return kind == Kind::kLaunch; }
  bool is_copy() const { return kind == Kind::kCopyIn || kind == Kind::kCopyOut; }
  bool is_stream() const { return kind == Kind::kStreamIn || kind == Kind::kStreamOut; }
  bool is_in() const { return kind == Kind::kCopyIn || kind == Kind::kStreamIn; }
  int PeX(int column) const { return x + column * x_step; }
  int PeY(int row) const { return y + row * y_step; }
  bool Covers(int pe_x, int pe_y) const {
    for (int row = 0; row < height; ++row) {
      for (int column = 0; column < width; ++column) {
        if (PeX(column) == pe_x && PeY(row) == pe_y) return true;
      }
    }
    return false;
  }
  // Columns and rows of the host's array.
  int word_columns() const { return broadcast == Broadcast::kRows ? 1 : width; }
  int word_rows() const { return broadcast == Broadcast::kColumns ? 1 : height; }
  int64_t host_words() const { return int64_t{word_columns()} * word_rows() * elements_per_pe; }
  // Where element `l` of the PE at (pe_x, pe_y) lies in data or destination.
  size_t WordIndex(int pe_x, int pe_y, int l) const {
    const int w = broadcast == Broadcast::kRows ? 0 : (pe_x - x) / x_step;
    const int h = broadcast == Broadcast::kColumns ? 0 : (pe_y - y) / y_step;
    const int64_t index = column_major && !row_major_words
                              ? h + int64_t{word_rows()} * (w + int64_t{word_columns()} * l)
                              : l + int64_t{elements_per_pe} * (w + int64_t{word_columns()} * h);
    return static_cast<size_t>(index);
  }
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_HOST_COMMAND_H_
