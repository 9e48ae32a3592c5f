// SPDX-License-Identifier: Apache-2.0
// From what the user said of a layout to what every PE does: where regions and streams lie, the
// ways of all connections, the numbers of all colors.
//
//   placed regions -> ways of connections and streams, in the order they were made -> colors
//
// The same layout always gives the same result.
#ifndef RUNTIME_LAYOUT_RESOLVE_H_
#define RUNTIME_LAYOUT_RESOLVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "runtime/layout/find_path.h"
#include "runtime/layout/sdk_layout.h"

namespace csl::runtime::layout {

// Colors that are connected are one net: it has one number.
struct Net {
  std::vector<ColorId> colors;   // in the order of creation; the first one names the net
  std::vector<uint32_t> routes;  // by PE: 0, or 1 + an index into ResolvedLayout::routes
  int value = -1;                // the number
};

// The PE between a stream's port and the host.
struct IoPe {
  std::string stream;
  bool to_device = true;
  Point place;
  int buffer_words = 0;
  uint32_t host_net = 0;  // of its side to the host; a net without a color of the user's
  uint32_t port_net = 0;
};

struct HostPort {
  std::string name;
  bool to_device = true;
  Point place;
  uint32_t net = 0;
};

struct ResolvedLayout {
  Canvas canvas;  // owner: an index into the layout's regions, or, behind them, into io_pes
  std::vector<Routes> routes;
  std::vector<Net> nets;
  std::vector<uint32_t> net_of_color;  // by ColorId
  std::vector<IoPe> io_pes;
  std::vector<HostPort> host_ports;  // in the order of the streams
  int width = 0;                     // of the part of the canvas that is used
  int height = 0;

  int value_of(ColorId color) const { return nets[net_of_color[color.index]].value; }
};

// Numbers that the program of a PE cannot use as colors, by tile of the canvas: on WSE-2 those of
// its local tasks. Empty, or one mask a tile.
using ForbiddenColors = std::vector<uint32_t>;

// Messages begin with "compile: ".
StatusOr<ResolvedLayout> Resolve(const SdkLayout& layout, const ForbiddenColors& forbidden);

// "region 'gemv', PE (1, 0)" or "PE (4, 2) of the layout", for messages.
std::string TileText(const SdkLayout& layout, const ResolvedLayout& resolved, uint32_t tile);
// "color 'x_in' (connected to 'demux_out_color')".
std::string NetText(const SdkLayout& layout, const ResolvedLayout& resolved, uint32_t net);

// assign_colors.cc: gives every net its number.
Status AssignColors(const SdkLayout& layout, const ForbiddenColors& forbidden,
                    ResolvedLayout* resolved);

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_RESOLVE_H_
