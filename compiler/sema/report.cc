// SPDX-License-Identifier: Apache-2.0
// Messages with the chain of calls and imports that led to them, and values as text.
#include "compiler/sema/analyzer.h"
#include "compiler/types/print.h"

namespace csl::sema {

using diagnostics::Kind;

diagnostics::Builder Analyzer::Report(const Frame* frame, source::Span span, Kind kind,
                                      std::initializer_list<diagnostics::Argument> arguments) {
  // Copy elision does not reach through the notes below, so the message is put together first.
  diagnostics::Diagnostic d;
  d.kind = kind;
  d.severity = diagnostics::SeverityOf(kind);
  d.span = span;
  d.message = diagnostics::Format(kind, arguments);
  d.evaluation = static_cast<uint8_t>(purpose);
  constexpr size_t kMaxNotes = 8;
  for (const Frame* f = frame; f != nullptr && d.notes.size() < kMaxNotes; f = f->caller) {
    if (f->caller == nullptr || !f->call_site.begin.valid()) continue;
    d.notes.push_back({Kind::kNoteCalledFromHere, f->call_site,
                       diagnostics::Format(Kind::kNoteCalledFromHere, {})});
  }
  return diagnostics::Builder(context.diagnostics, std::move(d));
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
