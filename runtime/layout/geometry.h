// SPDX-License-Identifier: Apache-2.0
// Words of the plane that layouts are made in: PEs by x (growing east) and y (growing south),
// directions, edges of regions.
#ifndef RUNTIME_LAYOUT_GEOMETRY_H_
#define RUNTIME_LAYOUT_GEOMETRY_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "fabric/image/color_config.h"

namespace csl::runtime::layout {

struct Point {
  int x = 0;
  int y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

// PEs x .. x + width - 1, y .. y + height - 1.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 1;
  int height = 1;
  bool Contains(Point p) const {
    return p.x >= x && p.y >= y && p.x < x + width && p.y < y + height;
  }
  friend bool operator==(const Rect&, const Rect&) = default;
};

// In the order of image::DirectionBit.
enum class Direction : uint8_t { kWest, kEast, kSouth, kNorth };
inline constexpr std::array kDirections = {Direction::kEast, Direction::kWest, Direction::kSouth,
                                           Direction::kNorth};

constexpr uint8_t BitOf(Direction d) { return static_cast<uint8_t>(1u << static_cast<int>(d)); }
constexpr Direction Opposite(Direction d) {
  return static_cast<Direction>(static_cast<int>(d) ^ 1);
}
constexpr Point Step(Point p, Direction d) {
  switch (d) {
    case Direction::kWest:
      return {p.x - 1, p.y};
    case Direction::kEast:
      return {p.x + 1, p.y};
    case Direction::kSouth:
      return {p.x, p.y + 1};
    case Direction::kNorth:
      return {p.x, p.y - 1};
  }
  return p;
}

enum class Edge : uint8_t { kTop, kBottom, kLeft, kRight };
inline constexpr std::array<std::string_view, 4> kEdgeNames = {"TOP", "BOTTOM", "LEFT", "RIGHT"};
constexpr std::string_view EdgeName(Edge edge) { return kEdgeNames[static_cast<size_t>(edge)]; }
// From inside the region over its edge.
constexpr Direction Outward(Edge edge) {
  constexpr std::array kOutward = {Direction::kNorth, Direction::kSouth, Direction::kWest,
                                   Direction::kEast};
  return kOutward[static_cast<size_t>(edge)];
}
// The PEs of an edge of a region of this size, in its own coordinates.
constexpr Rect EdgeRect(Edge edge, int width, int height) {
  switch (edge) {
    case Edge::kTop:
      return {0, 0, width, 1};
    case Edge::kBottom:
      return {0, height - 1, width, 1};
    case Edge::kLeft:
      return {0, 0, 1, height};
    case Edge::kRight:
      return {width - 1, 0, 1, height};
  }
  return {};
}

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_GEOMETRY_H_
