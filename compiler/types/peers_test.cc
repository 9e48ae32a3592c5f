// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "compiler/types/coercion.h"
#include "compiler/types/fold.h"
#include "compiler/types/print.h"

namespace csl::types {
namespace {

class PeersTest : public testing::Test {
 protected:
  std::string Resolve(std::initializer_list<Peer> peers) {
    ProblemOr<TypeId> t = ResolvePeers(s, std::vector<Peer>(peers));
    return t.ok() ? TypeText(s, *t) : "error: " + t.status().message();
  }
  TypeStore s;
  Value three = Value::ComptimeInt(3);
  Value big = Value::ComptimeInt(70000);
  Value half = Value::ComptimeFloat(0.5);
};

TEST_F(PeersTest, ComptimeNumbersTakeTheOthersType) {
  const Peer comptime_three = {kComptimeIntType, &three};
  EXPECT_EQ(Resolve({{kI16Type}, comptime_three}), "i16");
  EXPECT_EQ(Resolve({comptime_three, {kU32Type}}), "u32");
  EXPECT_EQ(Resolve({comptime_three, comptime_three}), "comptime_int");
  EXPECT_EQ(Resolve({{kI16Type}, {kComptimeIntType, &big}}),
            "error: 70000 does not fit in i16 (-32768 to 32767)");
  EXPECT_EQ(Resolve({{kF16Type}, {kComptimeFloatType, &half}}), "f16");
  EXPECT_EQ(Resolve({{kF32Type}, comptime_three}),
            "error: f32 and comptime_int have no common type");
}

TEST_F(PeersTest, NumbersWiden) {
  EXPECT_EQ(Resolve({{kU16Type}, {kI32Type}}), "i32");
  EXPECT_EQ(Resolve({{kF32Type}, {kF16Type}}), "f32");
  EXPECT_EQ(Resolve({{kU16Type}, {kI16Type}}), "error: u16 and i16 have no common type");
  EXPECT_EQ(Resolve({{kI8Type}, {kU16Type}, {kI32Type}}), "error: i8 and u16 have no common type");
}

TEST_F(PeersTest, KnownFixedIntegersFollowTheRunTimeOperand) {
  const Value i16_three = IntValue(s, kI16Type, BigInt(3));
  const Value i16_minus = IntValue(s, kI16Type, BigInt(-3));
  EXPECT_EQ(Resolve({{kU16Type}, {kI16Type, &i16_three}}), "u16");
  EXPECT_EQ(Resolve({{kI16Type, &i16_three}, {kU16Type}}), "u16");
  EXPECT_EQ(Resolve({{kU16Type}, {kI16Type, &i16_minus}}),
            "error: u16 and i16 have no common type");
  // Widening, where the types alone allow it, comes first.
  const Value u32_three = IntValue(s, kU32Type, BigInt(3));
  EXPECT_EQ(Resolve({{kU16Type}, {kU32Type, &u32_three}}), "u32");
}

TEST_F(PeersTest, Pointers) {
  const TypeId one = s.Pointer(kI32Type, false);
  const TypeId array_of_one = s.Pointer(s.Array(1, kI32Type), true);
  const TypeId array_of_two = s.Pointer(s.Array(2, kI32Type), false);
  EXPECT_EQ(Resolve({{one}, {array_of_one}}), "*const [1]i32");
  EXPECT_EQ(Resolve({{array_of_two}, {s.Pointer(s.Array(3, kI32Type), false)}}), "[*]i32");
  EXPECT_EQ(Resolve({{array_of_two}, {array_of_one}}), "[*]const i32");
  EXPECT_EQ(Resolve({{one}, {s.Pointer(kF32Type, false)}}),
            "error: *i32 and *f32 have no common type");
}

TEST_F(PeersTest, NoreturnAgreesWithEverything) {
  EXPECT_EQ(Resolve({{kNoreturnType}, {kI16Type}}), "i16");
  EXPECT_EQ(Resolve({{kI16Type}, {kNoreturnType}}), "i16");
  EXPECT_EQ(Resolve({{kNoreturnType}, {kNoreturnType}}), "noreturn");
}

TEST_F(PeersTest, AnonymousStructsFieldByField) {
  const Field a[] = {{"x", kComptimeIntType}, {"y", kI16Type}};
  const Field b[] = {{"x", kU16Type}, {"y", kI32Type}};
  EXPECT_EQ(Resolve({{s.AnonStruct(a)}, {s.AnonStruct(b)}}), "struct { x: u16, y: i32 }");
}

}  // namespace
}  // namespace csl::types
