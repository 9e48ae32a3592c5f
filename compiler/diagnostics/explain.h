// SPDX-License-Identifier: Apache-2.0
// What each message means and what to do about it: the pages of explanations/, which are part of
// the program. A page has an entry for each of its kinds:
//
//   ## Undeclared
//
//   The rule in one to three sentences, and what to write instead.
//
//   ```csl
//   a program that provokes this message and no other one
//   ```
//
// A first line "// cslc OPTIONS" of the program names options it needs, "//// file: NAME" begins
// another file; the first one is example.csl. explanations_test compiles all of them.
#ifndef COMPILER_DIAGNOSTICS_EXPLAIN_H_
#define COMPILER_DIAGNOSTICS_EXPLAIN_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"

namespace csl::diagnostics {

struct ExplanationPage {
  std::string_view file;  // "lex.md"
  std::string_view text;
};

struct Explanation {
  std::string_view name;     // of the kind, as printed: "Undeclared"
  std::string_view text;     // without the line ends around it
  std::string_view example;  // "" where no program leads to the message; ends with a line end
};

std::span<const ExplanationPage> ExplanationPages();
std::string_view TitleOf(const ExplanationPage& page);
std::vector<Explanation> ExplanationsOn(const ExplanationPage& page);

// The text of the kind with "..." for each part that varies.
std::string TextOf(Kind kind);
// "Undeclared", "kUndeclared", "undeclared", "un-declared".
std::optional<Kind> FindKind(std::string_view spelling);

// All that is known about a kind, for a terminal.
std::string Explain(Kind kind);
// The kinds with their texts, one a line.
std::string ListOfKinds();
// "there is no message 'Undeclard'; did you mean 'Undeclared'?"
std::string NoSuchKind(std::string_view spelling);

}  // namespace csl::diagnostics

#endif  // COMPILER_DIAGNOSTICS_EXPLAIN_H_
