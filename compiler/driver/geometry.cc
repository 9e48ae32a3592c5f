// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/geometry.h"

namespace csl::driver {
namespace {

// Columns and rows the host's I/O takes beside the program: a halo all round, three columns west,
// two east.
constexpr int kWest = 4;
constexpr int kEast = 3;
constexpr int kNorth = 1;
constexpr int kSouth = 1;

}  // namespace

std::vector<diagnostics::Problem> BrokenRules(const Geometry& g) {
  using diagnostics::Kind;
  std::vector<diagnostics::Problem> broken;
  if (!g.memcpy) {
    if (g.offset_x + g.width > g.fabric_width || g.offset_y + g.height > g.fabric_height) {
      broken.push_back(
          {Kind::kRectangleOutside,
           {g.width, g.height, g.offset_x, g.offset_y, g.fabric_width, g.fabric_height}});
    }
    return broken;
  }
  if (const int least = kWest + g.west_buf; g.offset_x < least) {
    broken.push_back({Kind::kFabricOffsetX, {least, g.west_buf, g.offset_x}});
  }
  if (g.offset_y < kNorth) {
    broken.push_back({Kind::kFabricOffsetY, {kNorth, g.offset_y}});
  }
  if (const int least = g.offset_x + g.width + kEast + g.east_buf; g.fabric_width < least) {
    broken.push_back(
        {Kind::kFabricWidth, {least, g.offset_x, g.width, g.east_buf, g.fabric_width}});
  }
  if (const int least = g.offset_y + g.height + kSouth; g.fabric_height < least) {
    broken.push_back({Kind::kFabricHeight, {least, g.offset_y, g.height, g.fabric_height}});
  }
  return broken;
}

}  // namespace csl::driver
