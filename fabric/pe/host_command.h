// SPDX-License-Identifier: Apache-2.0
// A command of the host as a PE sees it: work for its system task.
#ifndef FABRIC_PE_HOST_COMMAND_H_
#define FABRIC_PE_HOST_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace csl::fabric::pe {

struct HostCommand {
  enum class Kind : uint8_t {
    kLaunch,     // call the exported function
    kCopyIn,     // host to device: write the pointee of the exported pointer
    kCopyOut,    // device to host: read it
    kStreamIn,   // host to device: a wavelet of `color` for each word
    kStreamOut,  // device to host: take as many wavelets of `color`
  };
  // Which PEs share words of the host's array. To the device only.
  enum class Broadcast : uint8_t {
    kNone,     // A[h][w][l]: each PE has its own
    kRows,     // A[h][l]: all PEs of a row
    kColumns,  // A[w][l]: all PEs of a column
  };
  Kind kind = Kind::kLaunch;
  Broadcast broadcast = Broadcast::kNone;
  uint32_t export_id = 0;      // launches and copies
  int color = 0;               // streams
  int port = -1;               // streams through a port of the program: its id; they cover one PE
  std::vector<uint32_t> args;  // one word an argument, canonical register values made by the PE

  // Copies and streams. The region of interest, in coordinates of the program's rectangle: every
  // x_step-th column and y_step-th row from (x, y) on, width columns and height rows.
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int x_step = 1;
  int y_step = 1;
  int elements_per_pe = 0;
  int element_bytes = 4;  // copies: 2 or 4
  bool column_major = false;
  bool row_major_words = false;  // of a column-major one: data and destination are not
  // To the device: host_words() words in the order asked for, in `data` or else in `source`, which
  // somebody else keeps until the command is done.
  std::vector<uint32_t> data;
  std::span<const uint32_t> source;
  std::span<uint32_t> destination;  // to the host: the same; each PE writes its own words only
  // Of a stream to the host through a port that takes what comes until EndStream: where to.
  std::shared_ptr<std::vector<uint32_t>> taken;

  std::span<const uint32_t> input() const { return source.empty() ? data : source; }
  bool column_major_words() const { return column_major && !row_major_words; }
  bool is_launch() const { return kind == Kind::kLaunch; }
  bool is_copy() const { return kind == Kind::kCopyIn || kind == Kind::kCopyOut; }
  bool is_stream() const { return kind == Kind::kStreamIn || kind == Kind::kStreamOut; }
  bool is_endless() const { return taken != nullptr; }
  bool is_to_host() const { return kind == Kind::kCopyOut || kind == Kind::kStreamOut; }

  int PeX(int column) const { return x + column * x_step; }
  int PeY(int row) const { return y + row * y_step; }
  uint32_t num_pes() const { return static_cast<uint32_t>(width) * static_cast<uint32_t>(height); }
  bool Covers(int pe_x, int pe_y) const {
    const int dx = pe_x - x;
    const int dy = pe_y - y;
    return dx >= 0 && dy >= 0 && dx % x_step == 0 && dy % y_step == 0 && dx / x_step < width &&
           dy / y_step < height;
  }

  // Columns and rows of PEs with words of their own.
  int word_columns() const { return broadcast == Broadcast::kRows ? 1 : width; }
  int word_rows() const { return broadcast == Broadcast::kColumns ? 1 : height; }
  size_t host_words() const {
    return static_cast<size_t>(word_columns()) * static_cast<size_t>(word_rows()) *
           static_cast<size_t>(elements_per_pe);
  }
  // Position in data or destination of element `l` of the PE at (pe_x, pe_y), which the region
  // covers.
  size_t WordIndex(int pe_x, int pe_y, int l) const {
    const size_t columns = static_cast<size_t>(word_columns());
    const size_t rows = static_cast<size_t>(word_rows());
    const size_t w = broadcast == Broadcast::kRows ? 0 : static_cast<size_t>((pe_x - x) / x_step);
    const size_t h =
        broadcast == Broadcast::kColumns ? 0 : static_cast<size_t>((pe_y - y) / y_step);
    const size_t n = static_cast<size_t>(l);
    if (column_major_words()) return h + rows * (w + columns * n);
    return n + static_cast<size_t>(elements_per_pe) * (w + columns * h);
  }
};

// When the words of streams are due. Asked by PEs while they run, from several threads at once;
// answers depend on the command alone and cost constant time.
class StreamSchedule {
 public:
  virtual ~StreamSchedule() = default;
  // Cycle from which word `j` (0 .. elements_per_pe - 1) of a kStreamIn command under way may enter
  // the io ring of the PE's router. Coordinates of the program's rectangle; the region covers them.
  // Grows with j.
  virtual int64_t StreamWordDue(uint32_t command, int pe_x, int pe_y, int j) const = 0;
  // Cycles from a wavelet that a kStreamOut command takes from a PE to the next one. At least 1.
  virtual int64_t StreamOutGap(uint32_t command) const = 0;
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_HOST_COMMAND_H_
