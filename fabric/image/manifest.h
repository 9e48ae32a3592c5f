// SPDX-License-Identifier: Apache-2.0
// Manifest: what is known of a compiled program as a whole: geometry, parameters, exports, and
// which tile runs what. On disk: out.json and bin/placement.bin (docs/formats/manifest.md,
// docs/formats/placement.md).
#ifndef FABRIC_IMAGE_MANIFEST_H_
#define FABRIC_IMAGE_MANIFEST_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "fabric/image/color_config.h"
#include "fabric/isa/architecture.h"

namespace csl::image {

struct Extent2 {
  int32_t width = 0;   // or x
  int32_t height = 0;  // or y
  friend bool operator==(const Extent2&, const Extent2&) = default;
};

enum class ExportKind : uint8_t { kVar, kFunc, kStream };
std::string_view ExportKindName(ExportKind kind);  // "Var", "Func", "Stream"

struct ExportInput {
  std::string name;  // "" where the type gives none
  std::string type;  // CSL spelling
  friend bool operator==(const ExportInput&, const ExportInput&) = default;
};

// One name the layout exported. Hosts name it by id: unique, not necessarily dense.
struct Export {
  uint32_t id = 0;
  std::string name;
  ExportKind kind = ExportKind::kVar;
  std::string type;                 // CSL spelling: "[*]f32", "fn(f32)void"
  bool immutable = false;           // kVar
  int32_t color = -1;               // kStream
  std::vector<ExportInput> inputs;  // kFunc
  friend bool operator==(const Export&, const Export&) = default;
};

// Tiles x..x+width-1, y..y+height-1 (of the program's rectangle) run `program`: an index into
// Manifest::programs, or, counted on from these, that of a variant (variant.h).
struct PlacementRun {
  uint16_t x = 0;
  uint16_t y = 0;
  uint16_t width = 1;
  uint16_t height = 1;
  uint32_t program = 0;
  friend bool operator==(const PlacementRun&, const PlacementRun&) = default;
};

// The router of these tiles has color_configs[config] for `color`.
struct ColorRun {
  uint16_t x = 0;
  uint16_t y = 0;
  uint16_t width = 1;
  uint16_t height = 1;
  uint16_t color = 0;
  uint32_t config = 0;
  friend bool operator==(const ColorRun&, const ColorRun&) = default;
};

// A link between the host and the router of one tile, for the wavelets of one color. Its position
// in Manifest::ports is its id. The route of the color there has image::kHost on that side.
struct HostPort {
  std::string name;
  bool to_device = true;
  uint16_t x = 0;
  uint16_t y = 0;
  uint8_t color = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

using NamedText = std::pair<std::string, std::string>;

struct Manifest {
  isa::Arch arch = isa::Arch::kWse2;
  isa::Fp16Format fp16_format = isa::Fp16Format::kF16;
  std::vector<NamedText> params;  // of the root file, values as text; by name
  std::vector<std::pair<std::string, uint32_t>> colors;  // of the root file; by name
  Extent2 fabric;                                        // PEs of the whole fabric
  Extent2 offset;                                        // of the program's rectangle in the fabric
  Extent2 rectangle;                                     // of the program
  bool memcpy = false;
  int32_t channels = 0;
  int32_t width_west_buf = 0;
  int32_t width_east_buf = 0;
  std::vector<Export> exports;        // by id
  std::vector<std::string> programs;  // files below the artifact's folder: "bin/out_0_0.elf"
  uint32_t num_variants = 0;
  std::vector<PlacementRun> placement;     // by (y, x), disjoint, cover the rectangle
  std::vector<ColorConfig> color_configs;  // distinct
  std::vector<ColorRun> color_runs;        // by (color, y, x); at most one for each tile and color
  std::vector<HostPort> ports;             // of layouts that SdkLayout made

  friend bool operator==(const Manifest&, const Manifest&) = default;

  const Export* FindExport(std::string_view name) const;  // null if none
  const Export* FindExport(uint32_t id) const;            // null if none
  std::optional<uint32_t> FindPort(std::string_view name) const;
  size_t num_programs() const { return programs.size() + num_variants; }
  // Program of a tile; rectangle coordinates. None if the tile lies outside.
  std::optional<uint32_t> ProgramAt(int x, int y) const;

  // DataLoss names the first thing that is wrong: overlaps, gaps, indices, geometry.
  Status Validate() const;
};

// out.json, without placement and color runs. Deterministic text.
std::string ManifestToJson(const Manifest& manifest);
// bin/out_rpc.json
std::string RpcSymbolsToJson(const Manifest& manifest);
// bin/placement.bin
std::vector<uint8_t> PlacementToBytes(const Manifest& manifest);

// Both parts of a manifest. Any bytes are safe; the result is valid.
StatusOr<Manifest> ParseManifest(std::string_view json, std::span<const uint8_t> placement);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_MANIFEST_H_
