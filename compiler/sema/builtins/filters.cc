// SPDX-License-Identifier: Apache-2.0
// @get_filter_id: the filters of a PE are numbered by their colors.
#include <bit>
#include <map>

#include "compiler/sema/handler.h"
#include "compiler/sema/reserved.h"
#include "compiler/sema/tile_runs.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

bool HasFilter(const image::ColorConfig& config) {
  return config.filter.kind != image::FilterKind::kNone;
}

// Colors with a filter, as a mask, of each tile that runs the program; tiles without any are left
// out. Keys are y << 16 | x.
std::map<uint32_t, uint32_t> FilteredColors(const layout::Layout& layout, uint32_t program) {
  std::map<uint32_t, uint32_t> masks;
  for (const layout::ColorRun& run : layout.color_runs) {
    if (!HasFilter(layout.color_configs[run.config])) continue;
    VisitTiles(layout, run, [&](const layout::TileRun& tile) {
      if (tile.program.index != program) return true;
      const uint32_t first = std::max<uint32_t>(tile.x, run.x);
      const uint32_t end = std::min<uint32_t>(tile.x + tile.count, run.x + run.count);
      for (uint32_t x = first; x < end; ++x) masks[uint32_t{run.y} << 16 | x] |= 1u << run.color;
      return true;
    });
  }
  return masks;
}

size_t NumTiles(const layout::Layout& layout, uint32_t program) {
  size_t count = 0;
  for (const layout::TileRun& run : layout.tiles) {
    if (run.program.index == program) count += run.count;
  }
  return count;
}

}  // namespace

Operand Builtin_get_filter_id(Frame& f, const BuiltinCall& call) {
  const Operand color = CoercedArg(f, call, 0, types::kColorType);
  const std::optional<Value> v =
      color.is_poison() ? std::nullopt : KnownValue(f, color, f.span(call.args[0]), "the color");
  if (!v || !CheckRoutable(f, v->bits(), f.span(call.args[0]))) return Operand::Poison();
  if (f.sema.purpose == Purpose::kLayout) {
    return Fail(f, call.i, Kind::kBuiltinContext, {"get_filter_id", "in the program of a tile"});
  }
  f.sema.depends_on_tiles = true;
  uint32_t local = 0;
  for (const image::LocalColor& c : f.sema.config.local_colors) {
    if (HasFilter(c.config)) local |= 1u << c.color;
  }
  const uint32_t bit = 1u << v->bits();
  const auto masks = FilteredColors(*f.sema.layout, f.sema.layout_program);
  const bool all_tiles = masks.size() == NumTiles(*f.sema.layout, f.sema.layout_program);
  std::optional<int> id;
  bool is_unique = true, is_missing = false;
  const auto add = [&](uint32_t mask) {
    if ((mask & bit) == 0) {
      is_missing = true;
      return;
    }
    const int here = std::popcount(mask & (bit - 1));
    is_unique = is_unique && id.value_or(here) == here;
    id = here;
  };
  for (const auto& [tile, mask] : masks) add(mask | local);
  if (!all_tiles) add(local);
  if (!id) return Fail(f, call.i, Kind::kNoFilter, {v->bits()});
  if (is_missing || !is_unique) return Fail(f, call.i, Kind::kFilterIdsDiffer, {v->bits()});
  return Operand::Const(Value::Immediate(types::kU16Type, static_cast<uint64_t>(*id)));
}

}  // namespace csl::sema
