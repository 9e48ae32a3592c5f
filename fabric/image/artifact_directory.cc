// SPDX-License-Identifier: Apache-2.0
// Artifacts on disk.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "base/file.h"
#include "fabric/image/artifact.h"

namespace csl::image {
namespace {

namespace fs = std::filesystem;

bool IsArtifactFile(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".elf" || extension == ".json" || extension == ".bin";
}

Status MakeFolder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return {StatusCode::kUnavailable,
            fmt::format("cannot create '{}': {}", path.string(), error.message())};
  return OkStatus();
}

}  // namespace

StatusOr<std::vector<std::string>> ListArtifactFiles(const fs::path& dir) {
  std::vector<std::string> out;
  std::error_code error;
  if (!fs::is_regular_file(dir / "out.json", error)) {
    return NotFound(fmt::format("'{}' is not an artifact: it has no out.json", dir.string()));
  }
  out.push_back("out.json");
  for (fs::directory_iterator it(dir / "bin", error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file(error) && IsArtifactFile(it->path())) {
      out.push_back("bin/" + it->path().filename().string());
    }
  }
  if (error)
    return NotFound(fmt::format("cannot list '{}': {}", (dir / "bin").string(), error.message()));
  std::ranges::sort(out);
  return out;
}

StatusOr<Artifact> LoadArtifact(const fs::path& dir) {
  ASSIGN_OR_RETURN(std::vector<std::string> paths, ListArtifactFiles(dir));
  std::vector<ArtifactFile> files;
  for (std::string& path : paths) {
    ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadBinaryFile(dir / path));
    files.push_back({std::move(path), std::move(bytes)});
  }
  auto artifact = ParseArtifact(files);
  if (!artifact.ok()) {
    return Status(artifact.status().code(),
                  fmt::format("artifact '{}': {}", dir.string(), artifact.status().message()));
  }
  return artifact;
}

Status WriteArtifact(const Artifact& artifact, const fs::path& dir) {
  for (const char* folder : {"bin", "east", "west", "generated"})
    RETURN_IF_ERROR(MakeFolder(dir / folder));
  std::set<std::string> kept;
  for (const ArtifactFile& file : ArtifactFiles(artifact)) {
    RETURN_IF_ERROR(WriteFileAtomic(dir / file.path, std::span<const uint8_t>(file.bytes)));
    kept.insert(file.path);
  }
  ASSIGN_OR_RETURN(std::vector<std::string> present, ListArtifactFiles(dir));
  for (const std::string& path : present) {
    std::error_code error;
    const bool is_ours = path.ends_with(".elf") || path.ends_with(".bin");
    if (is_ours && !kept.contains(path)) fs::remove(dir / path, error);
  }
  return OkStatus();
}

}  // namespace csl::image
