// SPDX-License-Identifier: Apache-2.0
#include "compiler/layout/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace csl::layout {
namespace {

using diagnostics::Kind;

constexpr uint32_t kNone = UINT32_MAX;

// The block of each tile, row by row; false when two claim one.
bool Claim(const std::vector<Block>& blocks, diagnostics::Engine& diagnostics, const Rectangle& r,
           std::vector<uint32_t>* block_of) {
  for (uint32_t n = 0; n < blocks.size(); ++n) {
    const Block& block = blocks[n];
    for (uint32_t y = block.y.first; y <= block.y.last; ++y) {
      for (uint32_t x = block.x.first; x <= block.x.last; ++x) {
        uint32_t& at = (*block_of)[static_cast<size_t>(y) * r.width + x];
        if (at != kNone) {
          diagnostics.Report(Kind::kTileAgain, block.span, {x, y})
              .Note(Kind::kNotePreviousHere, blocks[at].span);
          return false;
        }
        at = n;
      }
    }
  }
  return true;
}

}  // namespace

void PlaceTiles(const std::vector<Block>& blocks, source::Span rectangle,
                diagnostics::Engine& diagnostics, Layout* layout) {
  const Rectangle& r = layout->rectangle;
  std::vector<uint32_t> block_of(static_cast<size_t>(r.width) * r.height, kNone);
  if (!Claim(blocks, diagnostics, r, &block_of)) return;
  const auto missing = std::find(block_of.begin(), block_of.end(), kNone);
  if (missing != block_of.end()) {
    const auto at = static_cast<uint32_t>(missing - block_of.begin());
    const auto others = std::count(missing, block_of.end(), kNone) - 1;
    const std::string tile = fmt::format("a program for tile ({}, {})", at % r.width, at / r.width);
    diagnostics.Report(Kind::kExpected, rectangle,
                       {others > 0 ? fmt::format("{} and {} others", tile, others) : tile, "none"});
    return;
  }
  std::vector<TileRun>& runs = layout->tiles;
  for (uint32_t y = 0; y < r.height; ++y) {
    for (uint32_t x = 0; x < r.width; ++x) {
      const uint32_t program = blocks[block_of[static_cast<size_t>(y) * r.width + x]].what;
      if (x > 0 && runs.back().program.index == program) {
        ++runs.back().count;
      } else {
        runs.push_back({static_cast<uint16_t>(x), static_cast<uint16_t>(y), 1, ProgramId(program)});
      }
    }
  }
}

void PlaceColors(const std::vector<Block>& blocks, diagnostics::Engine& diagnostics,
                 Layout* layout) {
  std::vector<ColorRun>& runs = layout->color_runs;
  for (const Block& block : blocks) {
    for (uint32_t y = block.y.first; y <= block.y.last; ++y) {
      runs.push_back({static_cast<uint16_t>(block.x.first), static_cast<uint16_t>(y),
                      static_cast<uint16_t>(block.x.last - block.x.first + 1),
                      static_cast<uint16_t>(block.color), block.what, block.span});
    }
  }
  std::stable_sort(runs.begin(), runs.end(), [](const ColorRun& a, const ColorRun& b) {
    return std::tie(a.color, a.y, a.x) < std::tie(b.color, b.y, b.x);
  });
  for (size_t n = 1; n < runs.size(); ++n) {
    const ColorRun& a = runs[n - 1];
    const ColorRun& b = runs[n];
    if (a.color == b.color && a.y == b.y && b.x < a.x + a.count) {
      diagnostics.Report(Kind::kColorAgain, b.span, {b.color, b.x, b.y})
          .Note(Kind::kNotePreviousHere, a.span);
      return;
    }
  }
}

}  // namespace csl::layout
