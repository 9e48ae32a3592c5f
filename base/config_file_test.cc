// SPDX-License-Identifier: Apache-2.0
#include "base/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/whole_number.h"

namespace csl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigFileTest : public ::testing::Test {
 protected:
  ConfigFileTest() {
    AddConfigOption(app_);
    app_.add_option("--work-dir", work_dir_)->required();
    app_.add_option("--cpu", cpu_)->check(WholeNumber(1, 1000));
    app_.add_option("--host-name", names_);
    app_.add_flag("--local-worker", local_);
    app_.set_version_flag("--version", "program 1");
  }
  StatusOr<std::vector<std::string>> With(const std::string& text,
                                          std::vector<std::string> more = {}) {
    EXPECT_TRUE(WriteFileAtomic(file_, text).ok());
    more.insert(more.begin(), "--config=" + file_);
    auto args = WithConfigFile(app_, more);
    if (args.ok()) args->erase(args->begin());
    return args;
  }

  const std::string file_ = testing::TempDir() + "/config.json";
  CLI::App app_;
  std::string work_dir_;
  std::optional<int64_t> cpu_;
  std::vector<std::string> names_;
  bool local_ = false;
};

TEST_F(ConfigFileTest, EachKindOfOptionIsRead) {
  const auto args =
      With(R"({"work_dir": "/w x", "cpu": 7, "host_name": ["a", "b"], "local_worker": true})");
  ASSERT_TRUE(args.ok()) << args.status().ToString();
  EXPECT_THAT(*args, ElementsAre("--cpu=7", "--host-name=a", "--host-name=b", "--local-worker",
                                 "--work-dir=/w x"));
  EXPECT_FALSE(cpu_.has_value() && *cpu_ != 7);
}

TEST_F(ConfigFileTest, TheCommandLineComesFirst) {
  const auto args = With(R"({"work_dir": "/w", "cpu": 7, "local_worker": false})",
                         {"--cpu", "8", "--work-dir=/v"});
  ASSERT_TRUE(args.ok()) << args.status().ToString();
  EXPECT_THAT(*args, ElementsAre("--cpu", "8", "--work-dir=/v"));
}

TEST_F(ConfigFileTest, WhatIsParsedIsSet) {
  ASSERT_TRUE(WriteFileAtomic(file_, R"({"work_dir": "/w", "cpu": 7})").ok());
  std::vector<std::string> words = {"program", "--config", file_, "--cpu", "8"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  EXPECT_EQ(ParseWithConfigFile(app_, app_, static_cast<int>(argv.size()), argv.data()), -1);
  EXPECT_EQ(work_dir_, "/w");
  EXPECT_EQ(cpu_, 8);
}

struct Wrong {
  const char* text;
  const char* why;
};

class WrongFileTest : public ConfigFileTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongFileTest, IsNamedWithKeyValueAndWhatIsAllowed) {
  const auto args = With(GetParam().text);
  ASSERT_FALSE(args.ok());
  EXPECT_EQ(args.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(args.status().message(), HasSubstr("'" + file_ + "'"));
  EXPECT_THAT(args.status().message(), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongFileTest,
    ::testing::Values(
        Wrong{"{", "is not JSON: parse error at line 1"}, Wrong{"[]", "is []; must be an object"},
        Wrong{R"({"wrk_dir": "/w"})",
              "unknown key 'wrk_dir'; must be one of work_dir, cpu, host_name, local_worker"},
        Wrong{R"({"work-dir": "/w"})", "unknown key 'work-dir'"},
        Wrong{R"({"config": "/w"})", "unknown key 'config'"},
        Wrong{R"({"help": true})", "unknown key 'help'"},
        Wrong{R"({"version": true})", "unknown key 'version'"},
        Wrong{R"({"work_dir": 1})", "key 'work_dir' is 1; must be a string"},
        Wrong{R"({"work_dir": null})", "key 'work_dir' is null; must be a string"},
        Wrong{R"({"work_dir": ["/w"]})", "; must be a string"},
        Wrong{R"({"cpu": "7"})", "key 'cpu' is \"7\"; must be a whole number"},
        Wrong{R"({"cpu": 7.5})", "key 'cpu' is 7.5; must be a whole number"},
        Wrong{R"({"cpu": 0})", "key 'cpu' is 0; must be a whole number from 1 to 1000"},
        Wrong{R"({"cpu": -1})", "key 'cpu' is -1; must be a whole number from 1 to 1000"},
        Wrong{R"({"cpu": 18446744073709551615})", "; must be a whole number from 1 to 1000"},
        Wrong{R"({"host_name": "a"})", "key 'host_name' is \"a\"; must be a list of strings"},
        Wrong{R"({"host_name": [1]})", "key 'host_name' is [1]; must be a list of strings"},
        Wrong{R"({"local_worker": "yes"})",
              "key 'local_worker' is \"yes\"; must be true or false"}));

TEST_F(ConfigFileTest, AMissingFileIsNamed) {
  const auto args = WithConfigFile(app_, {"--config", "/nonexistent/c.json"});
  ASSERT_FALSE(args.ok());
  EXPECT_THAT(args.status().message(), HasSubstr("/nonexistent/c.json"));
}

}  // namespace
}  // namespace csl
