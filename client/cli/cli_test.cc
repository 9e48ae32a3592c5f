// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "client/cli/escape.h"
#include "client/cli/render.h"
#include "client/cli/words.h"

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

TEST(RenderTest, TheClusterByStateAndByWorker) {
  const auto of = [](int cpu, int64_t mib, int systems) {
    return json{{"cpu_milli", cpu}, {"mem_bytes", mib << 20}, {"systems", systems}};
  };
  const json cluster = {
      {"states",
       {{"READY", {{"workers", 1}, {"total", of(4000, 8, 2)}, {"used", of(1000, 3, 0)}}}}},
      {"workers",
       {{{"name", "one"},
         {"state", "READY"},
         {"jobs", 1},
         {"total", of(4000, 8, 2)},
         {"used", of(1000, 3, 0)}}}},
      {"jobs", {{"QUEUED", 2}, {"RUNNING", 1}}}};
  EXPECT_EQ(ClusterTables(cluster),
            "STATE  WORKERS  MILLI-CPU  MEMORY   SYSTEMS\n"
            "READY  1        1000/4000  3/8 MiB  0/2\n\n"
            "WORKER  STATE  JOBS  MILLI-CPU  MEMORY   SYSTEMS\n"
            "one     READY  1     1000/4000  3/8 MiB  0/2\n\n"
            "Jobs: QUEUED 2, RUNNING 1\n");
  for (const json& other : {json(3), json::array(), json::object()}) {
    EXPECT_NE(ClusterTables(other).find("WORKER"), std::string::npos);
  }
}

TEST(RenderTest, TokensShowNoTextsAndWhenTheyEnd) {
  const json token = {{"id", "token-1"},   {"state", "valid"},         {"role", "user"},
                      {"user", "ada"},     {"namespaces", {"a", "b"}}, {"created_ms", 1000},
                      {"last_used_ms", 0}, {"expires_ms", 0}};
  EXPECT_EQ(TokenTable(json::array({token, json(3)}), 8000),
            "ID       STATE  ROLE  USER  NAMESPACES  AGE  LAST-USED  EXPIRES\n"
            "token-1  valid  user  ada   a,b         7s   -          never\n"
            "                                        -    -          never\n");
}

TEST(WordsTest, PrioritiesAreClassesOrNumbers) {
  const std::map<std::string, int> right = {{"p0", 99}, {"P1", 199},  {"p2", 299}, {"p3", 399},
                                            {"0", 0},   {"150", 150}, {"399", 399}};
  for (const auto& [text, value] : right) EXPECT_EQ(*ParsePriority(text), value) << text;
  for (const char* wrong : {"", "p", "p4", "p-1", "400", "-1", "1.5", "p10", "0x1", " 1"}) {
    EXPECT_EQ(ParsePriority(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(WordsTest, LabelsAreSetWithEqualsAndRemovedWithADash) {
  const LabelChanges changes = *ParseLabelChanges({"a=1", "b=", "c-", "d=x=y", "e=-", "f--"});
  EXPECT_EQ(changes.set,
            (std::map<std::string, std::string>{{"a", "1"}, {"b", ""}, {"d", "x=y"}, {"e", "-"}}));
  EXPECT_EQ(changes.remove, (std::vector<std::string>{"c", "f-"}));
  for (const char* wrong : {"", "a", "=1", "-", "="}) {
    EXPECT_EQ(ParseLabelChanges({wrong}).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

const std::vector<Verb> kVerbs = {{"", {"--version"}, {"get", "job", "log-export"}},
                                  {"get", {}, {"jobs"}},
                                  {"get jobs", {"-a", "--all"}, {}},
                                  {"job", {}, {"set-priority"}},
                                  {"job set-priority", {}, {}},
                                  {"log-export", {}, {}}};

TEST(WordsTest, WhatIsNearIsNamed) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(NearCommands("get pods", kVerbs), Names{"get jobs"});
  EXPECT_EQ(NearCommands("jobs", kVerbs), (Names{"get jobs", "job"}));
  EXPECT_EQ(NearCommands("log-exprot", kVerbs), Names{"log-export"});
  EXPECT_EQ(NearCommands("frobnicate", kVerbs), Names());
  EXPECT_EQ(NearCommands("", kVerbs), Names());
}

TEST(WordsTest, CompletionKnowsEachCommandAndWhatFollowsIt) {
  const std::string script = BashCompletion(kVerbs);
  for (const char* line :
       {"\" get\") path=\"get\" ;;", "\"get jobs\") path=\"get jobs\" ;;",
        "\"get jobs\") words=\"-a --all\" ;;", "\"\") words=\"get job log-export --version\" ;;"}) {
    EXPECT_NE(script.find(line), std::string::npos) << line << "\n" << script;
  }
}

}  // namespace
}  // namespace csl::cli
