// SPDX-License-Identifier: Apache-2.0
// cs_readelf: shows program images and artifacts.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "base/file.h"
#include "base/version.h"
#include "fabric/image/artifact.h"
#include "fabric/image/core_file.h"
#include "fabric/image/reports.h"

namespace csl::image {
namespace {

struct Options {
  std::string path;
  bool symbols = false, sections = false, config = false, lines = false, frames = false;
  bool memory = false, disassemble = false, placement = false, routes = false;
  std::optional<uint32_t> variant;

  // Parts of an image are asked for; else everything is shown.
  bool any_part() const {
    return symbols || sections || config || lines || frames || memory || disassemble;
  }
};

void ShowImage(const Options& options, const ProgramImage& image) {
  if (!options.any_part()) {
    fmt::print("{}", image.ToString());
    return;
  }
  if (options.sections) fmt::print("{}", SectionTable(image));
  if (options.config) fmt::print("{}", image.configuration.ToString());
  if (options.symbols) fmt::print("{}", SymbolTable(image));
  if (options.lines) fmt::print("{}", LineTable(image));
  if (options.frames) fmt::print("{}", FrameTable(image));
  if (options.memory) fmt::print("{}", MemoryReport(image));
  if (options.disassemble) fmt::print("{}", Disassembly(image));
}

Status ShowFile(const Options& options) {
  if (options.placement || options.routes || options.variant) {
    return InvalidArgument("--placement, --routes and --variant need the folder of an artifact");
  }
  ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadBinaryFile(options.path));
  if (IsCore(bytes)) {
    if (options.any_part()) return InvalidArgument("a core file has none of these parts");
    ASSIGN_OR_RETURN(const CoreFile core, CoreFile::Parse(std::move(bytes)));
    fmt::print("{}", CoreReport(core));
    return OkStatus();
  }
  StatusOr<ProgramImage> read = ReadElf(bytes);
  if (!read.ok()) {
    return {read.status().code(), "'" + options.path + "': " + read.status().message()};
  }
  ShowImage(options, *read);
  return OkStatus();
}

Status ShowVariant(const Options& options, const Artifact& artifact) {
  const uint32_t n = *options.variant;
  if (n >= artifact.variants.size()) {
    return InvalidArgument(
        fmt::format("variant {} of {}: they count from 0", n, artifact.variants.size()));
  }
  const Variant& variant = artifact.variants[n];
  ShowImage(options, variant.Apply(artifact.images[variant.image]));
  return OkStatus();
}

// What was asked for of the artifact as a whole; without a wish its manifest, its variants and
// every image.
Status ShowArtifact(const Options& options) {
  ASSIGN_OR_RETURN(Artifact artifact, LoadArtifact(options.path));
  if (options.variant) return ShowVariant(options, artifact);
  const bool whole = !options.any_part() && !options.placement && !options.routes;
  if (whole || options.placement) fmt::print("{}", ManifestReport(artifact));
  if (options.routes) fmt::print("{}", RoutesReport(artifact));
  if (!whole && !options.any_part()) return OkStatus();
  for (size_t i = 0; i < artifact.images.size(); ++i) {
    fmt::print("\n{}:\n", artifact.manifest.programs[i]);
    ShowImage(options, artifact.images[i]);
  }
  if (whole && !artifact.variants.empty()) fmt::print("\n{}", VariantsReport(artifact));
  return OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  uint32_t variant = 0;
  CLI::App app("Shows a program image (.elf), or every image of an artifact directory.",
               "cs_readelf");
  app.add_option("path", options.path, "image or artifact directory")->required();
  app.add_flag("--sym,-s", options.symbols, "symbols: address or function, size, type");
  app.add_flag("--sections,-S", options.sections, "memory: sections, stack, code");
  app.add_flag("--config,-c", options.config, "the tile's initial hardware configuration");
  app.add_flag("--lines,-l", options.lines, "line table: instruction, function, source line");
  app.add_flag("--frames,-f", options.frames, "local variables in frames");
  app.add_flag("--memory,-m", options.memory, "use of the 48 KB, by section and symbol");
  app.add_flag("--disassemble,-d", options.disassemble, "code as assembly, with source lines");
  app.add_flag("--placement,-p", options.placement, "artifact: the program of each tile");
  app.add_flag("--routes,-r", options.routes, "artifact: the routes of every tile");
  CLI::Option* number =
      app.add_option("--variant", variant, "artifact: the image of a variant, by its number");
  app.set_version_flag("--version", std::string("cs_readelf ") + kVersion);
  app.footer("Without an option: everything but the routes.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (number->count() > 0) options.variant = variant;
  std::error_code ignored;
  const Status status = std::filesystem::is_directory(options.path, ignored) ? ShowArtifact(options)
                                                                             : ShowFile(options);
  if (status.ok()) return 0;
  fmt::print(stderr, "cs_readelf: {}\n", status.message());
  return StatusCodeToExitCode(status.code());
}

}  // namespace
}  // namespace csl::image

int main(int argc, char** argv) { return csl::image::Main(argc, argv); }
