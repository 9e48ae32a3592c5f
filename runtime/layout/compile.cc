// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/compile.h"

#include <fmt/format.h>

#include <system_error>

#include "base/file.h"
#include "fabric/image/artifact.h"
#include "runtime/layout/document.h"
#include "runtime/layout/finish_artifact.h"
#include "runtime/layout/run_program.h"

namespace csl::runtime::layout {
namespace {

// Local tasks take numbers of colors on WSE-2, and are known only when a program is compiled; each
// round may meet those of programs that the round before led colors to.
constexpr int kMaxRounds = 8;

// "out" of "some/out/".
std::string NameOf(const std::filesystem::path& out) {
  const std::filesystem::path normal = std::filesystem::absolute(out).lexically_normal();
  return normal.has_filename() ? normal.filename().string()
                               : normal.parent_path().filename().string();
}

// Places of the document in the compiler's messages become regions and PEs:
// "out/out.layout:7:3: error" -> "out/out.layout:7:3: region 'a', PE (0, 0): error".
std::string WithPlaces(std::string_view messages, const std::string& document_name,
                       const Document& document) {
  std::string out;
  while (!messages.empty()) {
    const size_t end = std::min(messages.find('\n'), messages.size() - 1) + 1;
    std::string line(messages.substr(0, end));
    messages.remove_prefix(end);
    if (line.starts_with(document_name + ":")) {
      size_t at = document_name.size() + 1;
      const size_t number = std::strtoul(line.c_str() + at, nullptr, 10);
      at = line.find(": ", at);
      const bool is_known =
          number >= 1 && number <= document.places.size() && !document.places[number - 1].empty();
      if (is_known && at != std::string::npos) {
        line.insert(at + 2, document.places[number - 1] + ": ");
      }
    }
    out += line;
  }
  return out;
}

std::vector<std::string> CommandLine(const SdkLayout& layout, const ResolvedLayout& resolved,
                                     const CompileOptions& options, const std::string& document) {
  std::vector<std::string> args = {
      options.compiler.string(),
      document,
      fmt::format("--arch={}", isa::ArchName(layout.arch())),
      fmt::format("--fabric-dims={},{}", resolved.width, resolved.height),
      "--fabric-offsets=0,0",
      fmt::format("--fp16-format={}", isa::Fp16FormatName(options.fp16_format)),
      "-o",
      options.out.string()};
  for (const std::string& folder : options.library_folders) {
    args.push_back("--import-path");
    args.push_back(folder);
  }
  return args;
}

StatusOr<std::string> RunCompiler(const SdkLayout& layout, const ResolvedLayout& resolved,
                                  const CompileOptions& options) {
  const Document document = WriteDocument(layout, resolved);
  const std::string path = (options.out / (NameOf(options.out) + ".layout")).string();
  RETURN_IF_ERROR(WriteFileAtomic(path, document.text));
  ASSIGN_OR_RETURN(const ProgramRun run, RunProgram(CommandLine(layout, resolved, options, path)));
  const std::string messages = WithPlaces(run.errors, path, document);
  if (run.exit_code == 0) return messages;
  return InvalidArgument(
      fmt::format("compile: cslc failed with exit code {}\n{}", run.exit_code, messages));
}

// By tile of the canvas, the numbers of the local tasks of its program.
ForbiddenColors LocalTasks(const image::Artifact& artifact, const ResolvedLayout& resolved) {
  ForbiddenColors forbidden(resolved.canvas.owner.size());
  for (const image::PlacementRun& run : artifact.manifest.placement) {
    uint32_t ids = 0;
    for (const image::TaskBinding& task : artifact.BaseOf(run.program).configuration.tasks) {
      const bool is_color = task.id < kNumColors;
      if (task.kind == image::TaskKind::kLocal && is_color) ids |= uint32_t{1} << task.id;
    }
    for (int y = run.y; y < run.y + run.height; ++y) {
      for (int x = run.x; x < run.x + run.width; ++x) {
        forbidden[resolved.canvas.IndexOf({x, y})] = ids;
      }
    }
  }
  return forbidden;
}

// Whether a color that the layout chose is the number of a local task where it has routes.
bool MeetsLocalTask(const SdkLayout& layout, const ResolvedLayout& resolved,
                    const ForbiddenColors& forbidden) {
  for (const Net& net : resolved.nets) {
    bool is_given = false;
    for (const ColorId color : net.colors) {
      is_given = is_given || layout.color(color).value.has_value();
    }
    if (is_given) continue;
    for (size_t tile = 0; tile < net.routes.size(); ++tile) {
      if (net.routes[tile] != 0 && (forbidden[tile] >> net.value & 1) != 0) return true;
    }
  }
  return false;
}

Status MakeFolder(const std::filesystem::path& out) {
  if (out.empty()) return InvalidArgument("compile: out_prefix is empty");
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (!error) return OkStatus();
  return Unavailable(
      fmt::format("compile: the folder '{}' cannot be made: {}", out.string(), error.message()));
}

}  // namespace

StatusOr<Compiled> Compile(const SdkLayout& layout, const CompileOptions& options) {
  RETURN_IF_ERROR(MakeFolder(options.out));
  ForbiddenColors forbidden;
  for (int round = 0;; ++round) {
    ASSIGN_OR_RETURN(ResolvedLayout resolved, Resolve(layout, forbidden));
    ASSIGN_OR_RETURN(std::string warnings, RunCompiler(layout, resolved, options));
    ASSIGN_OR_RETURN(image::Artifact artifact, image::LoadArtifact(options.out));
    if (layout.arch() == isa::Arch::kWse2 && round < kMaxRounds) {
      forbidden = LocalTasks(artifact, resolved);
      if (MeetsLocalTask(layout, resolved, forbidden)) continue;
    }
    RETURN_IF_ERROR(FinishArtifact(layout, resolved, &artifact));
    RETURN_IF_ERROR(image::WriteArtifact(artifact, options.out));
    RETURN_IF_ERROR(WriteFileAtomic(options.out / "colors.json", ColorsToJson(layout, resolved)));
    if (options.save_port_map) {
      RETURN_IF_ERROR(WriteFileAtomic(options.out / (NameOf(options.out) + "_port_map.json"),
                                      PortMapToJson(artifact.manifest)));
    }
    return Compiled{std::move(resolved), std::move(warnings)};
  }
}

}  // namespace csl::runtime::layout
