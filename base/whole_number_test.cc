// SPDX-License-Identifier: Apache-2.0
#include "base/whole_number.h"

#include <gtest/gtest.h>

namespace csl {
namespace {

TEST(WholeNumberTest, TakesDigitsWithinTheRangeAndNothingElse) {
  for (const char* good : {"0", "7", "100"}) EXPECT_EQ(WholeNumberProblem(good, 0, 100), "");
  for (const char* bad : {"", " ", " 7", "7 ", "+7", "-1", "101", "0x7", "007", "7.0", "1e2", "nan",
                          "inf", "seven", "7k", "1_0", "1'0", "99999999999999999999"}) {
    EXPECT_NE(WholeNumberProblem(bad, 0, 100), "") << "'" << bad << "'";
  }
  EXPECT_EQ(WholeNumberProblem("-5", -5, 5), "");
  EXPECT_EQ(WholeNumberProblem("x", 1, 2), "'x' must be a whole number from 1 to 2");
}

}  // namespace
}  // namespace csl
