// SPDX-License-Identifier: Apache-2.0
// cs_readelf: shows program images and artifacts.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/file.h"
#include "fabric/image/artifact.h"

namespace csl::image {
namespace {

struct Options {
  std::string path;
  bool symbols = false;
  bool sections = false;
  bool config = false;
};

void PrintSections(const ProgramImage& image) {
  fmt::print("{:<16} {:>6} {:>6}\n", "section", "addr", "bytes");
  for (const Section& s : image.sections) {
    fmt::print("{:<16} 0x{:04x} {:>6}{}\n", s.name, s.address, s.size_bytes,
               s.bytes.empty() ? " zero" : "");
  }
  fmt::print("{:<16} 0x{:04x} {:>6}\n", "(stack)", image.stack_top - image.stack_bytes,
             image.stack_bytes);
  fmt::print("{:<16} {:>6} {:>6} nominal, {} instructions\n", "(code)", "-",
             image.NominalCodeBytes(), image.code.size());
}

void PrintSymbols(const ProgramImage& image) {
  fmt::print("{:<8} {:>8} {:>6} {:<6} {:<24} {}\n", "kind", "value", "bytes", "bind", "name",
             "type");
  for (const Symbol& s : image.symbols) {
    const bool is_function = s.kind == Symbol::Kind::kFunction;
    fmt::print("{:<8} {:>8} {:>6} {:<6} {:<24} {}\n", is_function ? "func" : "var",
               is_function ? fmt::format("f{}", s.value) : fmt::format("0x{:04x}", s.value),
               s.size_bytes, s.is_global ? "global" : "local", s.name, s.type);
  }
}

Status Show(const Options& options, const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadBinaryFile(path));
  StatusOr<ProgramImage> read = ReadElf(bytes);
  if (!read.ok()) {
    return {read.status().code(), "'" + path.string() + "': " + read.status().message()};
  }
  const ProgramImage& image = *read;
  if (!options.symbols && !options.sections && !options.config) {
    fmt::print("{}", image.ToString());
    return OkStatus();
  }
  if (options.sections) PrintSections(image);
  if (options.config) fmt::print("{}", image.configuration.ToString());
  if (options.symbols) PrintSymbols(image);
  return OkStatus();
}

// An artifact: its manifest in short, then every image.
Status ShowArtifact(const Options& options) {
  ASSIGN_OR_RETURN(Artifact artifact, LoadArtifact(options.path));
  const Manifest& m = artifact.manifest;
  fmt::print("artifact arch={} fp16={} fabric={}x{} offset={},{} rectangle={}x{} programs={}\n",
             isa::ArchName(m.arch), isa::Fp16FormatName(m.fp16_format), m.fabric.width,
             m.fabric.height, m.offset.width, m.offset.height, m.rectangle.width,
             m.rectangle.height, m.programs.size());
  for (const Export& e : m.exports)
    fmt::print("export {} {} {} {}\n", e.id, ExportKindName(e.kind), e.name, e.type);
  for (const PlacementRun& r : m.placement) {
    fmt::print("tiles {},{} {}x{} run {}\n", r.x, r.y, r.width, r.height, m.programs[r.program]);
  }
  for (const ColorRun& r : m.color_runs) {
    fmt::print("tiles {},{} {}x{} color {} {}\n", r.x, r.y, r.width, r.height, r.color,
               m.color_configs[r.config].ToString());
  }
  for (const std::string& program : m.programs) {
    fmt::print("\n{}:\n", program);
    RETURN_IF_ERROR(Show(options, std::filesystem::path(options.path) / program));
  }
  return OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Shows a program image (.elf), or every image of an artifact directory.",
               "cs_readelf");
  app.add_option("path", options.path, "image or artifact directory")->required();
  app.add_flag("--sym,-s", options.symbols, "symbols: address or function, size, type");
  app.add_flag("--sections,-S", options.sections, "memory: sections, stack, code");
  app.add_flag("--config,-c", options.config, "what the tile's hardware is set to at the start");
  app.footer("Without an option: everything, code as assembly.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::error_code ignored;
  const Status status = std::filesystem::is_directory(options.path, ignored)
                            ? ShowArtifact(options)
                            : Show(options, options.path);
  if (status.ok()) return 0;
  fmt::print(stderr, "cs_readelf: {}\n", status.message());
  return StatusCodeToExitCode(status.code());
}

}  // namespace
}  // namespace csl::image

int main(int argc, char** argv) { return csl::image::Main(argc, argv); }
