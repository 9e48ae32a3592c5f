// SPDX-License-Identifier: Apache-2.0
// Messages with the chain of calls and imports that led to them, and values as text.
#include "compiler/sema/analyzer.h"
#include "compiler/types/print.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

struct Call {
  source::Span site;
  size_t times = 1;  // in a row: recursion
};

// The calls that led to a frame, innermost first.
std::vector<Call> CallsTo(const Frame* f) {
  std::vector<Call> calls;
  for (; f->caller != nullptr; f = f->caller) {
    if (!f->call_site.begin.valid()) continue;
    if (!calls.empty() && calls.back().site.begin == f->call_site.begin) {
      ++calls.back().times;
    } else {
      calls.push_back({f->call_site});
    }
  }
  return calls;
}

void Add(diagnostics::Diagnostic* d, Kind kind, source::Span span,
         std::initializer_list<diagnostics::Argument> arguments) {
  d->notes.push_back({kind, span, diagnostics::Format(kind, arguments)});
}

// Of many calls, the ends.
void AddCalls(const std::vector<Call>& calls, diagnostics::Diagnostic* d) {
  constexpr size_t kShownAtEachEnd = 4;
  const bool is_long = calls.size() > 2 * kShownAtEachEnd + 1;
  size_t left_out = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (is_long && i >= kShownAtEachEnd && i + kShownAtEachEnd < calls.size()) {
      left_out += calls[i].times;
      continue;
    }
    if (left_out != 0) Add(d, Kind::kNoteMoreCalls, {}, {left_out});
    left_out = 0;
    if (calls[i].times == 1) {
      Add(d, Kind::kNoteCalledFromHere, calls[i].site, {});
    } else {
      Add(d, Kind::kNoteCalledFromHereTimes, calls[i].site, {calls[i].times});
    }
  }
}

// "scale(x: i16, n = 3)"
std::string InstanceText(Analyzer& a, const FunctionInstance& instance) {
  const lower::Untyped& file = *a.instance(instance.instance).file;
  const lower::Decl& decl = file.decls[instance.decl];
  const auto& params = file.functions[decl.function].params;
  const auto types = a.types.params(instance.type);
  std::string text = file.str(decl.name) + "(";
  for (size_t n = 0; n < params.size(); ++n) {
    if (n != 0) text += ", ";
    text += file.str(params[n].name);
    const Operand& known = instance.known[n];
    text += known.is_const() ? " = " + a.ValueText(known.value) : ": " + a.TypeText(types[n].type);
  }
  return text + ")";
}

// Which instances of generic functions, and imports with parameters, the code belongs to.
void AddInstances(Analyzer& a, const Frame& outermost, diagnostics::Diagnostic* d) {
  constexpr int kMaxShown = 4;
  const FunctionInstance* e = outermost.emitted;
  for (int n = 0; n < kMaxShown && e != nullptr && e->is_specialised; ++n, e = e->first_user) {
    if (!e->first_use.begin.valid()) break;
    Add(d, Kind::kNoteInstantiatedFromHere, e->first_use, {InstanceText(a, *e)});
  }
  const Instance& home = outermost.instance;
  if (home.importer.valid() && !home.bindings.empty()) {
    Add(d, Kind::kNoteImportedFromHere, home.imported_at, {});
  }
}

}  // namespace

diagnostics::Builder Analyzer::Report(const Frame* frame, source::Span span, Kind kind,
                                      std::initializer_list<diagnostics::Argument> arguments) {
  return Report(frame, span, diagnostics::Problem(kind, arguments));
}

diagnostics::Builder Analyzer::Report(const Frame* frame, source::Span span,
                                      const diagnostics::Problem& problem) {
  NoteEffect();
  // Copy elision does not reach through the notes below, so the message is put together first.
  diagnostics::Diagnostic d;
  d.kind = problem.kind();
  d.severity = diagnostics::SeverityOf(d.kind);
  if (d.severity == diagnostics::Severity::Error && !is_quiet) ++errors_;
  d.span = span;
  d.message = problem.message();
  d.evaluation = static_cast<uint8_t>(purpose);
  if (frame != nullptr) {
    AddCalls(CallsTo(frame), &d);
    const Frame* outermost = frame;
    while (outermost->caller != nullptr) outermost = outermost->caller;
    AddInstances(*this, *outermost, &d);
  }
  return diagnostics::Builder(is_quiet ? nullptr : context.diagnostics, std::move(d));
}

bool Analyzer::ReportStepLimit(const Frame& f, source::Span span) {
  Report(&f, span, Kind::kComptimeSteps, {step_limit_});
  return false;
}

ir::Location Analyzer::IrLocation(source::Span span) {
  if (!span.begin.valid()) return {};
  if (span.begin == last_location_of_) return last_location_;
  const source::Sources::Place place = context.sources->Locate(span.begin);
  const source::LineColumn at = place.line_column();
  ir::Location location;
  location.file = module.AddFile(place.file->stable_name);
  location.line = at.line;
  location.column = static_cast<uint16_t>(std::min<uint32_t>(at.column, 0xffff));
  last_location_of_ = span.begin;
  last_location_ = location;
  return location;
}

std::string Analyzer::TypeText(types::TypeId type) const {
  return type.valid() ? types::TypeText(types, type) : "a module";
}

std::string Analyzer::ValueText(const types::Value& value) {
  types::ValueNames names;
  names.symbol = [this](types::SymbolId id) { return module.global(global(id)).name; };
  names.function = [this](types::InstanceId i, types::DeclId d) { return DeclName(i, d.index); };
  names.module = [this](types::InstanceId i) {
    return context.sources->file(instance(i).file->file).stable_name;
  };
  return types::ValueText(types, value, names);
}

}  // namespace csl::sema
