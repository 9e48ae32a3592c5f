// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace csl::diagnostics {
namespace {

TEST(Explanations, EveryKindHasOneAndEveryOneAKind) {
  std::set<std::string_view> explained;
  for (const ExplanationPage& page : ExplanationPages()) {
    EXPECT_FALSE(TitleOf(page).empty()) << page.file;
    for (const Explanation& entry : ExplanationsOn(page)) {
      EXPECT_TRUE(explained.insert(entry.name).second) << entry.name << " is explained twice";
      EXPECT_FALSE(entry.text.empty()) << entry.name;
      const std::optional<Kind> kind = FindKind(entry.name);
      EXPECT_TRUE(kind && PrintedName(*kind) == entry.name) << entry.name << " is not a kind";
    }
  }
  for (uint16_t i = 0; i < kNumKinds; ++i) {
    const std::string_view name = PrintedName(static_cast<Kind>(i));
    EXPECT_TRUE(explained.contains(name)) << name << " is in no page of explanations/";
  }
}

TEST(Explain, KindsAreFoundInSeveralSpellings) {
  for (const char* spelling : {"ShadowsLocal", "kShadowsLocal", "shadows-local", "shadowslocal"}) {
    EXPECT_EQ(FindKind(spelling), Kind::kShadowsLocal) << spelling;
  }
  EXPECT_EQ(FindKind("Shadows"), std::nullopt);
}

TEST(Explain, ShowsSeverityTextParagraphAndExample) {
  const std::string text = Explain(Kind::kEmptyCharacter);
  EXPECT_EQ(text.find("error EmptyCharacter: character literal is empty\n\nA character"), 0u);
  EXPECT_NE(text.find("\nFor example:\n\n    const letter = '';\n"), std::string::npos) << text;
  EXPECT_EQ(Explain(Kind::kShadowsLocal).find("warning ShadowsLocal: '...' hides"), 0u);
}

TEST(Explain, UnknownKindsGetASuggestion) {
  EXPECT_EQ(NoSuchKind("Undeclard"), "there is no message 'Undeclard'; did you mean 'Undeclared'?");
  EXPECT_EQ(NoSuchKind("xyz"), "there is no message 'xyz'; --explain alone lists all");
}

TEST(Explain, ListNamesEveryKindOnALineOfItsOwn) {
  const std::string list = ListOfKinds();
  EXPECT_EQ(static_cast<size_t>(std::count(list.begin(), list.end(), '\n')), size_t{kNumKinds});
  EXPECT_NE(list.find("\nDivisionByZero: division by zero\n"), std::string::npos);
}

}  // namespace
}  // namespace csl::diagnostics
