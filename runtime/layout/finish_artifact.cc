// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/finish_artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace csl::runtime::layout {
namespace {

using image::Artifact;
using image::ProgramImage;
using image::Section;

// The bytes of one PE's part of the data, row by row.
std::vector<uint8_t> PartOf(const SymbolData& data, const CodeRegion& region, Point local) {
  const int columns = data.width / region.width;
  const int rows = data.height / region.height;
  const auto size = static_cast<size_t>(data.element_bytes);
  std::vector<uint8_t> out;
  for (int row = 0; row < rows; ++row) {
    const size_t first =
        static_cast<size_t>(local.y * rows + row) * static_cast<size_t>(data.width) +
        static_cast<size_t>(local.x * columns);
    const auto begin = data.bytes.begin() + static_cast<std::ptrdiff_t>(first * size);
    out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(size) * columns);
  }
  return out;
}

// Puts bytes where the symbol lies.
Status SetBytes(const std::string& what, const SymbolData& data, std::span<const uint8_t> bytes,
                ProgramImage* image) {
  const image::Symbol* symbol = image->FindSymbol(data.symbol);
  if (symbol == nullptr || symbol->kind != image::Symbol::Kind::kVariable) {
    return NotFound(
        fmt::format("{}: '{}' has no variable of that name; one that nothing refers to "
                    "must be exported",
                    what, image->name));
  }
  if (symbol->size_bytes != bytes.size()) {
    return InvalidArgument(fmt::format(
        "{}: the symbol has {} bytes (type {}), and the PE's part of the data {} ({} elements of "
        "{} bytes)",
        what, symbol->size_bytes, symbol->type, bytes.size(),
        bytes.size() / static_cast<size_t>(data.element_bytes), data.element_bytes));
  }
  for (Section& section : image->sections) {
    if (symbol->value < section.address ||
        symbol->value + bytes.size() > size_t{section.address} + section.size_bytes) {
      continue;
    }
    if (section.bytes.empty()) section.bytes.resize(section.size_bytes);
    std::copy(bytes.begin(), bytes.end(),
              section.bytes.begin() + (symbol->value - section.address));
    return OkStatus();
  }
  return Internal(what + ": the symbol lies in no section");
}

// Programs of single PEs with data of their own, each distinct one once.
class SymbolSetter {
 public:
  SymbolSetter(const SdkLayout& layout, const ResolvedLayout& resolved, Artifact* artifact)
      : layout_(layout), resolved_(resolved), artifact_(*artifact) {}

  Status Run() {
    const image::Extent2 size = artifact_.manifest.rectangle;
    programs_.resize(static_cast<size_t>(size.width) * static_cast<size_t>(size.height));
    for (const image::PlacementRun& run : artifact_.manifest.placement) {
      for (int y = run.y; y < run.y + run.height; ++y) {
        for (int x = run.x; x < run.x + run.width; ++x) {
          ASSIGN_OR_RETURN(programs_[static_cast<size_t>(y) * static_cast<size_t>(size.width) +
                                     static_cast<size_t>(x)],
                           ProgramOf({x, y}, run.program));
        }
      }
    }
    Place();
    return OkStatus();
  }

 private:
  StatusOr<uint32_t> ProgramOf(Point at, uint32_t before) {
    const int32_t owner = resolved_.canvas.owner[resolved_.canvas.IndexOf(at)];
    if (owner < 0 || owner >= static_cast<int32_t>(layout_.regions().size())) return before;
    const CodeRegion& region = layout_.regions()[static_cast<size_t>(owner)];
    if (region.symbols.empty()) return before;
    const Point local = {at.x - region.origin.x, at.y - region.origin.y};
    std::vector<uint8_t> key;
    for (const SymbolData& data : region.symbols) {
      const std::vector<uint8_t> part = PartOf(data, region, local);
      key.insert(key.end(), part.begin(), part.end());
    }
    const auto [found, is_new] = known_.try_emplace({owner, before, key}, 0);
    if (!is_new) return found->second;
    ProgramImage image = artifact_.BaseOf(before);
    if (before >= num_images_) {
      image = artifact_.variants[before - num_images_].Apply(image);
    }
    for (const SymbolData& data : region.symbols) {
      const std::string what =
          fmt::format("compile: set_symbol_all of '{}': {}", data.symbol, PeText(region, local));
      RETURN_IF_ERROR(SetBytes(what, data, PartOf(data, region, local), &image));
    }
    found->second = static_cast<uint32_t>(kNewPrograms + added_.size());
    added_.push_back(std::move(image));
    return found->second;
  }

  // New images go behind the images, so variants move up. What no PE runs any more stays: images
  // are the base of variants.
  void Place() {
    const auto shift = static_cast<uint32_t>(added_.size());
    image::Manifest& manifest = artifact_.manifest;
    for (ProgramImage& image : added_) {
      manifest.programs.push_back(
          Artifact::ProgramFile(static_cast<uint32_t>(artifact_.images.size())));
      artifact_.images.push_back(std::move(image));
    }
    manifest.placement.clear();
    size_t tile = 0;
    for (int y = 0; y < manifest.rectangle.height; ++y) {
      for (int x = 0; x < manifest.rectangle.width; ++x, ++tile) {
        uint32_t program = programs_[tile];
        if (program >= kNewPrograms) {
          program = program - kNewPrograms + num_images_;
        } else if (program >= num_images_) {
          program += shift;
        }
        image::PlacementRun* last =
            manifest.placement.empty() ? nullptr : &manifest.placement.back();
        if (x > 0 && last->program == program) {
          ++last->width;
        } else {
          manifest.placement.push_back(
              {static_cast<uint16_t>(x), static_cast<uint16_t>(y), 1, 1, program});
        }
      }
    }
  }

  static constexpr uint32_t kNewPrograms = 1u << 30;

  const SdkLayout& layout_;
  const ResolvedLayout& resolved_;
  Artifact& artifact_;
  const uint32_t num_images_ = static_cast<uint32_t>(artifact_.images.size());
  std::map<std::tuple<int32_t, uint32_t, std::vector<uint8_t>>, uint32_t> known_;
  std::vector<ProgramImage> added_;
  std::vector<uint32_t> programs_;  // by tile
};

}  // namespace

Status FinishArtifact(const SdkLayout& layout, const ResolvedLayout& resolved, Artifact* artifact) {
  const bool sets_symbols = std::any_of(layout.regions().begin(), layout.regions().end(),
                                        [](const CodeRegion& r) { return !r.symbols.empty(); });
  if (sets_symbols) RETURN_IF_ERROR(SymbolSetter(layout, resolved, artifact).Run());
  image::Manifest& manifest = artifact->manifest;
  for (const HostPort& port : resolved.host_ports) {
    manifest.ports.push_back({port.name, port.to_device, static_cast<uint16_t>(port.place.x),
                              static_cast<uint16_t>(port.place.y),
                              static_cast<uint8_t>(resolved.nets[port.net].value)});
  }
  std::map<std::string, uint32_t> colors;
  for (uint32_t i = 0; i < layout.colors().size(); ++i) {
    colors[layout.colors()[i].global] = static_cast<uint32_t>(resolved.value_of(ColorId(i)));
  }
  manifest.colors.assign(colors.begin(), colors.end());
  return artifact->Validate();
}

std::string PortMapToJson(const image::Manifest& manifest) {
  std::string text = "{\n \"buses\": [";
  for (size_t i = 0; i < manifest.ports.size(); ++i) {
    const image::HostPort& port = manifest.ports[i];
    text += fmt::format(
        "{}\n  {{\"port_name\": \"{}\", \"direction\": \"{}\", \"x\": {}, \"y\": {}, "
        "\"color\": {}}}",
        i == 0 ? "" : ",", port.name, port.to_device ? "h2d" : "d2h", port.x, port.y, port.color);
  }
  return text + "\n ]\n}\n";
}

}  // namespace csl::runtime::layout
