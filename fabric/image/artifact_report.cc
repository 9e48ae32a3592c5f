// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>

#include "fabric/image/reports.h"
#include "fabric/isa/text.h"

namespace csl::image {
namespace {

std::string ProgramText(const Artifact& artifact, uint32_t program) {
  const size_t num_images = artifact.images.size();
  if (program < num_images) return artifact.manifest.programs[program];
  return fmt::format("variant {} of {}", program - num_images,
                     artifact.manifest.programs[artifact.variants[program - num_images].image]);
}

}  // namespace

std::string ManifestReport(const Artifact& artifact) {
  const Manifest& m = artifact.manifest;
  std::string out = fmt::format(
      "artifact arch={} fp16={} fabric={}x{} offset={},{} rectangle={}x{} images={} variants={}\n",
      isa::ArchName(m.arch), isa::Fp16FormatName(m.fp16_format), m.fabric.width, m.fabric.height,
      m.offset.width, m.offset.height, m.rectangle.width, m.rectangle.height, m.programs.size(),
      m.num_variants);
  auto to = std::back_inserter(out);
  for (const Export& e : m.exports) {
    fmt::format_to(to, "export {} {} {} {}\n", e.id, ExportKindName(e.kind), e.name, e.type);
  }
  for (const PlacementRun& r : m.placement) {
    fmt::format_to(to, "tiles {},{} {}x{} run {}\n", r.x, r.y, r.width, r.height,
                   ProgramText(artifact, r.program));
  }
  for (const ColorRun& r : m.color_runs) {
    fmt::format_to(to, "tiles {},{} {}x{} color {} {}\n", r.x, r.y, r.width, r.height, r.color,
                   m.color_configs[r.config].ToString());
  }
  return out;
}

std::string VariantsReport(const Artifact& artifact) {
  std::string out;
  auto to = std::back_inserter(out);
  for (size_t n = 0; n < artifact.variants.size(); ++n) {
    const Variant& v = artifact.variants[n];
    fmt::format_to(to, "variant {} of {}\n", n, artifact.manifest.programs[v.image]);
    for (const CodePatch& p : v.code) {
      fmt::format_to(to, "  instruction {}: {}\n", p.index, isa::Disassemble(p.instruction));
    }
    for (const MemoryPatch& p : v.memory) {
      fmt::format_to(to, "  byte 0x{:04x}: 0x{:02x}\n", p.address, p.value);
    }
    for (const DsrPatch& p : v.dsrs) {
      fmt::format_to(to, "  initial DSR {}: {}\n", p.index, p.descriptor.ToString());
    }
  }
  return out;
}

}  // namespace csl::image
