// SPDX-License-Identifier: Apache-2.0
// testdata/*.csl against the evaluated layout, the analysed tile programs, what @comptime_print
// printed and what was reported.
#include <fmt/format.h>

#include <sstream>

#include "compiler/ir/text.h"
#include "compiler/layout/layout.h"
#include "compiler/lower/file_cache.h"
#include "compiler/sema/sema.h"
#include "compiler/testing/golden.h"

namespace {

using namespace csl;  // NOLINT: a test's main file

std::string TileText(const sema::TileProgram& tile) {
  std::string text = sema::ToString(tile.config, tile.module);
  for (const sema::ExportedSymbol& e : tile.exports) {
    const bool is_function = e.kind == layout::ExportKind::kFunc;
    text += fmt::format(
        "export {} {}\n", e.export_id,
        is_function ? tile.module.function(e.function).name : tile.module.global(e.global).name);
  }
  return text + ir::Print(tile.module);
}

// A line "// options: arch=wse3 M=4 N=6" of the program: the architecture,
// "memcpy=1", "binds_queues=1" as in SDK 1.x, limits, and --params.
void ReadOptions(const std::string& program, sema::Options* options) {
  constexpr std::string_view kMark = "\n// options:";
  const size_t at = program.find(kMark);
  if (at == std::string::npos) return;
  const size_t begin = at + kMark.size();
  std::istringstream words(program.substr(begin, program.find('\n', begin) - begin));
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    const std::string value = word.substr(equals + 1);
    if (word == "arch=wse3") {
      options->arch = sema::Arch::kWse3;
    } else if (word == "memcpy=1") {
      options->memcpy = true;
    } else if (word == "binds_queues=1") {
      options->binds_queues = true;
    } else if (word.rfind("recursion=", 0) == 0) {
      options->comptime_recursion_limit = static_cast<uint32_t>(std::stoul(value));
    } else if (word.rfind("steps=", 0) == 0) {
      options->comptime_step_limit = std::stoull(value);
    } else if (word.rfind("iterations=", 0) == 0) {
      options->max_inlined_iterations = static_cast<uint32_t>(std::stoul(value));
    } else {
      options->params[word.substr(0, equals)] = std::stoull(value);
    }
  }
}

std::string Dump(source::Sources* sources, source::FileId file, diagnostics::Engine* diagnostics) {
  source::ImportResolver resolver(sources, {.library_dir = testing::LibraryDir()});
  const StatusOr<source::FileId> root = resolver.LoadRoot(sources->file(file).path);
  if (!root.ok()) return root.status().ToString() + "\n";
  lower::FileCache files(sources, diagnostics);
  types::TypeStore types;
  std::string printed;
  sema::Context context;
  context.options.fabric_width = 20;
  context.options.fabric_height = 20;
  context.options.offset_x = 4;
  context.options.offset_y = 1;
  ReadOptions(sources->file(file).text, &context.options);
  context.options.print = [&printed](const std::string& line) { printed += line + "\n"; };
  context.sources = sources;
  context.resolver = &resolver;
  context.types = &types;
  context.diagnostics = diagnostics;
  context.lowered = [&files](source::FileId id) { return files.Get(id); };

  std::string text;
  const std::optional<layout::Layout> layout = sema::EvaluateLayout(context, *root);
  if (layout) {
    text += "==== layout\n" + layout::ToString(*layout, types);
    const sema::TilePrograms tiles = sema::AnalyzeTiles(context, *layout);
    if (!diagnostics->has_errors()) {
      for (const sema::TileProgram& tile : tiles.programs) text += "==== tile\n" + TileText(tile);
    }
  }
  if (!printed.empty()) text += "==== printed\n" + printed;
  return text;
}

}  // namespace

int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &Dump); }
