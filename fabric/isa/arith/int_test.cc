// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/arith/int.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "fabric/isa/arith/arith.h"

namespace csl::isa::arith {
namespace {

template <typename T>
class IntTest : public testing::Test {};
using Types = testing::Types<int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t>;
TYPED_TEST_SUITE(IntTest, Types);

template <typename T>
std::vector<T> Values() {
  using L = std::numeric_limits<T>;
  std::vector<T> v = {0,
                      1,
                      2,
                      3,
                      L::max(),
                      static_cast<T>(L::max() - 1),
                      L::min(),
                      static_cast<T>(L::min() + 1),
                      static_cast<T>(-1),
                      static_cast<T>(-2)};
  std::mt19937_64 random(1);
  for (int i = 0; i < 60; ++i) v.push_back(static_cast<T>(random() >> (random() % 64)));
  return v;
}

// Against exact arithmetic in 64 bits, which holds every sum, product and quotient of these types.
TYPED_TEST(IntTest, AgreesWithExactArithmetic) {
  using T = TypeParam;
  for (T a : Values<T>()) {
    for (T b : Values<T>()) {
      const __int128 x = a;
      const __int128 y = b;
      EXPECT_EQ(Add(a, b), static_cast<T>(x + y));
      EXPECT_EQ(Sub(a, b), static_cast<T>(x - y));
      EXPECT_EQ(Mul(a, b), static_cast<T>(x * y));
      if (b != 0) {
        EXPECT_EQ(Div(a, b), static_cast<T>(x / y));
      }
      if (b != 0) {
        EXPECT_EQ(Rem(a, b), static_cast<T>(x % y));
      }
    }
    EXPECT_EQ(Neg(a), static_cast<T>(-static_cast<__int128>(a)));
    EXPECT_EQ(Div(a, T{0}), static_cast<T>(-1));
    EXPECT_EQ(Rem(a, T{0}), a);
    for (uint64_t n = 0; n < 70; ++n) {
      const __int128 x = a;
      EXPECT_EQ(Shl(a, n), n < 32 ? static_cast<T>(x << n) : T{0});
      EXPECT_EQ(Shr(a, n), static_cast<T>(x >> n));
    }
  }
}

TEST(Int, BitCounts) {
  EXPECT_EQ(Clz<uint16_t>(0), 16);
  EXPECT_EQ(Ctz<int16_t>(0), 16);
  EXPECT_EQ(Clz<int16_t>(1), 15);
  EXPECT_EQ(Clz<int16_t>(-1), 0);
  EXPECT_EQ(Ctz<uint32_t>(0x80000000), 31);
  EXPECT_EQ(Popcount<int16_t>(-1), 16);
  EXPECT_EQ(Popcount<uint32_t>(0x00f00001), 5);
}

TEST(Int, AddCarryChainsWideAdditions) {
  uint16_t carry = 0;
  EXPECT_EQ(AddCarry16(0xffff, 1, &carry), 0);
  EXPECT_EQ(carry, 1);
  EXPECT_EQ(AddCarry16(0x1234, 0, &carry), 0x1235);
  EXPECT_EQ(carry, 0);
  carry = 1;
  EXPECT_EQ(AddCarry16(0xffff, 0xffff, &carry), 0xffff);
  EXPECT_EQ(carry, 1);
}

TEST(Int, WrapTo) {
  EXPECT_EQ(WrapTo(0x1ffff, 16, false), 0xffffu);
  EXPECT_EQ(static_cast<int64_t>(WrapTo(0x18000, 16, true)), -32768);
  EXPECT_EQ(WrapTo(5, 0, true), 0u);
  EXPECT_EQ(WrapTo(~uint64_t{0}, 64, false), ~uint64_t{0});
  EXPECT_EQ(static_cast<int64_t>(WrapTo(1, 1, true)), -1);
}

TEST(Int, ArithmeticIsConstexpr) {
  static_assert(Mul<uint16_t>(0xffff, 0xffff) == 1);
  static_assert(Div<int16_t>(-32768, -1) == -32768);
  static_assert(Shr<int16_t>(-4, 40) == -1);
}

// The mode of the host process must not matter.
TEST(FloatMode, IsRestoredAndMakesSubnormalsSurvive) {
  std::fesetround(FE_UPWARD);
  {
    const ScopedFloatMode mode;
    EXPECT_EQ(std::fegetround(), FE_TONEAREST);
    EXPECT_EQ(F32::Mul(0x00800000, 0x3f000000), 0x00400000u);  // 2^-126 * 0.5
  }
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
  std::fesetround(FE_TONEAREST);
}

}  // namespace
}  // namespace csl::isa::arith
