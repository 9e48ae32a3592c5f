// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/sema.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "compiler/sema/handler.h"
#include "compiler/sema/suggest.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// Parameters and colors of the command line, as bindings of the root file.
void BindRoot(Analyzer& a, Instance& root) {
  std::vector<layout::Binding>& record = a.layout_sink.value.root_bindings;
  for (const auto& [name, number] : a.context.options.params) {
    const Value v = Value::ComptimeInt(types::BigInt::FromUint64(number));
    record.push_back({name, v, {}});
  }
  for (const auto& [name, number] : a.context.options.colors) {
    record.push_back({name, Value::Immediate(types::kColorType, number), {}});
  }
  for (const layout::Binding& b : record) {
    const auto found = root.file->by_name.find(b.name);
    const bool is_param = found != root.file->by_name.end() &&
                          root.file->decls[found->second.index].kind == lower::DeclKind::kParam;
    if (is_param) {
      root.bindings[b.name] = {Operand::Const(b.value), {}, false};
    } else {
      a.Report(nullptr, {}, Kind::kUnknownBinding,
               {a.context.sources->file(root.file->file).stable_name, b.name,
                ParamSuggestion(*root.file, b.name)});
    }
  }
}

// Rows of equal tiles; reports a tile without code, once.
bool CollectRuns(Analyzer& a, const lower::Decl& block) {
  LayoutSink& sink = a.layout_sink;
  const layout::Rectangle& r = sink.value.rectangle;
  size_t missing = 0;
  uint32_t first_x = 0, first_y = 0;
  for (uint32_t y = 0; y < r.height; ++y) {
    for (uint32_t x = 0; x < r.width; ++x) {
      const uint32_t program = sink.program_of[static_cast<size_t>(y) * r.width + x];
      if (program == lower::kNone) {
        if (missing++ == 0) {
          first_x = x;
          first_y = y;
        }
        continue;
      }
      std::vector<layout::TileRun>& runs = sink.value.tiles;
      if (x > 0 && !runs.empty() && runs.back().y == y && runs.back().program.index == program &&
          runs.back().x + runs.back().count == x) {
        ++runs.back().count;
      } else {
        runs.push_back(
            {static_cast<uint16_t>(x), static_cast<uint16_t>(y), 1, layout::ProgramId(program)});
      }
    }
  }
  if (missing == 0) return true;
  const std::string others =
      missing > 1 ? " (and " + std::to_string(missing - 1) + " others have none)" : "";
  a.Report(nullptr, block.span, Kind::kMissingTile, {first_x, first_y, others});
  return false;
}

// Settings of one color as runs along rows; false if a tile has two of them, which is reported.
bool CollectColor(Analyzer& a, std::vector<ColorSetting> all) {
  auto key = [](const ColorSetting& c) { return std::tuple(c.y, c.x); };
  auto before = [&](const ColorSetting& p, const ColorSetting& q) { return key(p) < key(q); };
  // Layout blocks mostly go along rows.
  if (!std::is_sorted(all.begin(), all.end(), before)) {
    std::stable_sort(all.begin(), all.end(), before);
  }
  std::vector<layout::ColorRun>& runs = a.layout_sink.value.color_runs;
  for (size_t n = 0; n < all.size(); ++n) {
    const ColorSetting& c = all[n];
    if (n > 0 && key(all[n - 1]) == key(c)) {
      a.Report(nullptr, c.span, Kind::kColorAgain, {c.color, c.x, c.y})
          .Note(Kind::kNotePreviousHere, all[n - 1].span);
      return false;
    }
    if (!runs.empty() && runs.back().color == c.color && runs.back().y == c.y &&
        runs.back().config == c.config && runs.back().x + runs.back().count == c.x) {
      ++runs.back().count;
    } else {
      runs.push_back({c.x, c.y, 1, c.color, c.config, c.span});
    }
  }
  return true;
}

// Reports a tile's color that is configured twice, once.
bool CollectColors(Analyzer& a) {
  for (auto& entry : a.layout_sink.colors) {
    if (!CollectColor(a, std::move(entry.second))) return false;
  }
  return true;
}

}  // namespace

std::optional<layout::Layout> EvaluateLayout(const Context& context, source::FileId root_file) {
  const lower::Untyped* file = context.lowered(root_file);
  if (file == nullptr) return std::nullopt;
  Analyzer a(context, Purpose::kLayout);
  Instance& root = a.instance(a.AddInstance(file, ""));
  if (!file->layout.valid()) {
    a.Report(nullptr, {}, Kind::kMissingLayout, {context.sources->file(root_file).stable_name});
    return std::nullopt;
  }
  BindRoot(a, root);
  a.ResolveImports(root.id);
  const lower::Decl& block = file->decls[file->layout.index];
  Frame f(a, root, file->layout.index);
  f.is_tolerant = true;
  const Flow flow = RunBody(f, block.init);
  if (flow == Flow::kError || context.diagnostics->has_errors()) return std::nullopt;
  if (!a.layout_sink.has_rectangle) {
    a.Report(nullptr, block.span, Kind::kMissingRectangle);
    return std::nullopt;
  }
  if (!CollectRuns(a, block) || !CollectColors(a)) return std::nullopt;
  // Assertions about parameters; a file that is a tile's program has its blocks run there.
  bool is_program = false;
  for (const layout::Program& p : a.layout_sink.value.programs) {
    is_program = is_program || p.file == root_file;
  }
  if (!is_program) a.RunComptimeBlocks();
  if (context.diagnostics->has_errors()) return std::nullopt;
  return std::move(a.layout_sink.value);
}

}  // namespace csl::sema
