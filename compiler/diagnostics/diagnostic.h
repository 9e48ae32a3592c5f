// SPDX-License-Identifier: Apache-2.0
// The compiler's messages as values: a kind from diagnostics.def, a place, the finished text, and
// notes.
#ifndef COMPILER_DIAGNOSTICS_DIAGNOSTIC_H_
#define COMPILER_DIAGNOSTICS_DIAGNOSTIC_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/dialect.h"
#include "compiler/source/location.h"

namespace csl::diagnostics {

enum class Severity : uint8_t { Note, Warning, Error };

enum class Kind : uint16_t {
#define DIAGNOSTIC(kind, severity, format) kind,
#include "compiler/diagnostics/diagnostics.def"
#undef DIAGNOSTIC
};

// One past the last kind.
#define DIAGNOSTIC(kind, severity, format) +1
inline constexpr uint16_t kNumKinds = 0
#include "compiler/diagnostics/diagnostics.def"
    ;
#undef DIAGNOSTIC

std::string_view SeverityText(Severity severity);  // "warning"
std::string_view KindName(Kind kind);              // "kUndeclared"
std::string_view PrintedName(Kind kind);           // "Undeclared"
Severity SeverityOf(Kind kind);
std::string_view FormatOf(Kind kind);

// One {} of a format: text or an integer. Borrows text until the end of the full expression.
class Argument {
 public:
  Argument(std::string_view text) : text_(text) {}    // NOLINT: implicit on purpose
  Argument(const char* text) : text_(text) {}         // NOLINT: implicit on purpose
  Argument(const std::string& text) : text_(text) {}  // NOLINT: implicit on purpose
  template <std::integral T>
  Argument(T value) : owned_(std::to_string(value)), text_(owned_) {}  // NOLINT: implicit
  Argument(const Argument&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::string owned_;
  std::string_view text_;
};

// The kind's text with its {} filled. CHECKs that there are as many arguments as {}.
std::string Format(Kind kind, std::initializer_list<Argument> arguments);

struct Note {
  Kind kind;
  source::Span span;  // an invalid place prints the text alone
  std::string message;
};

// A change of the source: the text at the place becomes `text`.
struct Edit {
  source::Span span;
  std::string text;
};

struct Diagnostic {
  Kind kind;
  Severity severity;  // after --warnings-as-errors
  source::Span span;  // an invalid place prints the text alone
  std::string message;
  std::vector<Note> notes;
  // Equal messages of several evaluations of the same code, one for each purpose, do not count as
  // instances of it.
  uint8_t evaluation = 0;
  Form form = Form::kNone;  // a form of the dialects: the engine decides what it is worth
  std::vector<Edit> edits;  // what would put it right
};

}  // namespace csl::diagnostics

#endif  // COMPILER_DIAGNOSTICS_DIAGNOSTIC_H_
