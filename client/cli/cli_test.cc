// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "client/cli/escape.h"
#include "client/cli/render.h"

namespace csl::cli {
namespace {

using nlohmann::json;

TEST(EscapeTest, TitleSequencesCannotReachTheTerminal) {
  EXPECT_EQ(EscapeControls("a\033]0;pwn\ab"), "a\\x1b]0;pwn\\x07b");
}

TEST(EscapeTest, LinesAndLettersStay) {
  EXPECT_EQ(EscapeControls("größe\t1\n"), "größe\t1\n");
  EXPECT_EQ(EscapeLine("a\nb\tc"), "a\\x0ab\\x09c");
}

TEST(EscapeTest, CarriageReturnsCannotHideText) {
  EXPECT_EQ(EscapeControls("failed\rok    "), "failed\\x0dok    ");
}

TEST(EscapeTest, EightBitControlsAndBrokenTextAreShownAsBytes) {
  EXPECT_EQ(EscapeControls("\xc2\x9b"
                           "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(EscapeControls("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(EscapeControls("\xe2\x80\xae"), "\\xe2\\x80\\xae");
}

TEST(RenderTest, DurationsAreShort) {
  EXPECT_EQ(ShortDuration(-5), "0s");
  EXPECT_EQ(ShortDuration(59'999), "59s");
  EXPECT_EQ(ShortDuration(60'000), "1m0s");
  EXPECT_EQ(ShortDuration(3'600'000 * 5 + 60'000 * 7), "5h7m");
  EXPECT_EQ(ShortDuration(3'600'000 * 50), "2d2h");
}

TEST(RenderTest, JobTableHasTheDocumentedColumns) {
  const json job = {{"id", "wsjob-1"},        {"workflow", "wflow-1"},
                    {"kind", "compile"},      {"namespace", "job-operator"},
                    {"state", "RUNNING"},     {"priority", 299},
                    {"systems", 0},           {"user", "\033[31mu"},
                    {"labels", {{"a", "b"}}}, {"created_ms", 1000},
                    {"started_ms", 3000},     {"finished_ms", 0}};
  EXPECT_EQ(JobTable(json::array({job}), 8000, "unix:/s"),
            "SESSION       NAME     TYPE     PRIORITY  AGE  DURATION  PHASE    SYSTEMS  USER       "
            "LABELS  WORKFLOW  DASHBOARD\n"
            "job-operator  wsjob-1  compile  299       7s   5s        RUNNING  0        \\x1b[31mu "
            " a=b     wflow-1   unix:/s/v1/jobs/wsjob-1\n");
}

TEST(RenderTest, AnswersOfAnotherFormMakeEmptyRows) {
  EXPECT_NE(JobTable(json::array({json(3), json::array({1})}), 0, "").find("SESSION"),
            std::string::npos);
}

TEST(RenderTest, YamlNestsAndQuotes) {
  const json value = {{"a", {{"b", json::array({1, "x\n"})}}}, {"c", json::array()}, {"d", "e"}};
  EXPECT_EQ(Yaml(value), "a:\n  b:\n    - 1\n    - \"x\\n\"\nc: []\nd: \"e\"\n");
}

}  // namespace
}  // namespace csl::cli
