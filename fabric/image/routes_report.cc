// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <map>

#include "fabric/image/reports.h"

namespace csl::image {
namespace {

// What is set for a color of a tile, and by whom.
struct Setting {
  const ColorConfig* config = nullptr;
  bool by_program = false;
};

// The settings of one row: by column, then color.
std::vector<std::map<int, Setting>> RowSettings(const Artifact& artifact,
                                                const std::vector<uint32_t>& program_of,
                                                const std::vector<const ColorRun*>& runs) {
  const Manifest& m = artifact.manifest;
  std::vector<std::map<int, Setting>> out(static_cast<size_t>(m.rectangle.width));
  for (const ColorRun* run : runs) {
    for (size_t x = run->x; x < size_t{run->x} + run->width; ++x) {
      out[x][run->color] = {&m.color_configs[run->config], false};
    }
  }
  for (size_t x = 0; x < out.size(); ++x) {
    const ProgramImage& image = artifact.BaseOf(program_of[x]);
    for (const LocalColor& local : image.configuration.local_colors) {
      out[x][local.color] = {&local.config, true};
    }
  }
  return out;
}

std::vector<std::vector<const ColorRun*>> RunsByRow(const Manifest& m) {
  std::vector<std::vector<const ColorRun*>> out(static_cast<size_t>(m.rectangle.height));
  for (const ColorRun& run : m.color_runs) {
    for (size_t y = run.y; y < size_t{run.y} + run.height; ++y) out[y].push_back(&run);
  }
  return out;
}

}  // namespace

std::string RoutesReport(const Artifact& artifact) {
  const Manifest& m = artifact.manifest;
  std::vector<uint32_t> program_of(static_cast<size_t>(m.rectangle.width) *
                                   static_cast<size_t>(m.rectangle.height));
  for (const PlacementRun& run : m.placement) {
    for (int y = run.y; y < run.y + run.height; ++y) {
      const size_t row = static_cast<size_t>(y) * static_cast<size_t>(m.rectangle.width);
      for (size_t x = run.x; x < size_t{run.x} + run.width; ++x) program_of[row + x] = run.program;
    }
  }
  std::string out = fmt::format("{:>4} {:>4} {:>5}  {:<7}  {}\n", "x", "y", "color", "set by",
                                "routes (inputs->outputs, * the position at the start)");
  const auto runs_of_row = RunsByRow(m);
  for (int y = 0; y < m.rectangle.height; ++y) {
    const auto row = program_of.begin() + static_cast<std::ptrdiff_t>(y) * m.rectangle.width;
    const std::vector<uint32_t> programs(row, row + m.rectangle.width);
    const auto settings = RowSettings(artifact, programs, runs_of_row[static_cast<size_t>(y)]);
    for (size_t x = 0; x < settings.size(); ++x) {
      for (const auto& [color, setting] : settings[x]) {
        fmt::format_to(std::back_inserter(out), "{:>4} {:>4} {:>5}  {:<7}  {}\n", x, y, color,
                       setting.by_program ? "program" : "layout", setting.config->ToString());
      }
    }
  }
  return out;
}

}  // namespace csl::image
