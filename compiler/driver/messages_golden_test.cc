// SPDX-License-Identifier: Apache-2.0
// messages/*.csl: what code generation, linking and the geometry of the fabric report.
#include "compiler/driver/back_end.h"
#include "compiler/driver/geometry.h"
#include "compiler/layout/layout.h"
#include "compiler/link/route_checks.h"
#include "compiler/lower/file_cache.h"
#include "compiler/sema/sema.h"
#include "compiler/testing/golden.h"

namespace csl::driver {
namespace {

constexpr uint16_t kFabricWidth = 9;
constexpr uint16_t kFabricHeight = 3;

std::string Dump(source::Sources* sources, source::FileId file, diagnostics::Engine* diagnostics) {
  source::ImportResolver resolver(sources, {.library_dir = testing::LibraryDir()});
  const StatusOr<source::FileId> root = resolver.LoadRoot(sources->file(file).path);
  if (!root.ok()) return root.status().ToString() + "\n";
  lower::FileCache files(sources, diagnostics);
  types::TypeStore types;
  sema::Context context;
  context.options.fabric_width = kFabricWidth;
  context.options.fabric_height = kFabricHeight;
  context.options.offset_x = 4;
  context.options.offset_y = 1;
  context.sources = sources;
  context.resolver = &resolver;
  context.types = &types;
  context.diagnostics = diagnostics;
  context.lowered = [&files](source::FileId id) { return files.Get(id); };

  const std::optional<layout::Layout> layout = sema::EvaluateLayout(context, *root);
  if (!layout) return "";
  const layout::Rectangle& r = layout->rectangle;
  for (const diagnostics::Problem& rule :
       BrokenRules({r.fabric_width, r.fabric_height, r.offset_x, r.offset_y, r.width, r.height})) {
    diagnostics->Report(rule, {});
  }
  sema::TilePrograms tiles = sema::AnalyzeTiles(context, *layout);
  if (diagnostics->has_errors()) return "";
  std::vector<link::RouteFacts> facts;
  for (const sema::TileProgram& program : tiles.programs) {
    facts.push_back(link::RouteFactsOf(program, isa::Arch::kWse2));
  }
  link::CheckRoutes(*layout, facts, tiles.program_of, true, diagnostics);
  BackEndOptions options;
  options.max_parallelism = 1;
  BackEnd back_end(options, *sources, *diagnostics);
  back_end.Add(std::move(tiles.programs));
  std::string text;
  for (const Status& failure : back_end.Finish().failures) text += failure.ToString() + "\n";
  return text;
}

}  // namespace
}  // namespace csl::driver

int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &csl::driver::Dump); }
