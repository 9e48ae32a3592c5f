// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/compile.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <system_error>

#include "base/file.h"
#include "compiler/diagnostics/engine.h"
#include "compiler/driver/back_end.h"
#include "compiler/driver/geometry.h"
#include "compiler/lex/lex.h"
#include "compiler/link/link_manifest.h"
#include "compiler/lower/file_cache.h"
#include "compiler/parse/parse.h"
#include "compiler/sema/sema.h"
#include "fabric/image/artifact.h"

namespace csl::driver {
namespace {

namespace fs = std::filesystem;
using diagnostics::Kind;

types::TypeId Fp16Type(isa::Fp16Format format) {
  switch (format) {
    case isa::Fp16Format::kF16:
      return types::kF16Type;
    case isa::Fp16Format::kCb16:
      return types::kCb16Type;
    case isa::Fp16Format::kBf16:
      return types::kBf16Type;
  }
  return types::kF16Type;
}

// A folder that is not there yet appears whole or not at all; an older artifact is replaced file by
// file.
Status WriteOutput(const image::Artifact& artifact, const fs::path& output) {
  std::error_code error;
  if (fs::exists(output, error)) return image::WriteArtifact(artifact, output);
  fs::path temporary = output;
  if (!temporary.has_filename()) temporary = temporary.parent_path();
  temporary += fmt::format(".tmp{}", ::getpid());
  Status status = image::WriteArtifact(artifact, temporary);
  if (status.ok()) {
    fs::rename(temporary, output, error);
    if (error)
      status = Unavailable(fmt::format("cannot write {}: {}", output.string(), error.message()));
  }
  if (!status.ok()) fs::remove_all(temporary, error);
  return status;
}

class Compilation {
 public:
  Compilation(const Options& options, const Environment& environment)
      : options_(options),
        resolver_(&sources_, {"", ImportDirs(options, environment), environment.library_dir}),
        diagnostics_(&sources_, {options.warnings_as_errors, 200}),
        files_(&sources_, &diagnostics_),
        types_(Fp16Type(options.fp16_format)) {}

  Outcome Run();

 private:
  static std::vector<fs::path> ImportDirs(const Options& options, const Environment& environment) {
    std::vector<fs::path> dirs = options.import_dirs;
    for (fs::path& dir : source::SplitImportPath(environment.import_path.c_str())) {
      dirs.push_back(std::move(dir));
    }
    return dirs;
  }
  sema::Context MakeContext();
  void DumpFile(source::FileId root);
  void RunSema(source::FileId root);
  void CheckGeometry(const layout::Layout& layout);
  void BackEnd(const layout::Layout& layout, sema::TilePrograms programs);
  void Write(const layout::Layout& layout, std::vector<image::ProgramImage> images,
             const std::vector<uint32_t>& image_of);
  void Fail(const Status& status) { failures_.push_back(status); }
  void Say(std::string_view what);

  const Options& options_;
  source::Sources sources_;
  source::ImportResolver resolver_;
  diagnostics::Engine diagnostics_;
  lower::FileCache files_;
  types::TypeStore types_;
  std::vector<Status> failures_;  // of the tool, not of the program
  Outcome outcome_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void Compilation::Say(std::string_view what) {
  if (!options_.verbose) return;
  const auto now = std::chrono::steady_clock::now();
  const double ms = std::chrono::duration<double, std::milli>(now - start_).count();
  fmt::print(stderr, "cslc: {:8.2f} ms  {}\n", ms, what);
}

sema::Context Compilation::MakeContext() {
  sema::Context context;
  sema::Options& o = context.options;
  o.arch = options_.arch == isa::Arch::kWse3 ? sema::Arch::kWse3 : sema::Arch::kWse2;
  o.memcpy = options_.memcpy;
  o.fabric_width = options_.fabric_width;
  o.fabric_height = options_.fabric_height;
  o.offset_x = options_.offset_x;
  o.offset_y = options_.offset_y;
  o.params = options_.params;
  o.colors = options_.colors;
  o.max_inlined_iterations = options_.max_inlined_iterations;
  o.comptime_depth_limit = options_.comptime_depth_limit;
  o.print = [this](const std::string& line) { outcome_.out += line + "\n"; };
  context.sources = &sources_;
  context.resolver = &resolver_;
  context.types = &types_;
  context.diagnostics = &diagnostics_;
  context.lowered = [this](source::FileId file) { return files_.Get(file); };
  return context;
}

void Compilation::DumpFile(source::FileId root) {
  const lex::TokenBuffer tokens = lex::Lex(sources_.file(root), &diagnostics_);
  if (options_.dump == Stage::kTokens) {
    outcome_.out = lex::ToString(tokens);
  } else if (options_.dump == Stage::kAst) {
    outcome_.out = parse::ToString(parse::Parse(tokens, &diagnostics_));
  } else if (const lower::Untyped* untyped = files_.Get(root)) {
    outcome_.out = lower::ToString(*untyped);
  }
}

void Compilation::CheckGeometry(const layout::Layout& layout) {
  const layout::Rectangle& r = layout.rectangle;
  for (const std::string& rule : BrokenRules(
           {options_.fabric_width, options_.fabric_height, options_.offset_x, options_.offset_y,
            r.width, r.height, options_.width_west_buf, options_.width_east_buf})) {
    diagnostics_.Report(Kind::kFabricTooSmall, {}, {rule});
  }
}

void Compilation::RunSema(source::FileId root) {
  const sema::Context context = MakeContext();
  std::optional<layout::Layout> layout = sema::EvaluateLayout(context, root);
  if (!layout || diagnostics_.has_errors()) return;
  Say("layout evaluated");
  if (options_.dump == Stage::kLayout) {
    outcome_.out = layout::ToString(*layout, types_);
    return;
  }
  CheckGeometry(*layout);
  sema::TilePrograms programs = sema::AnalyzeTiles(context, *layout);
  if (diagnostics_.has_errors()) return;
  Say(fmt::format("{} distinct tile programs analysed", programs.programs.size()));
  BackEnd(*layout, std::move(programs));
}

void Compilation::BackEnd(const layout::Layout& layout, sema::TilePrograms programs) {
  BackEndOptions back;
  back.program = {options_.arch, options_.fp16_format, options_.lines};
  back.dump = options_.dump;
  back.max_parallelism = options_.max_parallelism;
  BackEndResult result = RunBackEnd(programs.programs, back, sources_, diagnostics_);
  for (const Status& failure : result.failures) Fail(failure);
  if (!failures_.empty() || diagnostics_.has_errors()) return;
  Say("code generated and linked");
  if (options_.dump != Stage::kNone) {
    outcome_.out += result.dump;
    return;
  }
  std::vector<uint32_t> image_of;
  for (uint32_t program : programs.program_of) image_of.push_back(result.image_of[program]);
  Write(layout, std::move(result.images), image_of);
}

void Compilation::Write(const layout::Layout& layout, std::vector<image::ProgramImage> images,
                        const std::vector<uint32_t>& image_of) {
  link::ManifestOptions m;
  m.arch = options_.arch;
  m.fp16_format = options_.fp16_format;
  m.params = options_.params;
  m.colors = options_.colors;
  m.memcpy = options_.memcpy;
  m.channels = options_.channels;
  m.width_west_buf = options_.width_west_buf;
  m.width_east_buf = options_.width_east_buf;
  auto manifest = link::LinkManifest(layout, image_of, images.size(), m);
  if (!manifest.ok()) {
    if (manifest.status().code() == StatusCode::kUnimplemented) {
      diagnostics_.Report(Kind::kLink, {}, {manifest.status().message()});
    } else {
      Fail(manifest.status());
    }
    return;
  }
  const image::Artifact artifact = {*std::move(manifest), std::move(images)};
  if (Status status = WriteOutput(artifact, options_.output); !status.ok()) return Fail(status);
  if (options_.output_json) {
    Status status =
        WriteFileAtomic(*options_.output_json, image::ManifestToJson(artifact.manifest));
    if (!status.ok()) return Fail(status);
  }
  Say("artifact written");
}

Outcome Compilation::Run() {
  auto root = resolver_.LoadRoot(options_.root);
  if (!root.ok()) {
    outcome_.err = fmt::format("cslc: {}\n", root.status().message());
    outcome_.exit_code = 2;
    return std::move(outcome_);
  }
  const bool is_file_stage = options_.dump == Stage::kTokens || options_.dump == Stage::kAst ||
                             options_.dump == Stage::kUntyped;
  if (is_file_stage) {
    DumpFile(*root);
  } else {
    RunSema(*root);
  }
  outcome_.err = diagnostics_.Render();
  outcome_.exit_code = diagnostics_.exit_code();
  for (const Status& failure : failures_) {
    outcome_.err += fmt::format("cslc: {}\n", failure.ToString());
    outcome_.exit_code = std::max(outcome_.exit_code, StatusCodeToExitCode(failure.code()));
  }
  return std::move(outcome_);
}

}  // namespace

Outcome Compile(const Options& options, const Environment& environment) {
  return Compilation(options, environment).Run();
}

}  // namespace csl::driver
