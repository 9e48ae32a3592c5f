// SPDX-License-Identifier: Apache-2.0
// Blocks of tiles, as a layout document writes them, and as the runs along rows of a Layout.
#ifndef COMPILER_LAYOUT_BLOCKS_H_
#define COMPILER_LAYOUT_BLOCKS_H_

#include <cstdint>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/layout/layout.h"

namespace csl::layout {

// From first to last, both included.
struct Range {
  uint32_t first = 0;
  uint32_t last = 0;
};

// The tiles of these columns and rows, inside the rectangle.
struct Block {
  Range x;
  Range y;
  uint32_t what = 0;   // program, or color configuration
  uint32_t color = 0;  // of a color's block
  source::Span span;
};

// Fill Layout::tiles and Layout::color_runs. The first tile that has two programs or none, and the
// first that has one color twice, is reported. `rectangle`: where its size is written.
void PlaceTiles(const std::vector<Block>& blocks, source::Span rectangle,
                diagnostics::Engine& diagnostics, Layout* layout);
void PlaceColors(const std::vector<Block>& blocks, diagnostics::Engine& diagnostics,
                 Layout* layout);

}  // namespace csl::layout

#endif  // COMPILER_LAYOUT_BLOCKS_H_
