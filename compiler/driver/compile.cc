// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/compile.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <system_error>

#include "base/file.h"
#include "compiler/diagnostics/engine.h"
#include "compiler/driver/back_end.h"
#include "compiler/driver/fix.h"
#include "compiler/driver/geometry.h"
#include "compiler/driver/old_program.h"
#include "compiler/layout/document.h"
#include "compiler/lex/lex.h"
#include "compiler/link/link_manifest.h"
#include "compiler/link/route_checks.h"
#include "compiler/lower/file_cache.h"
#include "compiler/parse/parse.h"
#include "compiler/sema/sema.h"
#include "compiler/types/print.h"
#include "fabric/image/artifact.h"
#include "fabric/image/reports.h"

namespace csl::driver {
namespace {

namespace fs = std::filesystem;
using diagnostics::Kind;

// Tile programs that are analysed before their code is generated: enough for all threads, few
// enough to hold.
constexpr size_t kBatch = 256;

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

// A folder that does not exist yet appears whole or not at all; an older artifact is replaced file
// by file.
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
        paths_{"", ImportDirs(options, environment), environment.library_dir},
        resolver_(&sources_, paths_),
        diagnostics_(
            &sources_,
            {.warnings_as_errors = options.warnings_as_errors,
             .language = options.fix == Fix::kNone ? options.language : diagnostics::Language::kAll,
             .no_deprecated = options.no_deprecated}),
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
  std::optional<layout::Layout> MakeLayout(const sema::Context& context, source::FileId root);
  void RunSema(source::FileId root);
  void CheckGeometry(const layout::Layout& layout);
  void FixTiles(const sema::Context& context, const layout::Layout& layout);
  void CompileTiles(const sema::Context& context, const layout::Layout& layout);
  void Write(const layout::Layout& layout, BackEndResult result,
             const std::vector<uint32_t>& program_of);
  void AddMessages();
  void Fail(const Status& status) { failures_.push_back(status); }
  void PrintProgress(std::string_view what);
  // A line of the tool's own, not about a place in the program.
  void AddLine(Kind kind, std::initializer_list<diagnostics::Argument> arguments);

  const Options& options_;
  source::Sources sources_;
  const source::SearchPaths paths_;
  source::ImportResolver resolver_;
  diagnostics::Engine diagnostics_;
  diagnostics::FormFacts facts_;
  lower::FileCache files_;
  types::TypeStore types_;
  std::vector<Status> failures_;  // of the tool, not of the program
  Outcome outcome_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void Compilation::PrintProgress(std::string_view what) {
  if (!options_.verbose || options_.json_messages) return;
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
  o.comptime_recursion_limit = options_.comptime_recursion_limit;
  o.comptime_step_limit = options_.comptime_step_limit;
  o.print = [this](const std::string& line) { outcome_.out += line + "\n"; };
  using diagnostics::Language;
  const Language language = options_.language;
  o.binds_queues = language != Language::k2_10 || options_.fix != Fix::kNone;
  if (o.binds_queues) {
    const ProgramWords words = ReadProgramWords(options_.root, paths_);
    const bool is_old = language == Language::k1_4 || words.has_old_form;
    o.single_halves = is_old && words.has_half_operation;
  }
  context.sources = &sources_;
  context.resolver = &resolver_;
  context.types = &types_;
  context.diagnostics = &diagnostics_;
  if (options_.fix != Fix::kNone || options_.json_messages) context.facts = &facts_;
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
  for (const diagnostics::Problem& rule :
       BrokenRules({options_.fabric_width, options_.fabric_height, options_.offset_x,
                    options_.offset_y, r.width, r.height, options_.width_west_buf,
                    options_.width_east_buf, options_.memcpy})) {
    diagnostics_.Report(rule, {});
  }
}

std::optional<layout::Layout> Compilation::MakeLayout(const sema::Context& context,
                                                      source::FileId root) {
  if (!layout::IsDocument(options_.root)) return sema::EvaluateLayout(context, root);
  layout::DocumentContext document = {&sources_, &resolver_, &types_, &diagnostics_, {}};
  document.fabric.fabric_width = options_.fabric_width;
  document.fabric.fabric_height = options_.fabric_height;
  document.fabric.offset_x = options_.offset_x;
  document.fabric.offset_y = options_.offset_y;
  return layout::ReadDocument(document, root);
}

void Compilation::RunSema(source::FileId root) {
  const sema::Context context = MakeContext();
  std::optional<layout::Layout> layout = MakeLayout(context, root);
  if (!layout || diagnostics_.has_errors()) return;
  PrintProgress("layout evaluated");
  if (options_.dump == Stage::kLayout) {
    outcome_.out = layout::ToDocument(*layout, types_);
    return;
  }
  CheckGeometry(*layout);
  if (options_.fix != Fix::kNone) return FixTiles(context, *layout);
  CompileTiles(context, *layout);
}

// Analyses the tile programs for what --fix has to know, and rewrites.
void Compilation::FixTiles(const sema::Context& context, const layout::Layout& layout) {
  sema::TileAnalyzer analyzer(context, layout);
  while (!analyzer.Next(kBatch).empty()) continue;
  if (diagnostics_.exit_code() != 0) return;
  const FixOutcome fixed = FixSources(sources_, facts_, diagnostics_.Sorted(), options_.fix);
  outcome_.out += fixed.out;
  if (options_.json_messages) {
    outcome_.err += diagnostics::RenderJson(sources_, fixed.stays);
  } else {
    for (const diagnostics::Diagnostic& use : fixed.stays) {
      outcome_.err +=
          fmt::format("{}: warning: {}\n", sources_.Describe(use.span.begin), use.message);
    }
    for (const FixedFile& file : fixed.changes) {
      AddLine(Kind::kFileRewritten, {file.name, file.num_edits, file.num_edits == 1 ? "" : "s"});
    }
  }
  for (const std::string& line : fixed.failures) AddLine(Kind::kFixFailed, {line});
  outcome_.exit_code = fixed.exit_code;
}

void Compilation::CompileTiles(const sema::Context& context, const layout::Layout& layout) {
  BackEndOptions options;
  options.program = {options_.arch, options_.fp16_format, options_.lines, options_.section_starts};
  options.dump = options_.dump;
  options.max_parallelism = options_.max_parallelism;
  options.optimise = options_.optimise;
  BackEnd back_end(options, sources_, diagnostics_);
  sema::TileAnalyzer analyzer(context, layout);
  size_t num_programs = 0;
  std::vector<link::RouteFacts> route_facts;
  for (auto batch = analyzer.Next(kBatch); !batch.empty(); batch = analyzer.Next(kBatch)) {
    num_programs += batch.size();
    if (options_.route_checks) {
      for (const sema::TileProgram& program : batch) {
        route_facts.push_back(link::RouteFactsOf(program, options_.arch));
      }
    }
    if (diagnostics_.exit_code() != 0) continue;  // analysed for its messages alone
    back_end.Add(std::move(batch));
  }
  if (!diagnostics_.has_errors()) analyzer.Check();
  if (options_.route_checks && diagnostics_.exit_code() == 0) {
    link::CheckRoutes(layout, route_facts, analyzer.program_of(),
                      !layout::IsDocument(options_.root), &diagnostics_);
    PrintProgress("routes checked");
  }
  BackEndResult result = back_end.Finish();
  for (const Status& failure : result.failures) Fail(failure);
  if (!failures_.empty() || diagnostics_.exit_code() != 0) return;
  PrintProgress(fmt::format("{} distinct tile programs compiled: {} images, {} variants of them",
                            num_programs, result.images.size(), result.variants.size()));
  if (options_.dump != Stage::kNone) {
    outcome_.out += result.dump;
    return;
  }
  Write(layout, std::move(result), analyzer.program_of());
}

void Compilation::Write(const layout::Layout& layout, BackEndResult result,
                        const std::vector<uint32_t>& program_of) {
  std::vector<uint32_t> image_of;
  for (const uint32_t program : program_of) image_of.push_back(result.image_of[program]);
  link::ManifestOptions m;
  m.arch = options_.arch;
  m.fp16_format = options_.fp16_format;
  for (const layout::Binding& b : layout.root_bindings) {
    if (b.value.type() == types::kColorType) {
      m.colors.emplace(b.name, b.value.bits());
    } else {
      m.params.emplace(b.name, types::ValueText(types_, b.value));
    }
  }
  m.memcpy = options_.memcpy;
  m.channels = options_.channels;
  m.width_west_buf = options_.width_west_buf;
  m.width_east_buf = options_.width_east_buf;
  auto manifest =
      link::LinkManifest(layout, image_of, result.images.size(), result.variants.size(), m);
  if (!manifest.ok()) return Fail(manifest.status());
  const image::Artifact artifact = {*std::move(manifest), std::move(result.images),
                                    std::move(result.variants)};
  if (Status status = WriteOutput(artifact, options_.output); !status.ok()) return Fail(status);
  if (options_.output_json) {
    Status status =
        WriteFileAtomic(*options_.output_json, image::ManifestToJson(artifact.manifest));
    if (!status.ok()) return Fail(status);
  }
  PrintProgress("artifact written");
  if (options_.out_routes) outcome_.out += image::RoutesReport(artifact);
}

void Compilation::AddLine(Kind kind, std::initializer_list<diagnostics::Argument> arguments) {
  const std::string text = diagnostics::Format(kind, arguments);
  if (options_.json_messages) {
    outcome_.err += diagnostics::RenderJson(
        sources_,
        {{.kind = kind, .severity = diagnostics::SeverityOf(kind), .span = {}, .message = text}});
  } else {
    outcome_.err += fmt::format("cslc: {}\n", text);
  }
}

void Compilation::AddMessages() {
  outcome_.exit_code = std::max(outcome_.exit_code, diagnostics_.exit_code());
  if (options_.json_messages) {
    std::vector<diagnostics::Diagnostic> messages = diagnostics_.Sorted();
    AddFixes(sources_, facts_, &messages);
    outcome_.err += diagnostics::RenderJson(sources_, messages);
  } else if (options_.fix == Fix::kNone || diagnostics_.exit_code() != 0) {
    outcome_.err += diagnostics_.Render();
  }
}

Outcome Compilation::Run() {
  auto root = resolver_.LoadRoot(options_.root);
  if (!root.ok()) {
    AddLine(Kind::kProgramUnreadable, {root.status().message()});
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
  for (const IgnoredOption& option : options_.ignored) {
    AddLine(Kind::kOptionIgnored, {option.name, option.instead});
  }
  AddMessages();
  for (const Status& failure : failures_) {
    AddLine(Kind::kToolFailed, {failure.ToString()});
    outcome_.exit_code = std::max(outcome_.exit_code, StatusCodeToExitCode(failure.code()));
  }
  return std::move(outcome_);
}

}  // namespace

Outcome Compile(const Options& options, const Environment& environment) {
  return Compilation(options, environment).Run();
}

}  // namespace csl::driver
