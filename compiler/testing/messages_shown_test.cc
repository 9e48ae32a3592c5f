// SPDX-License-Identifier: Apache-2.0
// Every message that lexer, parser and lowering can give is shown by a golden test. Arguments: the
// golden files.
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "compiler/diagnostics/diagnostic.h"

namespace csl::diagnostics {
namespace {

std::string* all_text = nullptr;  // of the golden files

// Whether some line holds the format's fixed parts in order.
bool IsShown(std::string_view format) {
  std::string_view text = *all_text;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    bool found = line.find("error: ") != line.npos || line.find("warning: ") != line.npos ||
                 line.find("note: ") != line.npos;
    for (std::string_view rest = format; found && !rest.empty();) {
      const size_t hole = std::min(rest.find("{}"), rest.size());
      const size_t at = line.find(rest.substr(0, hole));
      found = at != line.npos;
      if (found) line.remove_prefix(at + hole);
      rest.remove_prefix(std::min(hole + 2, rest.size()));
    }
    if (found) return true;
  }
  return false;
}

// Reported by semantic analysis, though the lowering heading has them.
bool IsReportedLater(Kind kind) {
  return kind == Kind::kUndeclared || kind == Kind::kUnknownBuiltin;
}

TEST(Messages, OfTheFrontEndAreAllShown) {
  for (auto i = static_cast<uint16_t>(Kind::kUnexpectedCharacter);
       i <= static_cast<uint16_t>(Kind::kTensorExtents); ++i) {
    const Kind kind = static_cast<Kind>(i);
    if (!IsReportedLater(kind)) {
      EXPECT_TRUE(IsShown(FormatOf(kind))) << KindName(kind);
    }
  }
}

}  // namespace
}  // namespace csl::diagnostics

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  std::string text;
  for (int i = 1; i < argc; ++i) text += csl::ReadTextFile(argv[i]).value();
  csl::diagnostics::all_text = &text;
  return RUN_ALL_TESTS();
}
