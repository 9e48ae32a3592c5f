// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/artifact.h"

#include <fmt/format.h>

#include <map>

namespace csl::image {
namespace {

constexpr char kManifestFile[] = "out.json";
constexpr char kPlacementFile[] = "bin/placement.bin";
constexpr char kVariantsFile[] = "bin/variants.bin";
constexpr char kRpcFile[] = "bin/out_rpc.json";

std::vector<uint8_t> ToBytes(std::string_view text) { return {text.begin(), text.end()}; }

// The manifest's exports, as one program has them.
Status CheckExports(const Manifest& manifest, const ProgramImage& image, uint32_t program) {
  for (const ProgramExport& e : image.exports) {
    const Export* known = manifest.FindExport(e.id);
    const bool is_function = e.kind == ProgramExport::Kind::kFunction;
    if (known == nullptr || (known->kind == ExportKind::kFunc) != is_function) {
      return DataLoss(
          fmt::format("program {} exports {}, which the manifest does not have so", program, e.id));
    }
  }
  return OkStatus();
}

Status CheckVariants(const Artifact& artifact) {
  const std::vector<Variant>& variants = artifact.variants;
  if (variants.size() != artifact.manifest.num_variants) {
    return DataLoss(fmt::format("{} variants, the manifest has {}", variants.size(),
                                artifact.manifest.num_variants));
  }
  for (size_t i = 0; i < variants.size(); ++i) {
    if (variants[i].image >= artifact.images.size()) {
      return DataLoss(fmt::format("variant {} of image {}", i, variants[i].image));
    }
    const Status status = variants[i].Validate(artifact.images[variants[i].image]);
    if (!status.ok()) return DataLoss(fmt::format("variant {}: {}", i, status.message()));
  }
  return OkStatus();
}

}  // namespace

std::string Artifact::ProgramFile(uint32_t index) { return fmt::format("bin/out_{}_0.elf", index); }

Status Artifact::Validate() const {
  RETURN_IF_ERROR(manifest.Validate());
  if (manifest.programs.size() != images.size()) {
    return DataLoss(fmt::format("{} programs, {} images", manifest.programs.size(), images.size()));
  }
  for (uint32_t i = 0; i < images.size(); ++i) {
    const Status status = images[i].Validate();
    if (!status.ok())
      return DataLoss(fmt::format("{}: {}", manifest.programs[i], status.message()));
    if (images[i].arch != manifest.arch || images[i].fp16_format != manifest.fp16_format) {
      return DataLoss(fmt::format("{}: compiled for another architecture or 16-bit format",
                                  manifest.programs[i]));
    }
    RETURN_IF_ERROR(CheckExports(manifest, images[i], i));
  }
  return CheckVariants(*this);
}

const ProgramImage& Artifact::BaseOf(uint32_t program) const {
  if (program < images.size()) return images[program];
  return images[variants[program - images.size()].image];
}

std::vector<ArtifactFile> ArtifactFiles(const Artifact& artifact) {
  std::map<std::string, std::vector<uint8_t>> files;
  files[kManifestFile] = ToBytes(ManifestToJson(artifact.manifest));
  files[kRpcFile] = ToBytes(RpcSymbolsToJson(artifact.manifest));
  files[kPlacementFile] = PlacementToBytes(artifact.manifest);
  if (!artifact.variants.empty()) files[kVariantsFile] = VariantsToBytes(artifact.variants);
  for (size_t i = 0; i < artifact.images.size(); ++i) {
    files[artifact.manifest.programs[i]] = WriteElf(artifact.images[i]);
  }
  std::vector<ArtifactFile> out;
  for (auto& [path, bytes] : files) out.push_back({path, std::move(bytes)});
  return out;
}

StatusOr<Artifact> ParseArtifact(const std::vector<ArtifactFile>& files) {
  std::map<std::string_view, std::span<const uint8_t>> by_path;
  for (const ArtifactFile& file : files) by_path.emplace(file.path, file.bytes);
  const auto find = [&](std::string_view path) -> StatusOr<std::span<const uint8_t>> {
    const auto it = by_path.find(path);
    if (it == by_path.end()) return NotFound(fmt::format("the artifact has no file '{}'", path));
    return it->second;
  };
  Artifact artifact;
  ASSIGN_OR_RETURN(auto json, find(kManifestFile));
  ASSIGN_OR_RETURN(auto placement, find(kPlacementFile));
  const std::string_view text(reinterpret_cast<const char*>(json.data()), json.size());
  ASSIGN_OR_RETURN(artifact.manifest, ParseManifest(text, placement));
  for (const std::string& program : artifact.manifest.programs) {
    ASSIGN_OR_RETURN(auto bytes, find(program));
    auto image = ReadElf(bytes);
    if (!image.ok()) return DataLoss(fmt::format("{}: {}", program, image.status().message()));
    artifact.images.push_back(std::move(*image));
  }
  if (artifact.manifest.num_variants != 0) {
    ASSIGN_OR_RETURN(auto bytes, find(kVariantsFile));
    ASSIGN_OR_RETURN(artifact.variants, ReadVariants(bytes));
  }
  RETURN_IF_ERROR(artifact.Validate());
  return artifact;
}

}  // namespace csl::image
