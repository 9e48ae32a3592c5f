// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/big_int.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace csl::types {
namespace {

// Numbers of up to 120 bits, where __int128 is the oracle for sums and bits, up to 60 for products.
BigInt FromInt128(__int128 v) {
  const bool negative = v < 0;
  auto magnitude = static_cast<unsigned __int128>(negative ? -v : v);
  const BigInt high = BigInt::FromUint64(static_cast<uint64_t>(magnitude >> 64));
  const BigInt n = high.ShiftLeft(64) + BigInt::FromUint64(static_cast<uint64_t>(magnitude));
  return negative ? -n : n;
}

__int128 Random(std::mt19937_64* random, int bits) {
  unsigned __int128 v = (*random)();
  v = v << 64 | (*random)();
  v >>= 128 - 1 - (*random)() % static_cast<uint64_t>(bits);
  const auto n = static_cast<__int128>(v);
  return (*random)() % 2 ? -n : n;
}

TEST(BigInt, AgreesWithInt128) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const __int128 a = Random(&random, 120);
    const __int128 b = Random(&random, 120);
    const BigInt x = FromInt128(a);
    const BigInt y = FromInt128(b);
    ASSERT_EQ(x + y, FromInt128(a + b));
    ASSERT_EQ(x - y, FromInt128(a - b));
    ASSERT_EQ(x & y, FromInt128(a & b));
    ASSERT_EQ(x | y, FromInt128(a | b));
    ASSERT_EQ(x ^ y, FromInt128(a ^ b));
    ASSERT_EQ(x < y, a < b);
    ASSERT_EQ(x == y, a == b);
    const int shift = static_cast<int>(random() % 100);
    ASSERT_EQ(x.ShiftRight(shift), FromInt128(a >> shift));
    if (b != 0) {
      BigInt quotient, remainder;
      BigInt::DivMod(x, y, &quotient, &remainder);
      ASSERT_EQ(quotient, FromInt128(a / b));
      ASSERT_EQ(remainder, FromInt128(a % b));
    }
    const __int128 c = Random(&random, 60);
    const __int128 d = Random(&random, 60);
    ASSERT_EQ(FromInt128(c) * FromInt128(d), FromInt128(c * d));
  }
}

TEST(BigInt, DivisionUndoesMultiplicationOfLongNumbers) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) {
    BigInt a(1), b(1);
    for (int k = 0; k < 5; ++k) a = a * BigInt(static_cast<int64_t>(random()));
    for (int k = 0; k < 2; ++k) b = b * BigInt(static_cast<int64_t>(random() | 1));
    BigInt quotient, remainder;
    BigInt::DivMod(a, b, &quotient, &remainder);
    EXPECT_EQ(quotient * b + remainder, a);
    EXPECT_TRUE(remainder.is_zero() || remainder.is_negative() == a.is_negative());
  }
}

TEST(BigInt, TextInAllBases) {
  EXPECT_EQ(BigInt::Parse("123456789012345678901234567890", 10)->ToString(),
            "123456789012345678901234567890");
  EXPECT_EQ(BigInt::Parse("ffFF0000000000000001", 16)->ToString(), "1208907372870555465154561");
  EXPECT_EQ(BigInt::Parse("101", 2)->ToString(), "5");
  EXPECT_EQ(BigInt::Parse("777", 8)->ToString(), "511");
  EXPECT_EQ(BigInt(1000000000).ToString(), "1000000000");
  EXPECT_EQ(BigInt(std::numeric_limits<int64_t>::min()).ToString(), "-9223372036854775808");
  EXPECT_EQ(BigInt().ToString(), "0");
  EXPECT_FALSE(BigInt::Parse("", 10));
  EXPECT_FALSE(BigInt::Parse("12", 2));
  EXPECT_FALSE(BigInt::Parse("1_0", 10));
}

TEST(BigInt, FitsAtTheLimitAndOnePastIt) {
  EXPECT_TRUE(BigInt(127).FitsInt(true, 8));
  EXPECT_FALSE(BigInt(128).FitsInt(true, 8));
  EXPECT_TRUE(BigInt(-128).FitsInt(true, 8));
  EXPECT_FALSE(BigInt(-129).FitsInt(true, 8));
  EXPECT_TRUE(BigInt(255).FitsInt(false, 8));
  EXPECT_FALSE(BigInt(256).FitsInt(false, 8));
  EXPECT_FALSE(BigInt(-1).FitsInt(false, 8));
  EXPECT_TRUE(BigInt(0).FitsInt(false, 0));
  EXPECT_FALSE(BigInt(-1).FitsInt(true, 0));
  EXPECT_TRUE(BigInt(std::numeric_limits<int64_t>::min()).FitsInt64());
  EXPECT_FALSE(BigInt::FromUint64(uint64_t{1} << 63).FitsInt64());
}

TEST(BigInt, WrapKeepsTheLowBits) {
  EXPECT_EQ(BigInt(65536 + 5).Wrap(false, 16), BigInt(5));
  EXPECT_EQ(BigInt(40000).Wrap(true, 16), BigInt(40000 - 65536));
  EXPECT_EQ(BigInt(-1).Wrap(false, 16), BigInt(65535));
  EXPECT_EQ((BigInt(1).ShiftLeft(100) - BigInt(1)).Wrap(true, 100), BigInt(-1));
  EXPECT_EQ(BigInt(7).Wrap(false, 0), BigInt(0));
}

TEST(BigInt, ToDoubleRoundsOnce) {
  EXPECT_EQ(BigInt(int64_t{1} << 53).ToDouble(), 9007199254740992.0);
  EXPECT_EQ(BigInt((int64_t{1} << 53) + 1).ToDouble(), 9007199254740992.0);
  // 2^100 + 2^47 is half way between two doubles (spacing 2^48); one more decides.
  const BigInt tie = BigInt(1).ShiftLeft(100) + BigInt(1).ShiftLeft(47);
  EXPECT_EQ(tie.ToDouble(), std::ldexp(1, 100));
  EXPECT_EQ((tie + BigInt(1)).ToDouble(), std::ldexp(1, 100) + std::ldexp(1, 48));
  EXPECT_EQ((-tie - BigInt(1)).ToDouble(), -(std::ldexp(1, 100) + std::ldexp(1, 48)));
  EXPECT_EQ(BigInt(1).ShiftLeft(2000).ToDouble(), std::numeric_limits<double>::infinity());
}

TEST(BigInt, FromDoubleCutsOff) {
  EXPECT_EQ(BigInt::FromDouble(-3.75), BigInt(-3));
  EXPECT_EQ(BigInt::FromDouble(0.999), BigInt(0));
  EXPECT_EQ(BigInt::FromDouble(std::ldexp(3, 200)), BigInt(3).ShiftLeft(200));
}

}  // namespace
}  // namespace csl::types
