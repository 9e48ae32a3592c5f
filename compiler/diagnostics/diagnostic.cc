// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/diagnostic.h"

#include "base/check.h"

namespace csl::diagnostics {
namespace {

struct Row {
  std::string_view name;
  Severity severity;
  std::string_view format;
};

constexpr Row kRows[] = {
#define DIAGNOSTIC(kind, severity, format) {#kind, Severity::severity, format},
#include "compiler/diagnostics/diagnostics.def"
#undef DIAGNOSTIC
};
static_assert(std::size(kRows) == kNumKinds);

const Row& RowOf(Kind kind) { return kRows[static_cast<size_t>(kind)]; }

}  // namespace

std::string_view SeverityText(Severity severity) {
  switch (severity) {
    case Severity::Note:
      return "note";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      return "error";
  }
  return "error";
}

std::string_view KindName(Kind kind) { return RowOf(kind).name; }
std::string_view PrintedName(Kind kind) { return KindName(kind).substr(1); }
Severity SeverityOf(Kind kind) { return RowOf(kind).severity; }
std::string_view FormatOf(Kind kind) { return RowOf(kind).format; }

std::string Format(Kind kind, std::initializer_list<Argument> arguments) {
  std::string out;
  std::string_view rest = FormatOf(kind);
  for (const Argument& argument : arguments) {
    const size_t hole = rest.find("{}");
    CHECK(hole != std::string_view::npos) << "too many arguments for " << KindName(kind);
    out += rest.substr(0, hole);
    out += argument.text();
    rest.remove_prefix(hole + 2);
  }
  CHECK(rest.find("{}") == std::string_view::npos) << "too few arguments for " << KindName(kind);
  out += rest;
  return out;
}

}  // namespace csl::diagnostics
