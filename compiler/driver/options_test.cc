// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/options.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "compiler/driver/geometry.h"

namespace csl::driver {
namespace {

Options Accepted(std::vector<std::string> args) {
  args.insert(args.end(), {"layout.csl", "--fabric-dims=8,3"});
  const CommandLine command = ParseCommandLine(args);
  EXPECT_TRUE(command.options) << command.text;
  return command.options.value_or(Options());
}

std::string Refused(std::vector<std::string> args) {
  args.insert(args.end(), {"layout.csl", "--fabric-dims=8,3"});
  const CommandLine command = ParseCommandLine(args);
  EXPECT_FALSE(command.options);
  EXPECT_EQ(command.exit_code, 2);
  return command.text;
}

TEST(OptionsTest, BothFormsOfValues) {
  const Options a = Accepted({"--arch=wse3", "--fabric-offsets=5,2", "-o=x", "--channels=2",
                              "--params=M:4,N:6", "--params=K:7"});
  const Options b = Accepted({"--arch", "wse3", "--fabric-offsets", "5,2", "-o", "x", "--channels",
                              "2", "--params", "M:4,N:6", "--params", "K:7"});
  for (const Options& o : {a, b}) {
    EXPECT_EQ(o.arch, isa::Arch::kWse3);
    EXPECT_EQ(o.offset_x, 5);
    EXPECT_EQ(o.offset_y, 2);
    EXPECT_EQ(o.output, "x");
    EXPECT_EQ(o.channels, 2);
    EXPECT_EQ(o.params, (std::map<std::string, uint64_t>{{"K", 7}, {"M", 4}, {"N", 6}}));
    EXPECT_EQ(o.root, "layout.csl");
  }
}

TEST(OptionsTest, Defaults) {
  const Options o = Accepted({});
  EXPECT_EQ(o.arch, isa::Arch::kWse2);
  EXPECT_EQ(o.fp16_format, isa::Fp16Format::kF16);
  EXPECT_EQ(o.output, "out");
  EXPECT_EQ(o.offset_x, 4);
  EXPECT_EQ(o.offset_y, 1);
  EXPECT_TRUE(o.lines);
  EXPECT_FALSE(o.memcpy);
  EXPECT_FALSE(o.output_json);
  EXPECT_EQ(o.dump, Stage::kNone);
}

TEST(OptionsTest, OptionalValues) {
  EXPECT_FALSE(Accepted({"-g0"}).lines);
  EXPECT_EQ(*Accepted({"--output-json", "-o", "dir"}).output_json, "dir.json");
  EXPECT_EQ(*Accepted({"--output-json=p.json"}).output_json, "p.json");
  EXPECT_EQ(Accepted({"--import-path", "a", "--import-path=b"}).import_dirs.size(), 2u);
}

TEST(OptionsTest, WrongValuesAreNamed) {
  EXPECT_NE(Refused({"--arch=wse9"}).find("wse9"), std::string::npos);
  EXPECT_NE(Refused({"--channels=0"}).find("SDK 1.0 removed it"), std::string::npos);
  EXPECT_NE(Refused({"--arch=wse1"}).find("SDK 1.4 removed WSE-1"), std::string::npos);
  EXPECT_NE(Refused({"--channels=17"}).find("17"), std::string::npos);
  EXPECT_NE(Refused({"--params=M"}).find("'M'"), std::string::npos);
  EXPECT_NE(Refused({"--params=M:-1"}).find("unsigned"), std::string::npos);
  EXPECT_NE(Refused({"--params=M:1", "--params=M:2"}).find("twice"), std::string::npos);
  EXPECT_NE(Refused({"--fabric-offsets=4;1"}).find("--fabric-offsets"), std::string::npos);
  EXPECT_NE(Refused({"--no-such-flag"}).find("no-such-flag"), std::string::npos);
  EXPECT_NE(Refused({"--dump=soup"}).find("untyped"), std::string::npos);
  EXPECT_NE(Refused({"-g2"}).find("-g0"), std::string::npos);
}

TEST(OptionsTest, SectionStarts) {
  const Options o = Accepted({"--link-section-start-address-bytes=.a:1024,.b:0x2000"});
  EXPECT_EQ(o.section_starts, (std::map<std::string, uint32_t>{{".a", 1024}, {".b", 0x2000}}));
  EXPECT_NE(Refused({"--link-section-start-address-bytes=.a:49152"}).find("49152"),
            std::string::npos);
  EXPECT_NE(Refused({"--link-section-start-address-bytes=.a"}).find("'.a'"), std::string::npos);
  EXPECT_TRUE(Accepted({"--out-routes"}).out_routes);
}

TEST(OptionsTest, HelpAndVersionAreNoErrors) {
  const CommandLine help = ParseCommandLine({"-h"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.text.find("--fabric-dims"), std::string::npos);
  const CommandLine version = ParseCommandLine({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  auto file = ReadTextFile("VERSION");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(version.text, "cslc " + file->substr(0, file->find('\n')) + "\n");
  EXPECT_EQ(ParseCommandLine({}).exit_code, 2);
}

TEST(GeometryTest, TheSmallestFabricIsEnough) {
  EXPECT_TRUE(BrokenRules({11, 5, 4, 1, 4, 3, 0, 0}).empty());
  EXPECT_TRUE(BrokenRules({16, 5, 6, 1, 4, 3, 2, 3}).empty());
}

TEST(GeometryTest, OneLessOfAnythingBreaksOneRule) {
  EXPECT_EQ(BrokenRules({10, 5, 4, 1, 4, 3, 0, 0}).size(), 1u);
  EXPECT_EQ(BrokenRules({11, 4, 4, 1, 4, 3, 0, 0}).size(), 1u);
  EXPECT_EQ(BrokenRules({11, 5, 3, 1, 4, 3, 0, 0}).size(), 1u);
  EXPECT_EQ(BrokenRules({11, 5, 4, 0, 4, 3, 0, 0}).size(), 1u);
  EXPECT_EQ(BrokenRules({15, 5, 6, 1, 4, 3, 2, 3}).size(), 1u);
  EXPECT_EQ(BrokenRules({16, 5, 5, 1, 4, 3, 2, 3}).size(), 1u);
}

TEST(Options, ExplainNeedsNoProgram) {
  const CommandLine one = ParseCommandLine({"--explain", "undeclared"});
  EXPECT_FALSE(one.options);
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_NE(one.text.find("error Undeclared: '...' is not declared"), std::string::npos);
  EXPECT_EQ(ParseCommandLine({"--explain=kUndeclared"}).text, one.text);
  const CommandLine all = ParseCommandLine({"--explain"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_NE(all.text.find("\nUndeclared: "), std::string::npos);
  const CommandLine none = ParseCommandLine({"--explain", "Undeclard"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.text.find("did you mean 'Undeclared'?"), std::string::npos) << none.text;
}

}  // namespace
}  // namespace csl::driver
