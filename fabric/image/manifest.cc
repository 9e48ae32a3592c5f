// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/image/tile_configuration.h"

namespace csl::image {
namespace {

// Larger than any wafer; bounds the work that a hostile file can cause.
constexpr int kMaxFabricSide = 2048;

// Which tiles of the rectangle are taken.
class TileSet {
 public:
  explicit TileSet(Extent2 size)
      : size_(size), taken_(static_cast<size_t>(size.width) * size.height) {}

  // False if the run leaves the rectangle or meets a taken tile.
  template <typename Run>
  bool Add(const Run& run) {
    if (run.width == 0 || run.height == 0) return false;
    if (run.x + run.width > size_.width || run.y + run.height > size_.height) return false;
    for (int y = run.y; y < run.y + run.height; ++y) {
      for (int x = run.x; x < run.x + run.width; ++x) {
        auto tile = taken_[static_cast<size_t>(y) * size_.width + x];
        if (tile) return false;
        tile = true;
      }
    }
    count_ += static_cast<size_t>(run.width) * run.height;
    return true;
  }
  bool full() const { return count_ == taken_.size(); }
  void Clear() {
    taken_.assign(taken_.size(), false);
    count_ = 0;
  }

 private:
  Extent2 size_;
  std::vector<bool> taken_;
  size_t count_ = 0;
};

Status CheckGeometry(const Manifest& m) {
  const auto side_ok = [](int side) { return side >= 1 && side <= kMaxFabricSide; };
  if (!side_ok(m.fabric.width) || !side_ok(m.fabric.height) || !side_ok(m.rectangle.width) ||
      !side_ok(m.rectangle.height) || m.offset.width < 0 || m.offset.height < 0 ||
      m.offset.width > m.fabric.width - m.rectangle.width ||
      m.offset.height > m.fabric.height - m.rectangle.height) {
    return DataLoss(fmt::format("rectangle of {} x {} at {}, {} in a fabric of {} x {}",
                                m.rectangle.width, m.rectangle.height, m.offset.width,
                                m.offset.height, m.fabric.width, m.fabric.height));
  }
  if (m.channels < 0 || m.channels > isa::LimitsOf(m.arch).max_channels) {
    return DataLoss(fmt::format("{} channels", m.channels));
  }
  if (m.width_west_buf < 0 || m.width_east_buf < 0) return DataLoss("a buffer of negative width");
  return OkStatus();
}

Status CheckPlacement(const Manifest& m) {
  TileSet tiles(m.rectangle);
  for (const PlacementRun& run : m.placement) {
    if (run.program >= m.num_programs())
      return DataLoss(fmt::format("placement names program {}", run.program));
    if (!tiles.Add(run))
      return DataLoss(
          fmt::format("placement at {}, {} overlaps or leaves the rectangle", run.x, run.y));
  }
  if (!tiles.full()) return DataLoss("placement does not cover the rectangle");
  if (!std::ranges::is_sorted(m.placement, {},
                              [](const PlacementRun& r) { return std::pair(r.y, r.x); })) {
    return DataLoss("placement out of order");
  }
  return OkStatus();
}

Status CheckColors(const Manifest& m) {
  for (const ColorConfig& config : m.color_configs) RETURN_IF_ERROR(ValidateColorConfig(config));
  if (!std::ranges::is_sorted(m.color_runs, {},
                              [](const ColorRun& r) { return std::tuple(r.color, r.y, r.x); })) {
    return DataLoss("color runs out of order");
  }
  TileSet tiles(m.rectangle);
  int color = -1;
  for (const ColorRun& run : m.color_runs) {
    if (run.color >= isa::LimitsOf(m.arch).num_colors || run.config >= m.color_configs.size()) {
      return DataLoss(
          fmt::format("color run of color {}, configuration {}", run.color, run.config));
    }
    if (run.color != color) tiles.Clear();
    color = run.color;
    if (!tiles.Add(run))
      return DataLoss(fmt::format("color {} is configured twice at {}, {}", color, run.x, run.y));
  }
  return OkStatus();
}

Status CheckPorts(const Manifest& m) {
  for (size_t i = 0; i < m.ports.size(); ++i) {
    const HostPort& port = m.ports[i];
    if (port.x >= m.rectangle.width || port.y >= m.rectangle.height ||
        port.color >= isa::LimitsOf(m.arch).num_colors || port.name.empty()) {
      return DataLoss(
          fmt::format("port '{}' of color {} at {}, {}", port.name, port.color, port.x, port.y));
    }
    for (size_t j = 0; j < i; ++j) {
      const HostPort& other = m.ports[j];
      const bool is_same = other.x == port.x && other.y == port.y && other.color == port.color;
      if (other.name == port.name || is_same) {
        return DataLoss(fmt::format("ports '{}' and '{}' are one", other.name, port.name));
      }
    }
  }
  return OkStatus();
}

Status CheckExports(const Manifest& m) {
  for (size_t i = 0; i < m.exports.size(); ++i) {
    if (i > 0 && m.exports[i - 1].id >= m.exports[i].id) return DataLoss("exports out of order");
    if (m.exports[i].name.empty())
      return DataLoss(fmt::format("export {} has no name", m.exports[i].id));
  }
  return OkStatus();
}

}  // namespace

std::string_view ExportKindName(ExportKind kind) {
  switch (kind) {
    case ExportKind::kVar:
      return "Var";
    case ExportKind::kFunc:
      return "Func";
    case ExportKind::kStream:
      return "Stream";
  }
  return "?";
}

const Export* Manifest::FindExport(std::string_view name) const {
  const auto it = std::ranges::find(exports, name, &Export::name);
  return it == exports.end() ? nullptr : &*it;
}

const Export* Manifest::FindExport(uint32_t id) const {
  const auto it = std::ranges::find(exports, id, &Export::id);
  return it == exports.end() ? nullptr : &*it;
}

std::optional<uint32_t> Manifest::FindPort(std::string_view name) const {
  const auto it = std::ranges::find(ports, name, &HostPort::name);
  if (it == ports.end()) return std::nullopt;
  return static_cast<uint32_t>(it - ports.begin());
}

std::optional<uint32_t> Manifest::ProgramAt(int x, int y) const {
  for (const PlacementRun& r : placement) {
    if (x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height) return r.program;
  }
  return std::nullopt;
}

Status Manifest::Validate() const {
  RETURN_IF_ERROR(CheckGeometry(*this));
  RETURN_IF_ERROR(CheckPlacement(*this));
  RETURN_IF_ERROR(CheckColors(*this));
  RETURN_IF_ERROR(CheckPorts(*this));
  return CheckExports(*this);
}

}  // namespace csl::image
