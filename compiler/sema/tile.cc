// SPDX-License-Identifier: Apache-2.0
// Tile programs: one analysis per distinct set of values that the analysis reads.
#include <algorithm>
#include <map>

#include "compiler/sema/handler.h"
#include "compiler/sema/queue_filters.h"
#include "compiler/sema/sema.h"
#include "compiler/sema/suggest.h"
#include "compiler/sema/tile_checks.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

using LeafPath = std::pair<uint32_t, std::vector<uint32_t>>;

struct Analysis {
  TileProgram program;
  std::vector<LeafPath> reads;  // sorted
};

void BindTile(Analyzer& a, Instance& root, const layout::Program& program) {
  for (uint32_t n = 0; n < program.bindings.size(); ++n) {
    const layout::Binding& b = program.bindings[n];
    const auto found = root.file->by_name.find(b.name);
    if (found == root.file->by_name.end() ||
        root.file->decls[found->second.index].kind != lower::DeclKind::kParam) {
      a.Report(nullptr, b.span, Kind::kUnknownBinding,
               {a.context.sources->file(root.file->file).stable_name, b.name,
                ParamSuggestion(*root.file, b.name)});
      continue;
    }
    BoundParam bound = {Operand::Const(b.value), b.span};
    bound.value.provenance = a.AddProvenance({n, {}});
    root.bindings[b.name] = std::move(bound);
  }
}

std::optional<Analysis> Analyze(const Context& context, const layout::Layout& layout,
                                const layout::Program& program) {
  const lower::Untyped* file = context.lowered(program.file);
  if (file == nullptr) return std::nullopt;
  Analyzer a(context, Purpose::kTile);
  a.layout = &layout;
  a.module.name = program.file_name;
  Instance& root = a.instance(a.AddInstance(file, ""));
  BindTile(a, root, program);
  a.ResolveImports(root.id);
  a.RunComptimeBlocks();
  a.ResolveStorageExports();
  a.DrainWorklist();
  Analysis analysis;
  std::vector<ExportedSymbol>& exports = a.exports;
  std::sort(exports.begin(), exports.end(), [](const ExportedSymbol& x, const ExportedSymbol& y) {
    return x.export_id < y.export_id;
  });
  analysis.program = {std::move(a.module), std::move(a.config), std::move(exports)};
  analysis.reads.assign(a.reads().begin(), a.reads().end());
  return analysis;
}

// Value of a leaf, as far as the path exists.
Value Leaf(const layout::Program& program, const LeafPath& leaf) {
  Value v = program.bindings[leaf.first].value;
  for (uint32_t n : leaf.second) v = v.element(n);
  return v;
}

// What decides which leaves exist: file, names and types of the parameters.
std::string ShapeKey(const layout::Program& program) {
  std::string key = std::to_string(program.file.index);
  for (const layout::Binding& b : program.bindings) {
    key += ";" + b.name + ":" + std::to_string(b.value.type().index);
  }
  return key;
}

// Analyses of one shape that read the same leaves, found by the values they read.
struct Variants {
  std::vector<LeafPath> reads;
  std::map<uint64_t, std::vector<std::pair<const layout::Program*, uint32_t>>> by_hash;
};

uint64_t HashLeaves(const std::vector<LeafPath>& reads, const layout::Program& program) {
  uint64_t hash = 0;
  for (const LeafPath& leaf : reads) {
    hash = hash * 0x9e3779b97f4a7c15u + HashOf(Leaf(program, leaf));
  }
  return hash;
}

bool SameLeaves(const std::vector<LeafPath>& reads, const layout::Program& a,
                const layout::Program& b) {
  return std::all_of(reads.begin(), reads.end(),
                     [&](const LeafPath& leaf) { return Identical(Leaf(a, leaf), Leaf(b, leaf)); });
}

std::optional<uint32_t> FindShared(const std::vector<Variants>& all,
                                   const layout::Program& program) {
  for (const Variants& variants : all) {
    const auto found = variants.by_hash.find(HashLeaves(variants.reads, program));
    if (found == variants.by_hash.end()) continue;
    for (const auto& [other, index] : found->second) {
      if (SameLeaves(variants.reads, *other, program)) return index;
    }
  }
  return std::nullopt;
}

}  // namespace

TilePrograms AnalyzeTiles(const Context& context, const layout::Layout& layout) {
  TilePrograms result;
  std::map<std::string, std::vector<Variants>> shapes;
  for (const layout::Program& program : layout.programs) {
    std::vector<Variants>& all = shapes[ShapeKey(program)];
    if (const std::optional<uint32_t> shared = FindShared(all, program)) {
      result.program_of.push_back(*shared);
      continue;
    }
    std::optional<Analysis> analysis = Analyze(context, layout, program);
    const uint32_t index = static_cast<uint32_t>(result.programs.size());
    result.program_of.push_back(index);
    if (!analysis) {
      result.programs.emplace_back();
      continue;
    }
    auto same = std::find_if(all.begin(), all.end(),
                             [&](const Variants& v) { return v.reads == analysis->reads; });
    if (same == all.end()) same = all.insert(all.end(), Variants{analysis->reads, {}});
    same->by_hash[HashLeaves(same->reads, program)].emplace_back(&program, index);
    result.programs.push_back(std::move(analysis->program));
  }
  if (context.diagnostics->has_errors()) return result;
  EnableFilters(layout, &result);
  CheckTogether(context, layout, result);
  return result;
}

}  // namespace csl::sema
