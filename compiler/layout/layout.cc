// SPDX-License-Identifier: Apache-2.0
#include "compiler/layout/layout.h"

#include <fmt/format.h>

#include "compiler/layout/parameter_text.h"

namespace csl::layout {
namespace {

// The type, with the names of a function's parameters where the export has them.
std::string TypeText(const ExportedName& e) {
  std::string inputs;
  bool any_name = false;
  for (const ExportInput& input : e.inputs) {
    if (!inputs.empty()) inputs += ", ";
    if (!input.name.empty()) inputs += input.name + ": ";
    any_name = any_name || !input.name.empty();
    inputs += input.type;
  }
  if (!any_name) return e.type_text;
  return "fn(" + inputs + ")" + e.type_text.substr(e.type_text.rfind(')') + 1);
}

}  // namespace

std::string ToString(const Layout& layout, const types::TypeStore& types) {
  const Rectangle& r = layout.rectangle;
  std::string out = fmt::format("rectangle {} x {}\n", r.width, r.height);
  if (r.fabric_width != 0) {
    out += fmt::format("fabric {} x {}, offset {}, {}\n", r.fabric_width, r.fabric_height,
                       r.offset_x, r.offset_y);
  }
  for (const Binding& b : layout.root_bindings) {
    out += fmt::format("param {}{}\n", b.name, BindingText(types, b));
  }
  for (size_t n = 0; n < layout.programs.size(); ++n) {
    out += fmt::format("program {} {}\n", n, layout.programs[n].file_name);
    for (const Binding& b : layout.programs[n].bindings) {
      out += fmt::format("  {}{}\n", b.name, BindingText(types, b));
    }
  }
  for (const TileRun& run : layout.tiles) {
    out += fmt::format("tiles {}..{}, {}: program {}\n", run.x, run.x + run.count - 1, run.y,
                       run.program.index);
  }
  for (size_t n = 0; n < layout.exports.size(); ++n) {
    const ExportedName& e = layout.exports[n];
    const char* kind = e.kind == ExportKind::kFunc ? "" : (e.is_mutable ? " var" : " const");
    out += fmt::format("export {} {}: {}{}\n", n, e.name, TypeText(e), kind);
  }
  for (size_t n = 0; n < layout.color_configs.size(); ++n) {
    out += fmt::format("color config {}: {}\n", n, layout.color_configs[n].ToString());
  }
  for (const ColorRun& run : layout.color_runs) {
    out += fmt::format("color {} of {}..{}, {}: config {}\n", run.color, run.x,
                       run.x + run.count - 1, run.y, run.config);
  }
  return out;
}

}  // namespace csl::layout
