// SPDX-License-Identifier: Apache-2.0
// Collects the messages of all stages and threads, and prints them in an order that depends on the
// source alone.
//
//   engine.Report(Kind::kUndeclared, span, {name}).Note(Kind::kNoteCalledFromHere, call_site, {});
//
// The message is added when the returned Builder dies. Render() gives:
//
//   layout.csl:3:9: error: 'M' is not declared
//     const n = M + 1;
//               ^
//   layout.csl:9:3: note: called from here
//     ...
//
// Messages are sorted by file, place, kind and text; equal ones (an error in a function that many
// instances share) become one with a count. Thread safe.
#ifndef COMPILER_DIAGNOSTICS_ENGINE_H_
#define COMPILER_DIAGNOSTICS_ENGINE_H_

#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/diagnostics/problem.h"
#include "compiler/source/sources.h"

namespace csl::diagnostics {

struct Options {
  bool warnings_as_errors = false;
  // Messages beyond this many are counted, not printed: nobody reads them.
  size_t max_printed = 200;
  Language language = Language::kAll;
  bool no_deprecated = false;  // deprecated forms are silent
  bool every_form = false;     // every form is a warning, for an engine that will judge them
};

class Engine;

// A message being put together.
class Builder {
 public:
  // Without an engine nobody hears of it.
  Builder(Engine* engine, Diagnostic diagnostic)
      : engine_(engine), diagnostic_(std::move(diagnostic)) {}
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;
  ~Builder();

  Builder& Note(Kind kind, source::Span span, std::initializer_list<Argument> arguments = {});

 private:
  Engine* const engine_;
  Diagnostic diagnostic_;
};

class Engine {
 public:
  // `sources` must outlive the engine and hold every place that is reported.
  explicit Engine(const source::Sources* sources, Options options = {})
      : sources_(sources), options_(options) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Builder Report(Kind kind, source::Span span, std::initializer_list<Argument> arguments = {});
  Builder Report(const Problem& problem, source::Span span);
  void Add(Diagnostic diagnostic);
  // A form of dialects.def, as severe as the language makes it. Of several warnings about one form
  // in one file the first in the text is kept.
  void ReportForm(Form form, source::Span span, std::vector<Edit> edits = {});

  // Errors that end the work of a stage. A form that the language does not have is none: behind it
  // there may be more of them.
  bool has_errors() const;
  // Messages added so far, equal ones counted each.
  size_t num_errors() const;
  size_t num_warnings() const;
  // Of the program: 0 ok, 1 errors. (2, bad usage, is the driver's to give.)
  int exit_code() const { return num_errors() != 0 ? 1 : 0; }

  // Everything so far, sorted and merged; the merged ones have a kNoteSameErrorCount note.
  std::vector<Diagnostic> Sorted() const;
  // Plain text of Sorted(); ends with "2 errors, 1 warning" when there is more than one message.
  // Empty when none.
  std::string Render() const;

  const source::Sources& sources() const { return *sources_; }

 private:
  // False: nothing to add.
  bool Judge(Diagnostic* diagnostic) const;
  bool IsFirstOfForm(const Diagnostic& diagnostic);  // mutex_ is held

  const source::Sources* const sources_;
  const Options options_;
  mutable std::mutex mutex_;
  std::map<std::pair<Form, source::FileId>, size_t> form_warnings_;  // index into diagnostics_
  std::vector<Diagnostic> diagnostics_;
  size_t num_errors_ = 0;
  size_t num_form_errors_ = 0;  // of num_errors_, those about forms
  size_t num_warnings_ = 0;
};

// One JSON object a line: see docs/cslc.md.
std::string RenderJson(const source::Sources& sources, const std::vector<Diagnostic>& all);

// One message with its source lines, as Render prints it.
std::string RenderOne(const source::Sources& sources, const Diagnostic& diagnostic);

}  // namespace csl::diagnostics

#endif  // COMPILER_DIAGNOSTICS_ENGINE_H_
