// SPDX-License-Identifier: Apache-2.0
// Tile programs: one analysis per distinct set of values that the analysis reads.
#include <algorithm>
#include <map>

#include "compiler/sema/handler.h"
#include "compiler/sema/queue_choice.h"
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
  bool is_sharable = true;
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
    BoundParam bound = {Operand::Const(b.value), b.span, b.is_color_number};
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
  a.layout_program = static_cast<uint32_t>(&program - layout.programs.data());
  a.module.name = program.file_name;
  Instance& root = a.instance(a.AddInstance(file, ""));
  BindTile(a, root, program);
  a.ResolveImports(root.id);
  a.RunComptimeBlocks();
  a.ResolveStorageExports();
  a.DrainWorklist();
  ChooseInputQueues(a);
  Analysis analysis;
  std::vector<ExportedSymbol>& exports = a.exports;
  std::sort(exports.begin(), exports.end(), [](const ExportedSymbol& x, const ExportedSymbol& y) {
    return x.export_id < y.export_id;
  });
  analysis.program = {std::move(a.module), std::move(a.config), std::move(exports)};
  analysis.reads.assign(a.reads().begin(), a.reads().end());
  analysis.is_sharable = !a.depends_on_tiles;
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
    key +=
        ";" + b.name + (b.is_color_number ? ":color" : ":") + std::to_string(b.value.type().index);
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

class TileAnalyzer::Impl {
 public:
  Impl(const Context& context, const layout::Layout& layout)
      : context_(context), layout_(layout), filters_(layout) {}

  std::vector<TileProgram> Next(size_t most) {
    std::vector<TileProgram> out;
    out.reserve(std::min(most, layout_.programs.size() - program_of_.size()));
    while (out.size() < most && program_of_.size() < layout_.programs.size()) {
      const layout::Program& program = layout_.programs[program_of_.size()];
      std::vector<Variants>& all = shapes_[ShapeKey(program)];
      if (const std::optional<uint32_t> shared = FindShared(all, program)) {
        program_of_.push_back(*shared);
        continue;
      }
      const auto index = static_cast<uint32_t>(summaries_.size());
      program_of_.push_back(index);
      std::optional<Analysis> analysis = Analyze(context_, layout_, program);
      if (!analysis) {
        summaries_.emplace_back();
        out.emplace_back();
        continue;
      }
      if (analysis->is_sharable) Remember(program, index, *analysis, &all);
      summaries_.push_back(Summarize(analysis->program));
      filters_.Enable(program.file, &analysis->program.config);
      out.push_back(std::move(analysis->program));
    }
    return out;
  }

  const std::vector<uint32_t>& program_of() const { return program_of_; }
  void Check() const { CheckTogether(context_, layout_, summaries_, program_of_); }

 private:
  static void Remember(const layout::Program& program, uint32_t index, const Analysis& analysis,
                       std::vector<Variants>* all) {
    auto same = std::find_if(all->begin(), all->end(),
                             [&](const Variants& v) { return v.reads == analysis.reads; });
    if (same == all->end()) same = all->insert(all->end(), Variants{analysis.reads, {}});
    same->by_hash[HashLeaves(same->reads, program)].emplace_back(&program, index);
  }

  const Context& context_;
  const layout::Layout& layout_;
  const QueueFilters filters_;
  std::map<std::string, std::vector<Variants>> shapes_;
  std::vector<ProgramSummary> summaries_;
  std::vector<uint32_t> program_of_;
};

TileAnalyzer::TileAnalyzer(const Context& context, const layout::Layout& layout)
    : impl_(std::make_unique<Impl>(context, layout)) {}
TileAnalyzer::~TileAnalyzer() = default;
std::vector<TileProgram> TileAnalyzer::Next(size_t most) { return impl_->Next(most); }
const std::vector<uint32_t>& TileAnalyzer::program_of() const { return impl_->program_of(); }
void TileAnalyzer::Check() { impl_->Check(); }

TilePrograms AnalyzeTiles(const Context& context, const layout::Layout& layout) {
  TileAnalyzer analyzer(context, layout);
  TilePrograms result;
  result.programs = analyzer.Next(layout.programs.size());
  result.program_of = analyzer.program_of();
  if (!context.diagnostics->has_errors()) analyzer.Check();
  return result;
}

}  // namespace csl::sema
