// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/tile_checks.h"

#include <algorithm>
#include <optional>

#include "compiler/sema/tile_runs.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

void CheckExports(const Context& context, const layout::Layout& layout,
                  const std::vector<ProgramSummary>& summaries) {
  std::vector<bool> defined(layout.exports.size());
  for (const ProgramSummary& summary : summaries) {
    for (const uint32_t id : summary.exports) defined[id] = true;
  }
  for (size_t n = 0; n < defined.size(); ++n) {
    if (defined[n]) continue;
    context.diagnostics->Report(Kind::kExportUndefined, layout.exports[n].span,
                                {layout.exports[n].name});
  }
}

uint32_t Mask(const ProgramSummary& summary) {
  uint32_t mask = 0;
  for (const ProgramSummary::LocalColor& local : summary.local_colors) mask |= 1u << local.color;
  return mask;
}

struct Clash {
  uint32_t program = 0;
  uint32_t x = 0;
};

// The first tile of the run whose program configures the color, too.
std::optional<Clash> FirstClash(const layout::Layout& layout,
                                const std::vector<uint32_t>& program_of,
                                const std::vector<uint32_t>& masks, const layout::ColorRun& run) {
  std::optional<Clash> clash;
  VisitTiles(layout, run, [&](const layout::TileRun& tile) {
    const uint32_t program = program_of[tile.program.index];
    if ((masks[program] >> run.color & 1) != 0) clash = {program, std::max(tile.x, run.x)};
    return !clash;
  });
  return clash;
}

// Where the program configures the color.
source::Span SpanOfColor(const ProgramSummary& summary, uint16_t color) {
  for (const ProgramSummary::LocalColor& local : summary.local_colors) {
    if (local.color == color) return local.span;
  }
  return {};
}

void CheckColors(const Context& context, const layout::Layout& layout,
                 const std::vector<ProgramSummary>& summaries,
                 const std::vector<uint32_t>& program_of) {
  std::vector<uint32_t> masks;
  uint32_t any = 0;
  for (const ProgramSummary& summary : summaries) {
    masks.push_back(Mask(summary));
    any |= masks.back();
  }
  for (const layout::ColorRun& run : layout.color_runs) {
    if ((any >> run.color & 1) == 0) continue;
    const std::optional<Clash> clash = FirstClash(layout, program_of, masks, run);
    if (!clash) continue;
    // One tile is enough to find the mistake.
    const source::Span here = SpanOfColor(summaries[clash->program], run.color);
    context.diagnostics->Report(Kind::kColorAgain, here, {run.color, clash->x, run.y})
        .Note(Kind::kNotePreviousHere, run.span);
    return;
  }
}

}  // namespace

ProgramSummary Summarize(const TileProgram& program) {
  ProgramSummary summary;
  const TileConfig& config = program.config;
  for (size_t n = 0; n < config.local_colors.size(); ++n) {
    summary.local_colors.push_back({config.local_colors[n].color, config.local_color_spans[n]});
  }
  for (const ExportedSymbol& symbol : program.exports) summary.exports.push_back(symbol.export_id);
  return summary;
}

void CheckTogether(const Context& context, const layout::Layout& layout,
                   const std::vector<ProgramSummary>& summaries,
                   const std::vector<uint32_t>& program_of) {
  CheckExports(context, layout, summaries);
  CheckColors(context, layout, summaries, program_of);
}

}  // namespace csl::sema
