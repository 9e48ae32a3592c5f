// SPDX-License-Identifier: Apache-2.0
// Where the PEs of a fabric lie in another one that is mirrored, turned or larger. Routers have no
// favourite direction, so both behave alike.
#ifndef FABRIC_ROUTER_TESTING_TURN_H_
#define FABRIC_ROUTER_TESTING_TURN_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "fabric/image/color_config.h"
#include "fabric/router/side.h"

namespace csl::fabric::router::testing {

// Mirrors first, then exchanges columns and rows, then moves away from the edges.
struct Turn {
  int width = 1;  // of the fabric as it was
  int height = 1;
  bool mirror_x = false;
  bool mirror_y = false;
  bool transpose = false;
  int west = 0;  // columns and rows around it without colors
  int east = 0;
  int north = 0;
  int south = 0;

  int turned_width() const { return (transpose ? height : width) + west + east; }
  int turned_height() const { return (transpose ? width : height) + north + south; }

  int Pe(int pe) const {
    int x = pe % width;
    int y = pe / width;
    if (mirror_x) x = width - 1 - x;
    if (mirror_y) y = height - 1 - y;
    if (transpose) std::swap(x, y);
    return (y + north) * turned_width() + x + west;
  }
  // -1: a PE around it.
  int OriginalPe(int pe) const {
    int x = pe % turned_width() - west;
    int y = pe / turned_width() - north;
    if (transpose) std::swap(x, y);
    if (x < 0 || x >= width || y < 0 || y >= height) return -1;
    if (mirror_x) x = width - 1 - x;
    if (mirror_y) y = height - 1 - y;
    return y * width + x;
  }
  Side To(Side side) const {
    constexpr Side kTransposed[] = {Side::kNorth, Side::kSouth, Side::kEast, Side::kWest};
    const auto number = static_cast<int>(side);
    if (number >= kNumLinks) return side;
    const bool along_x = number < 2;
    const int mirrored = (along_x ? mirror_x : mirror_y) ? OppositeSide(number) : number;
    return transpose ? kTransposed[mirrored] : static_cast<Side>(mirrored);
  }
  Side OriginalSide(Side side) const {
    for (int original = 0; original < kNumLinks; ++original) {
      if (To(static_cast<Side>(original)) == side) return static_cast<Side>(original);
    }
    return side;
  }
  uint8_t Sides(uint8_t mask) const {
    unsigned out = mask & ~15u;
    for (int side = 0; side < kNumLinks; ++side) {
      if ((mask >> side & 1) != 0) out |= 1u << static_cast<int>(To(static_cast<Side>(side)));
    }
    return static_cast<uint8_t>(out);
  }
  image::ColorConfig Config(image::ColorConfig config) const {
    for (image::Route& route : config.positions) route = {Sides(route.rx), Sides(route.tx)};
    if (transpose) std::swap(config.color_swap_x, config.color_swap_y);
    return config;
  }
};

}  // namespace csl::fabric::router::testing

#endif  // FABRIC_ROUTER_TESTING_TURN_H_
