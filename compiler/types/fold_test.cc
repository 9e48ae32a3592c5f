// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/fold.h"

#include <gtest/gtest.h>

#include <cmath>
#include <concepts>
#include <limits>
#include <random>

#include "compiler/types/print.h"
#include "fabric/isa/arith/int.h"

namespace csl::types {
namespace {

class FoldTest : public testing::Test {
 protected:
  static std::string Show(const TypeStore& s, const ProblemOr<Folded>& r) {
    if (!r.ok()) return "error: " + r.status().message();
    const char* note = r->note == FoldNote::kWrapped     ? " (wrapped)"
                       : r->note == FoldNote::kSaturated ? " (saturated)"
                                                         : "";
    return TypeText(s, r->value.type()) + " " + ValueText(s, r->value) + note;
  }
  std::string Binary(BinaryOp op, const Value& a, const Value& b) {
    return Show(s, FoldBinary(s, op, a, b));
  }
  std::string As(TypeId t, const Value& v) { return Show(s, FoldAs(s, t, v)); }
  Value Int(TypeId t, int64_t v) { return IntValue(s, t, BigInt(v)); }
  Value F32(double d) { return FloatValue(s, kF32Type, d); }
  static Value C(std::integral auto v) { return Value::ComptimeInt(v); }
  static Value C(double v) { return Value::ComptimeFloat(v); }

  TypeStore s;
};

TEST_F(FoldTest, FixedWidthIntegersWrapWithANote) {
  EXPECT_EQ(Binary(BinaryOp::kAdd, Int(kI16Type, 32767), C(1)), "i16 -32768 (wrapped)");
  EXPECT_EQ(Binary(BinaryOp::kSub, Int(kU16Type, 0), C(1)), "u16 65535 (wrapped)");
  EXPECT_EQ(Binary(BinaryOp::kMul, Int(kU32Type, 65536), Int(kU32Type, 65536)), "u32 0 (wrapped)");
  EXPECT_EQ(Binary(BinaryOp::kAdd, Int(kU16Type, 65534), C(1)), "u16 65535");
  EXPECT_EQ(Show(s, FoldUnary(s, UnaryOp::kNeg, Int(kI16Type, -32768))), "i16 -32768 (wrapped)");
  EXPECT_EQ(Show(s, FoldUnary(s, UnaryOp::kBitNot, Int(kU16Type, 1))), "u16 65534");
}

TEST_F(FoldTest, ComptimeIntegersGrow) {
  EXPECT_EQ(Binary(BinaryOp::kAdd, C(std::numeric_limits<int64_t>::max()), C(1)),
            "comptime_int 9223372036854775808");
  EXPECT_EQ(Binary(BinaryOp::kShl, C(1), C(100)), "comptime_int 1267650600228229401496703205376");
  EXPECT_EQ(Binary(BinaryOp::kMul, C(std::numeric_limits<int64_t>::min()),
                   C(std::numeric_limits<int64_t>::min())),
            "comptime_int 85070591730234615865843651857942052864");
  EXPECT_EQ(Binary(BinaryOp::kMul, Int(kU64Type, -1), Int(kU64Type, -1)), "u64 1 (wrapped)");
}

TEST_F(FoldTest, DivisionTruncatesAndZeroIsAnError) {
  EXPECT_EQ(Binary(BinaryOp::kDiv, C(-7), C(2)), "comptime_int -3");
  EXPECT_EQ(Binary(BinaryOp::kRem, C(-7), C(2)), "comptime_int -1");
  EXPECT_EQ(Binary(BinaryOp::kDiv, Int(kI16Type, -32768), C(-1)), "i16 -32768 (wrapped)");
  EXPECT_EQ(Binary(BinaryOp::kDiv, Int(kI16Type, 1), C(0)), "error: division by zero");
  EXPECT_EQ(Binary(BinaryOp::kRem, C(1), C(0)), "error: division by zero");
  EXPECT_EQ(Binary(BinaryOp::kDiv, C(1.0), C(0.0)), "error: division by zero");
  EXPECT_EQ(Binary(BinaryOp::kDiv, F32(1.0), F32(0.0)), "f32 inf");
}

TEST_F(FoldTest, Shifts) {
  EXPECT_EQ(Binary(BinaryOp::kShr, Int(kI16Type, -5), C(1)), "i16 -3");
  EXPECT_EQ(Binary(BinaryOp::kShr, Int(kU16Type, 0x8000), Int(kU32Type, 15)), "u16 1");
  EXPECT_EQ(Binary(BinaryOp::kShl, Int(kU16Type, 0xffff), C(8)), "u16 65280");
  EXPECT_EQ(Binary(BinaryOp::kShl, Int(kU16Type, 1), C(16)),
            "error: shift of u16 by 16: the count must be less than 16");
  EXPECT_EQ(Binary(BinaryOp::kShl, Int(kU16Type, 1), Int(kI16Type, 1)),
            "error: a shift count must be unsigned or comptime_int, not i16");
}

TEST_F(FoldTest, OperandTypesAreChecked) {
  EXPECT_EQ(Binary(BinaryOp::kAdd, Value::Bool(true), Value::Bool(true)),
            "error: operator '+' needs numbers, not bool");
  EXPECT_EQ(Binary(BinaryOp::kBitAnd, F32(1), F32(1)),
            "error: operator '&' needs integers, not f32");
  EXPECT_EQ(Binary(BinaryOp::kLt, Value::String("a"), Value::String("b")),
            "error: operator '<' needs numbers, not comptime_string");
  EXPECT_EQ(Binary(BinaryOp::kAdd, Int(kI16Type, 1), C(1.5)),
            "error: i16 and comptime_float have no common type");
  EXPECT_EQ(Show(s, FoldUnary(s, UnaryOp::kBitNot, C(1))),
            "error: operator '~' needs a fixed-width integer, not comptime_int");
}

TEST_F(FoldTest, Equality) {
  EXPECT_EQ(Binary(BinaryOp::kEq, Value::Type(kF16Type), Value::Type(kF32Type)), "bool false");
  EXPECT_EQ(Binary(BinaryOp::kNe, Value::String("a"), Value::String("b")), "bool true");
  EXPECT_EQ(Binary(BinaryOp::kEq, Value::OfDirection(Direction::kEast),
                   Value::OfDirection(Direction::kEast)),
            "bool true");
  EXPECT_EQ(Binary(BinaryOp::kEq, Int(kI16Type, 3), Int(kU32Type, 3)), "bool true");
  EXPECT_EQ(Binary(BinaryOp::kEq, F32(NAN), F32(NAN)), "bool false");
  EXPECT_EQ(Binary(BinaryOp::kGe, F32(NAN), F32(0)), "bool false");
  EXPECT_EQ(Binary(BinaryOp::kLt, Int(kU64Type, -1), C(0)), "bool false");
}

TEST_F(FoldTest, FloatsRoundPerOperation) {
  const Value big = FloatValue(s, kF16Type, 2048);
  EXPECT_EQ(Binary(BinaryOp::kAdd, big, FloatValue(s, kF16Type, 1)), "f16 2048.0");
  EXPECT_EQ(Binary(BinaryOp::kAdd, big, FloatValue(s, kF16Type, 3)), "f16 2052.0");
  EXPECT_EQ(Binary(BinaryOp::kMul, F32(0.1), C(0.1)), "f32 0.010000001");
}

TEST_F(FoldTest, As) {
  EXPECT_EQ(As(kU16Type, C(65536)), "u16 0 (wrapped)");
  EXPECT_EQ(As(kI16Type, F32(-2.9)), "i16 -2");
  EXPECT_EQ(As(kI16Type, F32(1e9)), "i16 32767 (saturated)");
  EXPECT_EQ(As(kU16Type, F32(-1)), "u16 0 (saturated)");
  EXPECT_EQ(As(kI16Type, F32(NAN)), "i16 0 (saturated)");
  EXPECT_EQ(As(kBoolType, F32(NAN)), "bool true");
  EXPECT_EQ(As(kBoolType, C(0)), "bool false");
  EXPECT_EQ(As(kF32Type, Value::Bool(true)), "f32 1.0");
  EXPECT_EQ(As(kComptimeFloatType, Int(kI16Type, 3)), "comptime_float 3.0");
  EXPECT_EQ(As(kComptimeIntType, Int(kU16Type, 65535)), "comptime_int 65535");
  // 2^24 + 1 + 2^-30 beyond a double's 53 bits: half way is decided by the last bit.
  const BigInt sticky = BigInt((1 << 24) + 1).ShiftLeft(70) + BigInt(1);
  EXPECT_EQ(ToDouble(s, FoldAs(s, kF32Type, Value::ComptimeInt(sticky))->value),
            std::ldexp((1 << 24) + 2, 70));
}

TEST_F(FoldTest, AsOfEnums) {
  const EnumMember members[] = {{"red", 0}, {"blue", 4}};
  const TypeId color = s.Enum(1, kU16Type, members, "Paint");
  const TypeId other = s.Enum(2, kU16Type, members, "Other");
  EXPECT_EQ(As(color, C(4)), "Paint Paint.blue");
  EXPECT_EQ(As(kI32Type, Value::Immediate(color, 4)), "i32 4");
  EXPECT_EQ(As(other, Value::Immediate(color, 4)),
            "error: @as cannot turn Paint into Other: go through an integer");
  EXPECT_EQ(As(kF32Type, Value::Immediate(color, 4)), "error: @as cannot turn Paint into f32");
}

TEST_F(FoldTest, Bitcast) {
  auto cast = [this](TypeId t, const Value& v) {
    ProblemOr<Value> r = FoldBitcast(s, t, v);
    return r.ok() ? ValueText(s, *r) : "error: " + r.status().message();
  };
  EXPECT_EQ(cast(kU32Type, F32(1)), "1065353216");
  EXPECT_EQ(cast(kF32Type, Int(kU32Type, 0x40490fdb)), "3.1415927");
  EXPECT_EQ(cast(kI16Type, Int(kU16Type, 0xffff)), "-1");
  EXPECT_EQ(cast(kU16Type, F32(1)), "error: @bitcast from f32 (32 bits) to u16 (16 bits)");
  const TypeId pointer = s.Pointer(kU16Type, false);
  EXPECT_EQ(cast(pointer, Int(kU16Type, 0x7f20)), "0x7f20");
  EXPECT_EQ(cast(pointer, FloatValue(s, kF16Type, 1)),
            "error: @bitcast to a pointer needs an integer, not f16");
  const Field fields[] = {{"low", kI8Type}, {"high", kU8Type}};
  const TypeId packed = s.NamedStruct(9, Packing::kPacked, fields, "Pair");
  EXPECT_EQ(cast(packed, Int(kU16Type, 0x12ff)), "Pair{ .low = -1, .high = 18 }");
  EXPECT_EQ(cast(kU16Type, *FoldBitcast(s, packed, Int(kU16Type, 0x12ff))), "4863");
}

// Folding at 16 and 32 bits against exact 64-bit arithmetic.
TEST_F(FoldTest, AgreesWithWideArithmetic) {
  std::mt19937_64 random(3);
  for (TypeId t : {kI8Type, kU8Type, kI16Type, kU16Type, kI32Type, kU32Type}) {
    const uint32_t bits = s.int_bits(t);
    const bool is_signed = s.int_is_signed(t);
    for (int i = 0; i < 3000; ++i) {
      const Value a = Int(t, static_cast<int64_t>(random() >> (random() % 64)));
      const Value b = Int(t, static_cast<int64_t>(random() >> (random() % 64)));
      auto expect = [&](BinaryOp op, __int128 exact) {
        const Value r = FoldBinary(s, op, a, b)->value;
        EXPECT_EQ(r.bits(), isa::arith::WrapTo(static_cast<uint64_t>(exact), bits, is_signed));
      };
      expect(BinaryOp::kAdd, __int128{a.int64()} + b.int64());
      expect(BinaryOp::kSub, __int128{a.int64()} - b.int64());
      expect(BinaryOp::kMul, __int128{a.int64()} * b.int64());
      if (b.int64() != 0) expect(BinaryOp::kDiv, __int128{a.int64()} / b.int64());
      if (b.int64() != 0) expect(BinaryOp::kRem, __int128{a.int64()} % b.int64());
    }
  }
}

}  // namespace
}  // namespace csl::types
