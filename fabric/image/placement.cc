// SPDX-License-Identifier: Apache-2.0
// bin/placement.bin (docs/formats/placement.md).
#include <fmt/format.h>

#include "fabric/image/configuration_fields.h"
#include "fabric/image/manifest_parts.h"

namespace csl::image {
namespace {

constexpr uint32_t kMagic = 0x504c5343;  // "CSLP"
constexpr uint32_t kVersion = 2;

}  // namespace

// Found by argument-dependent lookup, hence not in the unnamed namespace.
template <typename Archive>
void Fields(Archive& ar, PlacementRun& v) {
  ar(v.x, v.y, v.width, v.height, v.program);
}

template <typename Archive>
void Fields(Archive& ar, ColorRun& v) {
  ar(v.x, v.y, v.width, v.height, v.color, v.config);
}

std::vector<uint8_t> PlacementToBytes(const Manifest& manifest) {
  ByteEncoder ar;
  ar(kMagic, kVersion);
  ar.List(manifest.placement);
  ar.List(manifest.color_configs);
  ar.List(manifest.color_runs);
  return std::move(ar).Take();
}

Status ReadPlacement(std::span<const uint8_t> bytes, Manifest& manifest) {
  ByteDecoder ar(bytes);
  uint32_t magic = 0, version = 0;
  ar(magic, version);
  if (magic != kMagic) return DataLoss("placement.bin: no placement file");
  if (version != kVersion) {
    return DataLoss(fmt::format("placement.bin: version {}, this program reads {}: compile again",
                                version, kVersion));
  }
  ar.List(manifest.placement);
  ar.List(manifest.color_configs);
  ar.List(manifest.color_runs);
  const Status status = ar.Finish();
  return status.ok() ? status : DataLoss("placement.bin: " + status.message());
}

StatusOr<Manifest> ParseManifest(std::string_view json, std::span<const uint8_t> placement) {
  Manifest manifest;
  RETURN_IF_ERROR(ReadManifestJson(json, manifest));
  RETURN_IF_ERROR(ReadPlacement(placement, manifest));
  RETURN_IF_ERROR(manifest.Validate());
  return manifest;
}

}  // namespace csl::image
