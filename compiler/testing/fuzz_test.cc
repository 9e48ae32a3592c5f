// SPDX-License-Identifier: Apache-2.0
#include "compiler/testing/fuzz.h"

#include <gtest/gtest.h>

#include <set>

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

}  // namespace
}  // namespace csl::testing
