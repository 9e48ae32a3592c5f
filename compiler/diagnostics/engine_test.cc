// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <thread>

namespace csl::diagnostics {
namespace {

// A format of placeholders alone leaves the text to the caller, where nobody can look it up.
TEST(DiagnosticTest, EveryKindHasATextOfItsOwn) {
  for (uint16_t i = 0; i < kNumKinds; ++i) {
    std::string text(FormatOf(static_cast<Kind>(i)));
    for (size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}")) {
      text.erase(at, 2);
    }
    EXPECT_TRUE(std::any_of(text.begin(), text.end(), [](unsigned char c) {
      return std::isalpha(c) != 0;
    })) << KindName(static_cast<Kind>(i));
  }
}

class EngineTest : public ::testing::Test {
 protected:
  source::Location At(uint32_t offset) { return sources_.file(file_).At(offset); }

  source::Sources sources_;
  const source::FileId file_ = sources_.AddText("a.csl", "const n = M;\n\tvar x = n;\n");
};

TEST_F(EngineTest, PrintsPlaceLineAndCaretThenNotes) {
  Engine engine(&sources_);
  engine.Report(Kind::kUndeclared, {At(10), 1}, {"M", ""})
      .Note(Kind::kNoteCalledFromHere, {At(18), 3});
  EXPECT_EQ(engine.Render(),
            "a.csl:1:11: error: 'M' is not declared\n"
            "  const n = M;\n"
            "            ^\n"
            "a.csl:2:6: note: called from here\n"
            "  \tvar x = n;\n"
            "  \t    ^~~\n");
  EXPECT_EQ(engine.exit_code(), 1);
}

TEST_F(EngineTest, OrderDependsOnPlaceNotOnReporter) {
  Engine engine(&sources_);
  std::thread late([&] { engine.Report(Kind::kUndeclared, At(18), {"x", ""}); });
  late.join();
  engine.Report(Kind::kUndeclared, At(6), {"n", ""});
  const auto sorted = engine.Sorted();
  ASSERT_EQ(sorted.size(), 2u);
  EXPECT_EQ(sorted[0].message, "'n' is not declared");
  EXPECT_EQ(sorted[1].message, "'x' is not declared");
}

TEST_F(EngineTest, EqualErrorsAreOneWithACount) {
  Engine engine(&sources_);
  for (int i = 0; i < 3; ++i) {
    engine.Report(Kind::kUndeclared, At(10), {"M", ""}).Note(Kind::kNoteCalledFromHere, At(20 - i));
  }
  const auto sorted = engine.Sorted();
  ASSERT_EQ(sorted.size(), 1u);
  ASSERT_EQ(sorted[0].notes.size(), 2u);
  EXPECT_EQ(sorted[0].notes[0].span.begin, At(18));
  EXPECT_EQ(sorted[0].notes[1].message, "the same message in 3 instances of this code");
}

TEST_F(EngineTest, EqualErrorsOfSeveralEvaluationsAreOneInstance) {
  Engine engine(&sources_);
  for (uint8_t evaluation : {0, 1, 1}) {
    engine.Add({.kind = Kind::kUndeclared,
                .severity = Severity::Error,
                .span = At(10),
                .message = "'M' is not declared",
                .notes = {},
                .evaluation = evaluation});
    const auto sorted = engine.Sorted();
    ASSERT_EQ(sorted.size(), 1u);
    EXPECT_EQ(sorted[0].notes.size(), engine.num_errors() < 3 ? 0u : 1u);
  }
  EXPECT_EQ(engine.Sorted()[0].notes[0].message, "the same message in 2 instances of this code");
}

TEST_F(EngineTest, WarningsFailOnlyWhenAsked) {
  Engine lenient(&sources_);
  lenient.Report(Kind::kUnknownArch, At(0), {"c"});
  EXPECT_EQ(lenient.exit_code(), 0);
  EXPECT_EQ(lenient.num_warnings(), 1u);
  Engine strict(&sources_, {.warnings_as_errors = true});
  strict.Report(Kind::kUnknownArch, At(0), {"c"});
  EXPECT_EQ(strict.exit_code(), 1);
  EXPECT_NE(strict.Render().find("error: there is no architecture 'c'"), std::string::npos);
}

TEST_F(EngineTest, AFormIsReportedOnceAFileAtItsFirstPlace) {
  Engine engine(&sources_);
  engine.ReportForm(Form::kRpc, At(7));
  engine.ReportForm(Form::kRpc, At(3));
  engine.ReportForm(Form::kLaunch, At(9));
  const auto sorted = engine.Sorted();
  ASSERT_EQ(sorted.size(), 2u);
  EXPECT_EQ(sorted[0].span.begin, At(3));
  EXPECT_EQ(sorted[0].form, Form::kRpc);
  EXPECT_EQ(engine.num_warnings(), 2u);
}

TEST_F(EngineTest, TheLanguageDecidesWhatAFormIsWorth) {
  const auto kinds = [&](Options options) {
    Engine engine(&sources_, options);
    engine.ReportForm(Form::kRpc, At(0));           // old
    engine.ReportForm(Form::kIsSameType, At(1));    // aging
    engine.ReportForm(Form::kQueueByColor, At(2));  // ancient
    engine.ReportForm(Form::kTypeEquality, At(3));  // recent
    engine.ReportForm(Form::kBindTask, At(4));      // early
    std::vector<Kind> found;
    for (const Diagnostic& d : engine.Sorted()) found.push_back(d.kind);
    return found;
  };
  using K = std::vector<Kind>;
  EXPECT_EQ(kinds({}), (K{Kind::kOldForm, Kind::kOldForm, Kind::kAncientForm, Kind::kOldForm}));
  EXPECT_EQ(kinds({.no_deprecated = true}), (K{Kind::kAncientForm}));
  EXPECT_EQ(kinds({.language = Language::k2_10}),
            (K{Kind::kRemovedForm, Kind::kOldForm, Kind::kAncientForm, Kind::kAncientForm}));
  EXPECT_EQ(kinds({.language = Language::k1_4}),
            (K{Kind::kAncientForm, Kind::kNewerForm, Kind::kAncientForm}));
}

TEST_F(EngineTest, AMessageWithoutPlaceIsTextAlone) {
  Engine engine(&sources_);
  engine.Report(Kind::kImportNotFound, {}, {"'x.csl'"});
  EXPECT_EQ(engine.Render(), "error: cannot find 'x.csl'\n");
}

TEST_F(EngineTest, SummaryCountsWhatWasPrinted) {
  Engine engine(&sources_, {.max_printed = 1});
  engine.Report(Kind::kUndeclared, At(0), {"a", ""});
  engine.Report(Kind::kUndeclared, At(1), {"b", ""});
  engine.Report(Kind::kUnknownArch, At(2), {"c"});
  EXPECT_NE(engine.Render().find("(2 more not shown)\n2 errors, 1 warning\n"), std::string::npos);
}

TEST_F(EngineTest, ManyWarningsDoNotHideAnError) {
  Engine engine(&sources_, {.max_printed = 2});
  for (uint32_t i = 0; i < 3; ++i) engine.Report(Kind::kUnknownArch, At(i), {"c"});
  engine.Report(Kind::kUndeclared, At(3), {"late", ""});
  const std::string text = engine.Render();
  EXPECT_NE(text.find("'late'"), std::string::npos);
  EXPECT_NE(text.find("(2 more not shown)\n1 error, 3 warnings\n"), std::string::npos);
}

TEST(Render, LongLinesAndControlCharactersAreTamed) {
  source::Sources sources;
  const auto file = sources.AddText("long.csl", std::string(5000, 'a') + "\x1b[2J");
  Engine engine(&sources);
  engine.Report(Kind::kUndeclared, {sources.file(file).At(4990), 100000}, {"a\x1b", ""});
  const std::string text = engine.Render();
  EXPECT_LT(text.size(), 500u);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Table, NotesAreNeverErrorsAndHolesAreFilled) {
  for (uint16_t i = 0; i < kNumKinds; ++i) {
    const Kind kind = static_cast<Kind>(i);
    const bool named_note = KindName(kind).substr(0, 5) == "kNote";
    EXPECT_EQ(named_note, SeverityOf(kind) == Severity::Note && kind != Kind::kNotSupportedYet)
        << KindName(kind);
  }
  EXPECT_EQ(Format(Kind::kExpected, {"';'", "'}'"}), "expected ';', found '}'");
}

}  // namespace
}  // namespace csl::diagnostics
