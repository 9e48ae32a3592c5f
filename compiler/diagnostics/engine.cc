// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/engine.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>

namespace csl::diagnostics {
namespace {

// What messages are ordered by; equal keys are one message. Notes come last: of equal messages the
// one with the fewest notes, then the least places, stands for all.
struct SortEntry {
  std::string_view file;
  uint32_t file_index = 0;
  uint32_t offset = 0;
  std::vector<std::string> notes;
  Diagnostic diagnostic;

  auto Identity() const {
    // Loops at compile time give these for value after value.
    const bool varies = diagnostic.kind == Kind::kWrapped || diagnostic.kind == Kind::kSaturated;
    return std::make_tuple(diagnostic.span.begin.valid(), file, offset, -int(diagnostic.severity),
                           diagnostic.kind,
                           varies ? std::string_view() : std::string_view(diagnostic.message));
  }
};

SortEntry MakeEntry(const source::Sources& sources, const Diagnostic& diagnostic) {
  SortEntry entry;
  entry.diagnostic = diagnostic;
  if (diagnostic.span.begin.valid()) {
    const auto place = sources.Locate(diagnostic.span.begin);
    entry.file = place.file->display_name;
    entry.offset = place.offset;
  }
  for (const Note& note : diagnostic.notes) {
    entry.notes.push_back(sources.Describe(note.span.begin) + note.message);
  }
  return entry;
}

bool ComesBefore(const SortEntry& a, const SortEntry& b) {
  const auto ia = a.Identity();
  const auto ib = b.Identity();
  if (ia != ib) return ia < ib;
  if (a.notes.size() != b.notes.size()) return a.notes.size() < b.notes.size();
  return std::tie(a.notes, a.diagnostic.message) < std::tie(b.notes, b.diagnostic.message);
}

// Of equal messages: how often the evaluation that gave most of them gave it.
size_t CountInstances(std::span<const SortEntry> equal) {
  size_t counts[UINT8_MAX + 1] = {};
  for (const SortEntry& entry : equal) ++counts[entry.diagnostic.evaluation];
  return *std::max_element(std::begin(counts), std::end(counts));
}

std::string CountOf(size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

Builder::~Builder() {
  if (engine_ != nullptr) engine_->Add(std::move(diagnostic_));
}

Builder& Builder::Note(Kind kind, source::Span span, std::initializer_list<Argument> arguments) {
  diagnostic_.notes.push_back({kind, span, Format(kind, arguments)});
  return *this;
}

Builder Engine::Report(Kind kind, source::Span span, std::initializer_list<Argument> arguments) {
  return Report(Problem(kind, arguments), span);
}

Builder Engine::Report(const Problem& problem, source::Span span) {
  return Builder(this, {.kind = problem.kind(),
                        .severity = SeverityOf(problem.kind()),
                        .span = span,
                        .message = problem.message()});
}

void Engine::ReportForm(Form form, source::Span span, std::vector<Edit> edits) {
  const FormRow& row = RowOf(form);
  const Kind kind = row.age == Age::Changed ? Kind::kChangedForm : Kind::kOldForm;
  Diagnostic diagnostic = {.kind = kind,
                           .severity = Severity::Warning,
                           .span = span,
                           .message = Format(kind, {row.spelling, row.replacement})};
  diagnostic.form = form;
  diagnostic.edits = std::move(edits);
  Add(std::move(diagnostic));
}

bool Engine::Judge(Diagnostic* diagnostic) const {
  const FormRow& row = RowOf(diagnostic->form);
  switch (VerdictOn(diagnostic->form, options_.language)) {
    case Verdict::kSilent:
      return false;
    case Verdict::kWarning:
      return !options_.no_deprecated;
    case Verdict::kError:
      break;
  }
  if (row.age == Age::Ancient || row.age == Age::Early) {
    diagnostic->kind = Kind::kAncientForm;
    diagnostic->message = Format(diagnostic->kind, {row.spelling, row.last, row.replacement});
  } else if (row.age == Age::Recent) {
    diagnostic->kind = Kind::kNewerForm;
    diagnostic->message = Format(diagnostic->kind, {row.spelling, row.first, row.replacement});
  } else {
    diagnostic->kind = Kind::kRemovedForm;
    diagnostic->message = Format(diagnostic->kind, {row.spelling, row.replacement});
  }
  diagnostic->severity = Severity::Error;
  return true;
}

// A later one that comes first in the text takes the place of the one that is there.
bool Engine::IsFirstOfForm(const Diagnostic& diagnostic) {
  if (!diagnostic.span.begin.valid()) return true;
  const source::FileId file = sources_->Locate(diagnostic.span.begin).file->id;
  const auto [known, is_new] =
      form_warnings_.try_emplace({diagnostic.form, file}, diagnostics_.size());
  if (is_new) return true;
  Diagnostic& first = diagnostics_[known->second];
  if (diagnostic.span.begin.position < first.span.begin.position) first = diagnostic;
  return false;
}

void Engine::Add(Diagnostic diagnostic) {
  CHECK(diagnostic.severity != Severity::Note) << "a note stands alone: " << diagnostic.message;
  const bool is_form = diagnostic.form != Form::kNone && !options_.every_form;
  if (is_form && !Judge(&diagnostic)) return;
  if (options_.warnings_as_errors) diagnostic.severity = Severity::Error;
  std::lock_guard lock(mutex_);
  if (is_form && diagnostic.kind == Kind::kOldForm && !IsFirstOfForm(diagnostic)) return;
  ++(diagnostic.severity == Severity::Error ? num_errors_ : num_warnings_);
  if (diagnostic.severity == Severity::Error && is_form) ++num_form_errors_;
  diagnostics_.push_back(std::move(diagnostic));
}

bool Engine::has_errors() const {
  std::lock_guard lock(mutex_);
  return num_errors_ != num_form_errors_;
}

size_t Engine::num_errors() const {
  std::lock_guard lock(mutex_);
  return num_errors_;
}

size_t Engine::num_warnings() const {
  std::lock_guard lock(mutex_);
  return num_warnings_;
}

std::vector<Diagnostic> Engine::Sorted() const {
  std::vector<SortEntry> entries;
  {
    std::lock_guard lock(mutex_);
    for (const Diagnostic& diagnostic : diagnostics_) {
      entries.push_back(MakeEntry(*sources_, diagnostic));
    }
  }
  std::sort(entries.begin(), entries.end(), ComesBefore);
  std::vector<Diagnostic> out;
  for (size_t i = 0; i < entries.size();) {
    size_t end = i + 1;
    while (end < entries.size() && entries[end].Identity() == entries[i].Identity()) ++end;
    const size_t count = CountInstances(std::span(entries).subspan(i, end - i));
    out.push_back(std::move(entries[i].diagnostic));
    if (count > 1 && out.back().form == Form::kNone) {
      const Kind count_kind = Kind::kNoteSameErrorCount;
      out.back().notes.push_back({count_kind, source::Span(), Format(count_kind, {count})});
    }
    i = end;
  }
  return out;
}

std::string Engine::Render() const {
  const std::vector<Diagnostic> sorted = Sorted();
  std::string out;
  size_t errors = 0;
  size_t warnings = 0;
  for (const Diagnostic& d : sorted) ++(d.severity == Severity::Error ? errors : warnings);
  // Where there is no room for all, errors come before warnings.
  size_t errors_left = std::min(errors, options_.max_printed);
  size_t warnings_left = std::min(warnings, options_.max_printed - errors_left);
  const size_t left_out = sorted.size() - errors_left - warnings_left;
  for (const Diagnostic& d : sorted) {
    size_t& left = d.severity == Severity::Error ? errors_left : warnings_left;
    if (left == 0) continue;
    --left;
    out += RenderOne(*sources_, d);
  }
  if (sorted.size() < 2) return out;
  if (left_out != 0) out += "(" + std::to_string(left_out) + " more not shown)\n";
  if (errors != 0) out += CountOf(errors, "error");
  if (errors != 0 && warnings != 0) out += ", ";
  if (warnings != 0) out += CountOf(warnings, "warning");
  return out + "\n";
}

}  // namespace csl::diagnostics
