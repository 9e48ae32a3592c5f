// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/tile_checks.h"

#include <algorithm>

#include "compiler/sema/tile_runs.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

void CheckExports(const Context& context, const layout::Layout& layout,
                  const std::vector<TileProgram>& programs) {
  std::vector<bool> defined(layout.exports.size());
  for (const TileProgram& program : programs) {
    for (const ExportedSymbol& symbol : program.exports) defined[symbol.export_id] = true;
  }
  for (size_t n = 0; n < defined.size(); ++n) {
    if (defined[n]) continue;
    context.diagnostics->Report(Kind::kExportUndefined, layout.exports[n].span,
                                {layout.exports[n].name});
  }
}

// Bit c of entry p: program p configures color c itself.
std::vector<uint32_t> LocalColors(const std::vector<TileProgram>& programs) {
  std::vector<uint32_t> masks;
  for (const TileProgram& program : programs) {
    uint32_t mask = 0;
    for (const image::LocalColor& local : program.config.local_colors) mask |= 1u << local.color;
    masks.push_back(mask);
  }
  return masks;
}

struct Clash {
  uint32_t program = 0;
  uint32_t x = 0;
};

// The first tile of the run whose program configures the color, too.
std::optional<Clash> FirstClash(const layout::Layout& layout, const TilePrograms& tiles,
                                const std::vector<uint32_t>& masks, const layout::ColorRun& run) {
  std::optional<Clash> clash;
  VisitTiles(layout, run, [&](const layout::TileRun& tile) {
    const uint32_t program = tiles.program_of[tile.program.index];
    if ((masks[program] >> run.color & 1) != 0) clash = {program, std::max(tile.x, run.x)};
    return !clash;
  });
  return clash;
}

// Where the program configures the color.
source::Span SpanOfColor(const TileConfig& config, uint16_t color) {
  for (size_t n = 0; n < config.local_colors.size(); ++n) {
    if (config.local_colors[n].color == color) return config.local_color_spans[n];
  }
  return {};
}

void CheckColors(const Context& context, const layout::Layout& layout, const TilePrograms& tiles) {
  const std::vector<uint32_t> masks = LocalColors(tiles.programs);
  uint32_t any = 0;
  for (uint32_t mask : masks) any |= mask;
  for (const layout::ColorRun& run : layout.color_runs) {
    if ((any >> run.color & 1) == 0) continue;
    const std::optional<Clash> clash = FirstClash(layout, tiles, masks, run);
    if (!clash) continue;
    // One tile is enough to find the mistake.
    const source::Span here = SpanOfColor(tiles.programs[clash->program].config, run.color);
    context.diagnostics->Report(Kind::kColorAgain, here, {run.color, clash->x, run.y})
        .Note(Kind::kNotePreviousHere, run.span);
    return;
  }
}

}  // namespace

void CheckTogether(const Context& context, const layout::Layout& layout,
                   const TilePrograms& tiles) {
  CheckExports(context, layout, tiles.programs);
  CheckColors(context, layout, tiles);
}

}  // namespace csl::sema
