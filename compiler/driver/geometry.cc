// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/geometry.h"

#include <fmt/format.h>

namespace csl::driver {
namespace {

// Columns and rows the host's I/O takes beside the program: a halo all round, three columns west,
// two east.
constexpr int kWest = 4;
constexpr int kEast = 3;
constexpr int kNorth = 1;
constexpr int kSouth = 1;

}  // namespace

std::vector<std::string> BrokenRules(const Geometry& g) {
  std::vector<std::string> broken;
  if (!g.memcpy) {
    if (g.offset_x + g.width > g.fabric_width || g.offset_y + g.height > g.fabric_height) {
      broken.push_back(fmt::format(
          "--fabric-dims: a rectangle of {} x {} at offset {},{} does not fit into {} x {} PEs",
          g.width, g.height, g.offset_x, g.offset_y, g.fabric_width, g.fabric_height));
    }
    return broken;
  }
  if (const int least = kWest + g.west_buf; g.offset_x < least) {
    broken.push_back(
        fmt::format("--fabric-offsets: x must be at least {} (4 columns and {} of "
                    "--width-west-buf), not {}",
                    least, g.west_buf, g.offset_x));
  }
  if (g.offset_y < kNorth) {
    broken.push_back(
        fmt::format("--fabric-offsets: y must be at least {}, not {}", kNorth, g.offset_y));
  }
  if (const int least = g.offset_x + g.width + kEast + g.east_buf; g.fabric_width < least) {
    broken.push_back(fmt::format(
        "--fabric-dims: the width must be at least {} (offset {}, program {}, 3 columns "
        "east and {} of --width-east-buf), not {}",
        least, g.offset_x, g.width, g.east_buf, g.fabric_width));
  }
  if (const int least = g.offset_y + g.height + kSouth; g.fabric_height < least) {
    broken.push_back(
        fmt::format("--fabric-dims: the height must be at least {} (offset {}, program {}, 1 row "
                    "south), not {}",
                    least, g.offset_y, g.height, g.fabric_height));
  }
  return broken;
}

}  // namespace csl::driver
