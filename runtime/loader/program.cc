// SPDX-License-Identifier: Apache-2.0
#include "runtime/loader/program.h"

#include <utility>

#include "base/digest/sha256.h"
#include "base/file.h"

namespace csl::runtime {
namespace {

Status NoProgram(const std::filesystem::path& dir, const std::string& why) {
  return NotFound("no compiled program in '" + dir.string() + "': " + why +
                  "; give the folder that cslc wrote (its -o option, 'out' by default)");
}

Status CheckFolder(const std::filesystem::path& dir) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(dir, error);
  if (!std::filesystem::exists(status)) return NoProgram(dir, "there is no such folder");
  if (!std::filesystem::is_directory(status)) return NoProgram(dir, "it is not a folder");
  if (!std::filesystem::exists(dir / "out.json", error)) {
    return NoProgram(dir, "out.json is missing");
  }
  return OkStatus();
}

}  // namespace

StatusOr<Program> ParseProgram(std::vector<image::ArtifactFile> files) {
  Program program;
  ASSIGN_OR_RETURN(program.artifact, image::ParseArtifact(files));
  program.files = std::move(files);
  return program;
}

StatusOr<Program> LoadProgram(const std::filesystem::path& dir) {
  RETURN_IF_ERROR(CheckFolder(dir));
  ASSIGN_OR_RETURN(std::vector<std::string> paths, image::ListArtifactFiles(dir));
  std::vector<image::ArtifactFile> files;
  files.reserve(paths.size());
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadBinaryFile(dir / path));
    files.push_back({path, std::move(bytes)});
  }
  StatusOr<Program> program = ParseProgram(std::move(files));
  if (!program.ok()) {
    return Status(program.status().code(), "the compiled program in '" + dir.string() +
                                               "' cannot be used: " + program.status().message());
  }
  return program;
}

std::string ProgramDigest(const Program& program) {
  Sha256 digest;
  for (const image::ArtifactFile& file : program.files) {
    Sha256 of_file;
    of_file.Update(std::span<const uint8_t>(file.bytes));
    digest.Update(file.path + " " + of_file.FinishHex() + "\n");
  }
  return digest.FinishHex();
}

}  // namespace csl::runtime
