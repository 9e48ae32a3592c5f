// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>

#include "base/join_line.h"

namespace csl {
namespace {

constexpr int64_t kTime = 1'700'000'000'007;

TEST(LogTest, TextIsOneLine) {
  EXPECT_EQ(LogLine("cs-worker", LogFormat::kText, LogLevel::kInfo, "one\ntwo", kTime),
            "cs-worker: one two\n");
  EXPECT_EQ(LogLine("cs-worker", LogFormat::kText, LogLevel::kWarning, "no sandbox", kTime),
            "cs-worker: WARNING: no sandbox\n");
}

TEST(LogTest, JsonIsOneObjectALine) {
  EXPECT_EQ(LogLine("cs-worker", LogFormat::kJson, LogLevel::kError, "a \"b\"\nc", kTime),
            "{\"time\":\"2023-11-14T22:13:20.007Z\",\"level\":\"error\",\"program\":\"cs-worker\","
            "\"message\":\"a \\\"b\\\"\\u000ac\"}\n");
}

TEST(LogTest, FormatsAreNamed) {
  EXPECT_EQ(LogFormatProblem("json"), "");
  EXPECT_EQ(LogFormatProblem("xml"), "'xml' must be text or json");
}

TEST(JoinLineTest, WhatIsFormattedIsParsed) {
  for (const char* url : {"http://host:8080", "unix:/a/b#c.sock", "https://[::1]:1"}) {
    const auto line = ParseJoinLine(FormatJoinLine({url, "rack-1.a_b", "cslt_00"}));
    if (std::string(url).find('#') != std::string::npos) {
      EXPECT_FALSE(line.ok()) << url;
      continue;
    }
    ASSERT_TRUE(line.ok()) << line.status().ToString();
    EXPECT_EQ(line->service, url);
    EXPECT_EQ(line->worker, "rack-1.a_b");
    EXPECT_EQ(line->token, "cslt_00");
  }
}

TEST(JoinLineTest, WhatIsNotALineIsRefusedWithoutShowingIt) {
  for (const char* text :
       {"", "#", "##", "http://h:1", "http://h:1#one", "http://h:1##secret", "#one#secret",
        "http://h:1#one#", "http://h:1#a b#secret", "http://h:1#one#secret more"}) {
    const auto line = ParseJoinLine(text);
    ASSERT_FALSE(line.ok()) << text;
    EXPECT_EQ(line.status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(line.status().message().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace csl
