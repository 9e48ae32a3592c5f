// SPDX-License-Identifier: Apache-2.0
#include "compiler/lex/literals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace csl::lex {
namespace {

TEST(Literals, IntegersOfEveryBase) {
  EXPECT_EQ(IntegerValue("0"), 0u);
  EXPECT_EQ(IntegerValue("01"), 1u) << "leading zeros are decimal";
  EXPECT_EQ(IntegerValue("1_000"), 1000u);
  EXPECT_EQ(IntegerValue("0xFf"), 255u);
  EXPECT_EQ(IntegerValue("0b101"), 5u);
  EXPECT_EQ(IntegerValue("0o17"), 15u);
  EXPECT_EQ(IntegerValue("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(IntegerValue("18446744073709551616"), std::nullopt);
  EXPECT_EQ(IntegerValue("0x10000000000000000"), std::nullopt);
  EXPECT_EQ(PlainInteger("1_0"), "10");
}

TEST(Literals, FloatsAreTheNearestDouble) {
  EXPECT_EQ(FloatValue("0.1"), 0.1);
  EXPECT_EQ(FloatValue("1.5e3"), 1500.0);
  EXPECT_EQ(FloatValue("1e-10"), 1e-10);
  EXPECT_TRUE(std::isinf(FloatValue("1e999")));
  EXPECT_EQ(FloatValue("1e-999"), 0.0);
}

TEST(Literals, EscapesBecomeBytes) {
  EXPECT_EQ(StringValue(R"("a\n\t\\\"\x41\x00z")"), std::string("a\n\t\\\"A\0z", 8));
  EXPECT_EQ(StringValue("\"\xc3\xa9\""), "\xc3\xa9");
  EXPECT_EQ(CharacterValue("'a'"), 97u);
  EXPECT_EQ(CharacterValue(R"('\n')"), 10u);
  EXPECT_EQ(CharacterValue(R"('\x0a')"), 10u);
  EXPECT_EQ(CharacterValue(R"('\'')"), 39u);
  EXPECT_EQ(CharacterValue("'\xc3\xa9'"), 0xe9u);
}

}  // namespace
}  // namespace csl::lex
