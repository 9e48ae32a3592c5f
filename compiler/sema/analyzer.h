// SPDX-License-Identifier: Apache-2.0
// Analyzer: one evaluation, of the layout or of one tile program. Holds module instances, comptime
// variables, run-time symbols and functions; the handlers of the instructions work on it.
//
// Not thread safe; several analyzers may run at once on one Context.
#ifndef COMPILER_SEMA_ANALYZER_H_
#define COMPILER_SEMA_ANALYZER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/diagnostics/problem.h"
#include "compiler/layout/layout.h"
#include "compiler/sema/context.h"
#include "compiler/sema/frame.h"
#include "compiler/sema/instance.h"
#include "compiler/sema/memo.h"
#include "compiler/sema/tile_program.h"

namespace csl::sema {

enum class Purpose : uint8_t { kLayout, kTile };

// A run-time global. Its number is that of its ir::GlobalId.
struct Symbol {
  types::TypeId type;
  bool is_const = false;
  types::InstanceId instance;  // invalid: a constant made by the compiler
  types::DeclId decl;
};

// One function to emit: a declaration, or an instantiation of a generic one.
struct FunctionInstance {
  types::InstanceId instance;
  uint32_t decl = 0;
  types::TypeId type;          // with every parameter's type known
  std::vector<Operand> known;  // by parameter: comptime arguments; kNone for run-time ones
  ir::FunctionId ir;
  // Why it is there, for notes: the first use, in another instance or (null) in a comptime block.
  source::Span first_use;
  const FunctionInstance* first_user = nullptr;
  bool is_specialised = false;  // one of several that a generic function may have
};

// Where a comptime value came from: a tile parameter and the way down to the leaf.
struct Provenance {
  uint32_t binding = 0;        // index into layout::Program::bindings
  std::vector<uint32_t> path;  // element indices
};

// One @set_color_config.
struct ColorSetting {
  uint16_t x = 0;
  uint16_t y = 0;
  uint16_t color = 0;
  uint32_t config = 0;
  source::Span span;
};

// What @set_tile_code was given, and the program that this is.
struct KnownProgram {
  source::FileId importer;
  types::Value path, params;
  uint32_t program = 0;
};

// Room for what the configuration builtins of the layout write.
struct LayoutSink {
  layout::Layout value;
  bool has_rectangle = false;
  bool has_bad_rectangle = false;  // @set_rectangle was called and reported
  source::Span rectangle_span;
  std::vector<uint32_t> program_of;  // by y * width + x; kNone: not set
  std::vector<source::Span> tile_span;
  std::unordered_map<uint64_t, std::vector<uint32_t>> programs_by_hash;
  std::unordered_map<uint64_t, std::vector<KnownProgram>> known_programs;
  size_t num_known_programs = 0;
  std::map<uint16_t, std::vector<ColorSetting>> colors;  // by color
  std::map<std::string, uint32_t> color_config_by_text;
  // Configuration structs seen before, by their hash: most tiles repeat a few.
  std::unordered_map<uint64_t, std::vector<std::pair<types::Value, uint32_t>>> known_configs;
};

class Analyzer {
 public:
  Analyzer(const Context& context, Purpose purpose);

  const Context& context;
  types::TypeStore& types;
  const Purpose purpose;
  FrameStorage frame_storage;  // outlives all frames
  ir::Module module;

  // ---- sinks ----
  LayoutSink layout_sink;                  // kLayout
  const layout::Layout* layout = nullptr;  // kTile: the evaluated layout
  uint32_t layout_program = 0;             // kTile: the program analysed, in layout->programs
  bool depends_on_tiles = false;  // kTile: not on parameters alone, but on where the program runs
  TileConfig config;              // kTile
  std::vector<ExportedSymbol> exports;     // kTile
  std::vector<source::Span> export_spans;  // kTile, by exports
  bool in_top_level = false;               // a top-level comptime block is being evaluated
  bool top_level_failed = false;  // one ended early: what it would have configured is missing

  std::map<uint16_t, source::Span> activated_at;  // local tasks that top-level blocks activate
  // WSE-2: colors of fabin DSDs that leave the queue to the compiler.
  std::map<uint16_t, source::Span> inputs_without_queue;
  // WSE-2: output queues that the compiler gave to colors, and that the sources name.
  std::map<uint16_t, uint16_t> chosen_outputs;
  std::optional<uint32_t> named_outputs;  // bit = queue
  // Fabin DSDs that name both queue and color, in order of evaluation.
  struct InputColor {
    uint16_t queue = 0;
    uint16_t color = 0;
    source::Span span;
  };
  std::vector<InputColor> input_colors;
  // What waits until every top-level block has run, such as names of tasks not bound yet.
  std::vector<std::function<void()>> after_top_level;

  // ---- instances (instances.cc) ----
  types::InstanceId AddInstance(const lower::Untyped* file, std::string prefix);
  Instance& instance(types::InstanceId id) { return *instances_[id.index]; }
  size_t num_instances() const { return instances_.size(); }
  // Resolves every @import_module of the instance, theirs first, so that all modules exist.
  void ResolveImports(types::InstanceId id);
  // Runs the top-level comptime blocks of every instance, in order of creation.
  void RunComptimeBlocks();
  // Emits `export` variables and functions of every instance.
  void ResolveStorageExports();
  // Takes the name for a symbol of the tile; false if it was taken: reported.
  bool AddStorageName(const std::string& name, source::Span span, const Frame* user);
  std::set<std::string> dynamic_exports;  // names that @export gave

  // ---- declarations (declarations.cc) ----
  // Reports what is wrong with the declaration once; the state then has status kFailed.
  DeclState& Resolve(types::InstanceId instance, uint32_t decl, Frame* user, source::Span span);
  // The place a name designates. Poison when it failed or is unset.
  Operand DeclPlace(types::InstanceId instance, uint32_t decl, Frame* user, source::Span span);
  // The run-time symbol of a resolved variable, constant or parameter; made when there is none.
  types::SymbolId SymbolOf(types::InstanceId instance, uint32_t decl);
  std::string DeclName(types::InstanceId instance, uint32_t decl);

  // ---- symbols (symbols.cc) ----
  Symbol& symbol(types::SymbolId id) { return symbols_[id.index]; }
  ir::GlobalId global(types::SymbolId id) { return ir::GlobalId(id.index); }
  types::SymbolId AddSymbol(Symbol symbol, ir::Global global);
  // Encodes `value` as the initial contents of the symbol.
  void SetInitialValue(types::SymbolId id, const types::Value& value, Frame* user,
                       source::Span span);
  // A constant global that holds the value; equal ones are one.
  types::SymbolId ConstantSymbol(const types::Value& value, Frame& user, source::Span span);

  // The descriptor of a FIFO in memory.
  types::SymbolId FifoSymbol(uint16_t fifo);

  // ---- functions (functions.cc) ----
  // Type with kAnytypeType for what depends on the call; invalid if reported.
  types::TypeId FunctionType(types::InstanceId instance, uint32_t decl, Frame* user);
  // The emitted function of a declaration without comptime parameters, for addresses, tasks and
  // exports. An invalid id if that was reported.
  ir::FunctionId FunctionFor(const types::Value& function, Frame* user, source::Span span);
  ir::FunctionId Instantiate(FunctionInstance instance);
  void DrainWorklist();
  // Makes extern symbols those that are exported under their names (externs.cc).
  void JoinExterns();

  // ---- compile-time execution ----
  // Counts a compile-time call or an iteration of a compile-time loop; false past the limit:
  // reported. False too after many errors: calls that double would otherwise repeat one for ever.
  bool CountStep(const Frame& f, source::Span span) {
    constexpr uint64_t kMostErrors = 1000;
    if (errors_ >= kMostErrors) return false;
    return ++steps_ <= step_limit_ || ReportStepLimit(f, span);
  }
  // Something happened that doing nothing instead would leave out: a call that did it is not a
  // value.
  void NoteEffect() { ++effects_; }
  uint64_t effects() const { return effects_; }
  // From now on, use of the comptime variables that there are is an effect. Returns what was
  // watched before, for WatchCellsBefore.
  uint32_t WatchCells() {
    return std::exchange(watched_cells_, static_cast<uint32_t>(cells_.size()));
  }
  void WatchCellsBefore(uint32_t count) { watched_cells_ = count; }
  void NoteUseOf(types::CellId id) {
    if (id.index < watched_cells_) NoteEffect();
  }
  CallMemo call_memo;  // kLayout
  // What instructions of a file found out; null where they run too rarely for it to matter.
  FileMemo* MemoOf(const lower::Untyped& file);

  // ---- comptime variables ----
  types::CellId NewCell(types::Value value);
  types::Value& cell(types::CellId id) { return cells_[id.index]; }

  // ---- what was read of the tile's parameters ----
  ProvenanceId AddProvenance(Provenance p);
  ProvenanceId Descend(ProvenanceId of, uint32_t element);
  void RecordRead(ProvenanceId id);
  const std::set<std::pair<uint32_t, std::vector<uint32_t>>>& reads() const { return reads_; }

  // ---- messages (report.cc) ----
  bool is_quiet = false;  // what is evaluated now nobody has asked for: it says nothing
  // With "called from here" notes from the frames around. `frame` may be null.
  diagnostics::Builder Report(const Frame* frame, source::Span span, diagnostics::Kind kind,
                              std::initializer_list<diagnostics::Argument> arguments = {});
  diagnostics::Builder Report(const Frame* frame, source::Span span,
                              const diagnostics::Problem& problem);
  // What was found out about a use of a form (migrate/README.md).
  void NoteForm(diagnostics::Form form, source::Span span, std::string fact) {
    NoteEffect();
    if (!is_quiet && context.facts != nullptr)
      context.facts->Note(form, span.begin, std::move(fact));
  }
  void ReportForm(diagnostics::Form form, source::Span span) {
    NoteEffect();
    if (!is_quiet) context.diagnostics->ReportForm(form, span);
  }
  ir::Location IrLocation(source::Span span);
  std::string TypeText(types::TypeId type) const;
  std::string ValueText(const types::Value& value);

 private:
  friend struct Frame;
  void ResolveValue(types::InstanceId instance, uint32_t decl, Frame* user, source::Span span);
  bool ReportStepLimit(const Frame& f, source::Span span);
  void EmitBody(FunctionInstance& f);

  uint64_t steps_ = 0;
  uint64_t errors_ = 0;  // reported, equal ones too
  uint64_t step_limit_;
  uint64_t effects_ = 0;
  uint32_t watched_cells_ = 0;
  std::unordered_map<const lower::Untyped*, std::unique_ptr<FileMemo>> memos_;
  std::deque<std::unique_ptr<Instance>> instances_;
  std::map<std::string, source::Span> storage_names_;
  std::deque<Symbol> symbols_;
  std::deque<types::Value> cells_;
  std::unordered_map<uint64_t, std::vector<std::pair<types::Value, types::SymbolId>>> constants_;
  std::map<uint16_t, types::SymbolId> fifo_symbols_;
  std::deque<FunctionInstance> functions_;
  const FunctionInstance* emitting_ = nullptr;
  std::unordered_map<uint64_t, std::vector<uint32_t>> function_index_;
  size_t emitted_ = 0;  // functions_ before this have their body
  std::unordered_map<uint64_t, types::TypeId> function_types_;
  source::Location last_location_of_;  // IrLocation's last answer
  ir::Location last_location_;
  std::deque<Provenance> provenances_;
  std::unordered_map<uint64_t, ProvenanceId> descended_;
  std::vector<bool> read_;
  std::set<std::pair<uint32_t, std::vector<uint32_t>>> reads_;
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_ANALYZER_H_
