// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/link_manifest.h"

#include <algorithm>
#include <tuple>

#include "fabric/image/artifact.h"

namespace csl::link {
namespace {

image::Export ExportOf(const layout::ExportedName& exported, uint32_t id) {
  image::Export out;
  out.id = id;
  out.name = exported.name;
  out.kind = exported.kind == layout::ExportKind::kFunc ? image::ExportKind::kFunc
                                                        : image::ExportKind::kVar;
  out.type = exported.type_text;
  out.immutable = exported.kind == layout::ExportKind::kVar && !exported.is_mutable;
  for (const layout::ExportInput& input : exported.inputs) {
    out.inputs.push_back({input.name, input.type});
  }
  return out;
}

// Runs of neighbouring tiles of a row that run one image, then equal runs of neighbouring rows.
std::vector<image::PlacementRun> Place(const layout::Layout& layout,
                                       const std::vector<uint32_t>& image_of) {
  std::vector<image::PlacementRun> rows;
  for (const layout::TileRun& tile : layout.tiles) {
    const uint32_t program = image_of[tile.program.index];
    if (!rows.empty()) {
      image::PlacementRun& last = rows.back();
      if (last.y == tile.y && last.x + last.width == tile.x && last.program == program) {
        last.width = static_cast<uint16_t>(last.width + tile.count);
        continue;
      }
    }
    rows.push_back({tile.x, tile.y, tile.count, 1, program});
  }
  std::vector<image::PlacementRun> out;
  std::map<std::tuple<uint16_t, uint16_t, uint32_t>, size_t> open;  // x, width, program
  for (const image::PlacementRun& run : rows) {
    const auto key = std::make_tuple(run.x, run.width, run.program);
    const auto it = open.find(key);
    if (it != open.end() && out[it->second].y + out[it->second].height == run.y) {
      ++out[it->second].height;
      continue;
    }
    open[key] = out.size();
    out.push_back(run);
  }
  return out;
}

// The layout's runs, with equal runs of neighbouring rows joined.
std::vector<image::ColorRun> PlaceColors(const layout::Layout& layout) {
  std::vector<image::ColorRun> out;
  std::map<std::tuple<uint16_t, uint16_t, uint16_t, uint32_t>, size_t> open;
  for (const layout::ColorRun& run : layout.color_runs) {
    const auto key = std::make_tuple(run.color, run.x, run.count, run.config);
    const auto it = open.find(key);
    if (it != open.end() && out[it->second].y + out[it->second].height == run.y) {
      ++out[it->second].height;
      continue;
    }
    open[key] = out.size();
    out.push_back({run.x, run.y, run.count, 1, run.color, run.config});
  }
  std::sort(out.begin(), out.end(), [](const image::ColorRun& a, const image::ColorRun& b) {
    return std::tie(a.color, a.y, a.x) < std::tie(b.color, b.y, b.x);
  });
  return out;
}

}  // namespace

StatusOr<image::Manifest> LinkManifest(const layout::Layout& layout,
                                       const std::vector<uint32_t>& image_of, size_t num_images,
                                       size_t num_variants, const ManifestOptions& options) {
  image::Manifest out;
  out.arch = options.arch;
  out.fp16_format = options.fp16_format;
  out.params.assign(options.params.begin(), options.params.end());
  for (const auto& [name, value] : options.colors) {
    out.colors.emplace_back(name, static_cast<uint32_t>(value));
  }
  const layout::Rectangle& r = layout.rectangle;
  out.fabric = {r.fabric_width, r.fabric_height};
  out.offset = {r.offset_x, r.offset_y};
  out.rectangle = {r.width, r.height};
  out.memcpy = options.memcpy;
  out.channels = options.channels;
  out.width_west_buf = options.width_west_buf;
  out.width_east_buf = options.width_east_buf;
  for (uint32_t i = 0; i < layout.exports.size(); ++i) {
    out.exports.push_back(ExportOf(layout.exports[i], i));
  }
  for (uint32_t i = 0; i < num_images; ++i) out.programs.push_back(image::Artifact::ProgramFile(i));
  out.num_variants = static_cast<uint32_t>(num_variants);
  out.placement = Place(layout, image_of);
  out.color_configs = layout.color_configs;
  out.color_runs = PlaceColors(layout);
  if (Status status = out.Validate(); !status.ok())
    return Internal("manifest: " + status.message());
  return out;
}

}  // namespace csl::link
