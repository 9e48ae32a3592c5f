// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/queue_filters.h"

#include "compiler/sema/tile_runs.h"

namespace csl::sema {

namespace {

bool HasFilter(const image::ColorConfig& config) {
  return config.filter.kind != image::FilterKind::kNone;
}

}  // namespace

void EnableFilters(const layout::Layout& layout, TilePrograms* tiles) {
  // Bit c of entry p: color c has a filter on a tile of program p.
  std::vector<uint32_t> filtered(tiles->programs.size());
  for (size_t p = 0; p < filtered.size(); ++p) {
    for (const image::LocalColor& local : tiles->programs[p].config.local_colors) {
      if (HasFilter(local.config)) filtered[p] |= 1u << local.color;
    }
  }
  for (const layout::ColorRun& run : layout.color_runs) {
    if (!HasFilter(layout.color_configs[run.config])) continue;
    VisitTiles(layout, run, [&](const layout::TileRun& tile) {
      filtered[tiles->program_of[tile.program.index]] |= 1u << run.color;
      return true;
    });
  }
  for (size_t p = 0; p < filtered.size(); ++p) {
    for (image::InputQueue& queue : tiles->programs[p].config.input_queues) {
      queue.filter_enable = queue.color < 32 && (filtered[p] >> queue.color & 1) != 0;
    }
  }
}

}  // namespace csl::sema
