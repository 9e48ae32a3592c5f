// SPDX-License-Identifier: Apache-2.0
// The cheapest way of a color from one PE to another.
//
// A way costs its hops; PEs of regions cost more than free ones, so that ways go around what they
// can go around; of equal ones the one with fewer turns is taken, then always the same one.
#ifndef RUNTIME_LAYOUT_FIND_PATH_H_
#define RUNTIME_LAYOUT_FIND_PATH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "runtime/layout/geometry.h"

namespace csl::runtime::layout {

inline constexpr int32_t kFreeTile = -1;

// Which region each PE belongs to; x + y * width.
struct Canvas {
  int width = 0;
  int height = 0;
  std::vector<int32_t> owner;  // kFreeTile, or the number of the region

  bool Contains(Point p) const { return p.x >= 0 && p.y >= 0 && p.x < width && p.y < height; }
  uint32_t IndexOf(Point p) const {
    return static_cast<uint32_t>(p.y) * static_cast<uint32_t>(width) + static_cast<uint32_t>(p.x);
  }
  Point At(uint32_t tile) const {
    return {static_cast<int>(tile) % width, static_cast<int>(tile) / width};
  }
};

struct PathRequest {
  Point from;
  // Steps that may leave `from`, and the one that costs nothing extra.
  uint8_t first_steps = 15;
  Direction preferred_first = Direction::kEast;
  // Where the way ends, and by which step it may come there.
  std::function<bool(uint32_t tile)> is_end;
  uint8_t last_steps = 15;
  std::optional<Direction> preferred_last;
  // Where it ends, if that is known: finds the same costs sooner.
  std::optional<Point> end;
  // PEs that the way must not touch; ends of the way are not asked.
  std::function<bool(uint32_t tile)> is_blocked;
  // What a PE costs beside the hop to it, in hops; null: nothing.
  std::function<int64_t(uint32_t tile)> extra_hops;
};

struct Path {
  std::vector<Direction> steps;  // at least one
  Point end;
};

std::optional<Path> FindPath(const Canvas& canvas, const PathRequest& request);

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_FIND_PATH_H_
