// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/queue_filters.h"

#include "compiler/sema/tile_runs.h"

namespace csl::sema {

namespace {

bool HasFilter(const image::ColorConfig& config) {
  return config.filter.kind != image::FilterKind::kNone;
}

}  // namespace

QueueFilters::QueueFilters(const layout::Layout& layout) {
  for (const layout::ColorRun& run : layout.color_runs) {
    if (!HasFilter(layout.color_configs[run.config])) continue;
    VisitTiles(layout, run, [&](const layout::TileRun& tile) {
      filtered_[layout.programs[tile.program.index].file.index] |= 1u << run.color;
      return true;
    });
  }
}

void QueueFilters::Enable(source::FileId file, TileConfig* config) const {
  const auto found = filtered_.find(file.index);
  uint32_t filtered = found == filtered_.end() ? 0 : found->second;
  for (const image::LocalColor& local : config->local_colors) {
    if (HasFilter(local.config)) filtered |= 1u << local.color;
  }
  for (image::InputQueue& queue : config->input_queues) {
    queue.filter_enable = queue.color < 32 && (filtered >> queue.color & 1) != 0;
  }
}

}  // namespace csl::sema
