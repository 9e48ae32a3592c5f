// SPDX-License-Identifier: Apache-2.0
// Program: a compiled program on its way to a device: the artifact, and the bytes it was read from,
// which is what travels to a CS system.
#ifndef RUNTIME_LOADER_PROGRAM_H_
#define RUNTIME_LOADER_PROGRAM_H_

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/image/artifact.h"

namespace csl::runtime {

struct Program {
  image::Artifact artifact;
  std::vector<image::ArtifactFile> files;  // by path
};

// Reads the folder that `cslc -o DIR` wrote. kNotFound when there is no such folder or it holds no
// compiled program: the message says what was looked for and how to make one. kDataLoss for a
// damaged artifact.
StatusOr<Program> LoadProgram(const std::filesystem::path& dir);

// From bytes that came over a connection.
StatusOr<Program> ParseProgram(std::vector<image::ArtifactFile> files);

// Names the compiled program: SHA-256 over its files' paths and digests. Core files carry it.
std::string ProgramDigest(const Program& program);

}  // namespace csl::runtime

#endif  // RUNTIME_LOADER_PROGRAM_H_
