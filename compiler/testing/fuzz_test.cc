// SPDX-License-Identifier: Apache-2.0
#include "compiler/testing/fuzz.h"

#include <gtest/gtest.h>

#include <set>

#include "compiler/testing/program_text.h"

namespace csl::testing {
namespace {

TEST(Mutate, DependsOnTheNumberAlone) {
  const std::vector<std::string> seeds = {"const a = 1;\n", "fn f() void { return; }\n"};
  std::set<std::string> distinct;
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(Mutate(seeds, i), Mutate(seeds, i));
    distinct.insert(Mutate(seeds, i));
  }
  EXPECT_GT(distinct.size(), 80u);
}

TEST(MutateTokens, ChangesAProgramAsAProgram) {
  const std::vector<std::string> seeds = {"const a = f(1, 2);\n", "fn f() void { return; }\n"};
  std::set<std::string> distinct;
  for (uint64_t i = 0; i < 300; ++i) {
    Random random(i);
    std::string text = seeds[0];
    MutateTokens(seeds, &random, &text);
    distinct.insert(text);
  }
  EXPECT_GT(distinct.size(), 60u);
  EXPECT_EQ(distinct.count("const a = f(2, 1);\n"), 1u) << "arguments change places";
}

TEST(ProgramText, FilesComeApartAndTogether) {
  const Program program = Split("layout {}\n// #file pe.csl\nvar a: i16;\n// #file ../b\n");
  ASSERT_EQ(program.size(), 2u) << "a file outside the folder is a comment";
  EXPECT_EQ(program[0].text, "layout {}\n");
  EXPECT_EQ(program[1].name, "pe.csl");
  EXPECT_EQ(Join(program), "layout {}\n// #file pe.csl\nvar a: i16;\n// #file ../b\n");
}

}  // namespace
}  // namespace csl::testing
