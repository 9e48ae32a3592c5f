// SPDX-License-Identifier: Apache-2.0
// Finds the tiles that a run of router configurations covers.
#ifndef COMPILER_SEMA_TILE_RUNS_H_
#define COMPILER_SEMA_TILE_RUNS_H_

#include <algorithm>

#include "compiler/layout/layout.h"

namespace csl::sema {

// Calls visit(tile run) for every run of tiles that shares a tile with `colors`, west to east,
// until it returns false.
template <typename Visit>
void VisitTiles(const layout::Layout& layout, const layout::ColorRun& colors, Visit visit) {
  auto before = [](const layout::TileRun& t, const layout::ColorRun& r) {
    return t.y != r.y ? t.y < r.y : t.x + t.count <= r.x;
  };
  auto tile = std::lower_bound(layout.tiles.begin(), layout.tiles.end(), colors, before);
  for (; tile != layout.tiles.end() && tile->y == colors.y && tile->x < colors.x + colors.count;
       ++tile) {
    if (!visit(*tile)) return;
  }
}

}  // namespace csl::sema

#endif  // COMPILER_SEMA_TILE_RUNS_H_
