// SPDX-License-Identifier: Apache-2.0
// The tile that @set_tile_code and @set_color_config name by their first two arguments.
#ifndef COMPILER_SEMA_TILE_ARG_H_
#define COMPILER_SEMA_TILE_ARG_H_

#include <cstdint>
#include <optional>

#include "compiler/sema/handler.h"

namespace csl::sema {

struct Tile {
  uint16_t x = 0;
  uint16_t y = 0;
};

// nullopt if reported: there is no rectangle, or it does not hold the tile.
std::optional<Tile> TileArg(Frame& f, const BuiltinCall& call);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_TILE_ARG_H_
