// SPDX-License-Identifier: Apache-2.0
// Rules that hold between the layout and all tile programs together.
#ifndef COMPILER_SEMA_TILE_CHECKS_H_
#define COMPILER_SEMA_TILE_CHECKS_H_

#include "compiler/sema/sema.h"

namespace csl::sema {

// Every exported name is defined by some tile; no tile's color is configured by both sides.
void CheckTogether(const Context& context, const layout::Layout& layout, const TilePrograms& tiles);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_TILE_CHECKS_H_
