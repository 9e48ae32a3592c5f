// SPDX-License-Identifier: Apache-2.0
#include "runtime/debug/program_core.h"

#include <fmt/format.h>

#include <utility>

#include "base/file.h"
#include "runtime/core/near_names.h"
#include "runtime/core/sdk_runtime.h"

namespace csl::runtime {

StatusOr<ProgramCore> ProgramCore::Open(const std::filesystem::path& folder,
                                        const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(Program program, LoadProgram(folder));
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return NotFound(fmt::format(
        "no core file '{}': stop() leaves one in the folder that was current at load(), of "
        "programs of at most {} PEs, and of larger ones with SimfabConfig(dump_core=True)",
        path.string(), kMaxAutomaticCorePes));
  }
  ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadBinaryFile(path));
  StatusOr<image::CoreFile> core = image::CoreFile::Parse(std::move(bytes));
  if (!core.ok()) {
    return Status(core.status().code(), fmt::format("the core file '{}' cannot be used: {}",
                                                    path.string(), core.status().message()));
  }
  if (core->header().program_digest != ProgramDigest(program)) {
    return FailedPrecondition(
        fmt::format("the core file '{}' is of another program than '{}'; run this one again",
                    path.string(), folder.string()));
  }
  program.files = {};
  return ProgramCore(std::move(program), *std::move(core));
}

StatusOr<std::vector<uint8_t>> ProgramCore::ReadSymbol(int64_t x, int64_t y,
                                                       std::string_view name) const {
  RETURN_IF_ERROR(core_.InTask(x, y).status());  // whether the core has the PE
  const image::Artifact& artifact = program_.artifact;
  const image::Manifest& manifest = artifact.manifest;
  uint32_t index = manifest
                       .ProgramAt(static_cast<int>(x - manifest.offset.width),
                                  static_cast<int>(y - manifest.offset.height))
                       .value();
  if (index >= artifact.images.size())
    index = artifact.variants[index - artifact.images.size()].image;
  const image::ProgramImage& image = artifact.images[index];
  const image::Symbol* symbol = image.FindSymbol(name);
  if (symbol != nullptr && symbol->kind == image::Symbol::Kind::kVariable) {
    return core_.Read(x, y, symbol->value, symbol->size_bytes);
  }
  std::vector<std::string> names;
  for (const image::Symbol& s : image.symbols) {
    const bool is_named = !s.name.empty() && s.name.front() != '.';  // the compiler's own are not
    if (s.kind == image::Symbol::Kind::kVariable && is_named) names.push_back(s.name);
  }
  return NotFound(
      fmt::format("'{}' has no variable '{}': it is not in the program, or was removed "
                  "because nothing uses it ('export var' keeps it); {}",
                  image.name, name, NearNames(name, std::move(names), "has")));
}

}  // namespace csl::runtime
