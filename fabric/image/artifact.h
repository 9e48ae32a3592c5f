// SPDX-License-Identifier: Apache-2.0
// Artifact: the directory cslc leaves behind, as a value.
//
//   out/out.json  out/bin/out_<i>_0.elf ...  out/bin/out_rpc.json  out/bin/placement.bin
//   out/bin/variants.bin  out/east  out/west  out/generated
//
// Equal artifacts give equal bytes: no times, no absolute paths, no dependence on threads.
#ifndef FABRIC_IMAGE_ARTIFACT_H_
#define FABRIC_IMAGE_ARTIFACT_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/image/manifest.h"
#include "fabric/image/program_image.h"
#include "fabric/image/variant.h"

namespace csl::image {

struct Artifact {
  Manifest manifest;  // programs[i] is the file of images[i]
  std::vector<ProgramImage> images;
  std::vector<Variant> variants;  // program images.size() + i is variants[i]

  friend bool operator==(const Artifact&, const Artifact&) = default;

  // "bin/out_<index>_0.elf": the name of the image of program `index`.
  static std::string ProgramFile(uint32_t index);

  // The image that a program is or is a variant of.
  const ProgramImage& BaseOf(uint32_t program) const;

  // Manifest and every image are valid and agree: count, architecture, exports that every placed
  // program has.
  Status Validate() const;
};

// One file of an artifact: path relative to its folder, with '/'.
struct ArtifactFile {
  std::string path;
  std::vector<uint8_t> bytes;
};

// All files of the artifact, by path. Precondition: artifact.Validate() is ok.
std::vector<ArtifactFile> ArtifactFiles(const Artifact& artifact);

// The opposite: files in any order, unknown ones ignored. For artifacts that arrive over a
// connection.
StatusOr<Artifact> ParseArtifact(const std::vector<ArtifactFile>& files);

// Paths of the files an artifact consists of, below its folder, sorted: what is there of out.json,
// bin/*.elf, bin/*.json, bin/*.bin. To hash and send an artifact.
StatusOr<std::vector<std::string>> ListArtifactFiles(const std::filesystem::path& dir);

// NotFound names the missing file. Any bytes are safe.
StatusOr<Artifact> LoadArtifact(const std::filesystem::path& dir);

// Makes the folders, replaces the files of an earlier artifact, removes images of an earlier
// artifact that no longer exist.
Status WriteArtifact(const Artifact& artifact, const std::filesystem::path& dir);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_ARTIFACT_H_
