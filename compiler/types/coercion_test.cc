// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/coercion.h"

#include <gtest/gtest.h>

#include "compiler/types/fold.h"
#include "compiler/types/print.h"

namespace csl::types {
namespace {

class CoercionTest : public testing::Test {
 protected:
  Conversion Classify(TypeId from, TypeId to) { return ClassifyCoercion(s, from, to).conversion; }
  // The text of the coerced value, or "error: ...".
  std::string Coerce(const Value& v, TypeId to) {
    ProblemOr<CoercedValue> r = CoerceValue(s, v, to);
    if (!r.ok()) return "error: " + r.status().message();
    EXPECT_EQ(r->value.type(), to);
    return ValueText(s, r->value) + (r->note == CoercionNote::kIntegralFloat ? " (noted)" : "");
  }
  Value Int(TypeId t, int64_t v) { return IntValue(s, t, BigInt(v)); }
  TypeId Ptr(TypeId t) { return s.Pointer(t, false); }
  TypeId ConstPtr(TypeId t) { return s.Pointer(t, true); }
  TypeId Many(TypeId t) { return s.Pointer(t, false, true); }
  TypeId ConstMany(TypeId t) { return s.Pointer(t, true, true); }

  TypeStore s;
};

TEST_F(CoercionTest, IntegersWiden) {
  EXPECT_EQ(Classify(kI16Type, kI32Type), Conversion::kSignExtend);
  EXPECT_EQ(Classify(kU16Type, kU32Type), Conversion::kZeroExtend);
  EXPECT_EQ(Classify(kU16Type, kI32Type), Conversion::kZeroExtend);
  EXPECT_EQ(Classify(kU16Type, kI16Type), Conversion::kImpossible);
  EXPECT_EQ(Classify(kI16Type, kU32Type), Conversion::kImpossible);
  EXPECT_EQ(Classify(kI32Type, kI16Type), Conversion::kImpossible);
  EXPECT_EQ(ClassifyCoercion(s, kI16Type, kU32Type).reason, "the sign would be lost");
}

TEST_F(CoercionTest, KnownIntegersFitWhereTheirNumberFits) {
  EXPECT_EQ(Coerce(Value::ComptimeInt(255), kU8Type), "255");
  EXPECT_EQ(Coerce(Value::ComptimeInt(256), kU8Type), "error: 256 does not fit in u8 (0 to 255)");
  EXPECT_EQ(Coerce(Value::ComptimeInt(-1), kU16Type), "error: -1 does not fit in u16 (0 to 65535)");
  EXPECT_EQ(Coerce(Value::ComptimeInt(-32768), kI16Type), "-32768");
  EXPECT_EQ(Coerce(Int(kU32Type, 7), kI8Type), "7");
  EXPECT_EQ(Coerce(Int(kI16Type, 40), kU16Type), "40");
  EXPECT_EQ(Coerce(Int(kI16Type, -40), kU16Type), "error: -40 does not fit in u16 (0 to 65535)");
  EXPECT_EQ(Coerce(Int(kU32Type, 0xffffffff), kComptimeIntType), "4294967295");
}

TEST_F(CoercionTest, FloatsWidenAndIntegersDoNotBecomeFloats) {
  EXPECT_EQ(Classify(kF16Type, kF32Type), Conversion::kFloatWiden);
  EXPECT_EQ(Classify(kF32Type, kF16Type), Conversion::kImpossible);
  EXPECT_EQ(Classify(kF16Type, kBf16Type), Conversion::kImpossible);
  EXPECT_EQ(Coerce(Value::ComptimeFloat(0.1), kF32Type), "0.1");
  EXPECT_EQ(Coerce(Value::ComptimeFloat(1e39), kF32Type), "error: 1e+39 is too large for f32");
  EXPECT_EQ(Coerce(Value::ComptimeFloat(2.0), kI16Type), "2 (noted)");
  EXPECT_EQ(Coerce(Value::ComptimeFloat(0.5), kI32Type),
            "error: 0.5 is not an integer; use @as to truncate it");
  EXPECT_EQ(Coerce(Value::ComptimeInt(1), kF32Type),
            "error: expected f32, found comptime_int: integers become floats only through @as");
}

TEST_F(CoercionTest, Pointers) {
  const uint32_t square[] = {2, 3};
  const TypeId line = s.Array(6, kI16Type);
  const TypeId grid = s.Array(square, kI16Type);
  EXPECT_EQ(Classify(Ptr(kI16Type), ConstPtr(kI16Type)), Conversion::kPointer);
  EXPECT_EQ(Classify(ConstPtr(kI16Type), Ptr(kI16Type)), Conversion::kImpossible);
  EXPECT_EQ(Classify(Ptr(line), Many(kI16Type)), Conversion::kPointer);
  EXPECT_EQ(Classify(Ptr(grid), Many(kI16Type)), Conversion::kPointer);
  EXPECT_EQ(Classify(ConstPtr(line), ConstMany(kI16Type)), Conversion::kPointer);
  EXPECT_EQ(Classify(ConstPtr(line), Many(kI16Type)), Conversion::kImpossible);
  EXPECT_EQ(Classify(Ptr(line), Many(kU16Type)), Conversion::kImpossible);
  EXPECT_EQ(Classify(Ptr(kI16Type), Ptr(s.Array(1, kI16Type))), Conversion::kPointer);
  EXPECT_EQ(Classify(Ptr(kI16Type), Ptr(s.Array(2, kI16Type))), Conversion::kImpossible);
  EXPECT_EQ(Classify(Many(kI16Type), Ptr(kI16Type)), Conversion::kImpossible);
  EXPECT_EQ(Classify(Many(kI16Type), Ptr(kAnyopaqueType)), Conversion::kPointer);
  EXPECT_EQ(Classify(Many(kI16Type), ConstMany(kI16Type)), Conversion::kPointer);
}

TEST_F(CoercionTest, FunctionsBecomeConstPointers) {
  const TypeId fn = s.Fn({}, kVoidType);
  EXPECT_EQ(Classify(fn, ConstPtr(fn)), Conversion::kFunctionPointer);
  EXPECT_EQ(Classify(fn, Ptr(fn)), Conversion::kImpossible);
  EXPECT_EQ(Classify(s.Fn({}, kI16Type), ConstPtr(fn)), Conversion::kImpossible);
}

TEST_F(CoercionTest, AnonymousStructsMatchFieldsByName) {
  const Field named_fields[] = {{"x", kI16Type}, {"y", kF32Type}};
  const TypeId named = s.NamedStruct(1, Packing::kPlain, named_fields, "P");
  const Field swapped[] = {{"y", kComptimeFloatType}, {"x", kComptimeIntType}};
  const Value v =
      Value::Aggregate(s.AnonStruct(swapped), {Value::ComptimeFloat(0.5), Value::ComptimeInt(3)});
  EXPECT_EQ(Coerce(v, named), "P{ .x = 3, .y = 0.5 }");
  EXPECT_EQ(Classify(s.AnonStruct(swapped), named), Conversion::kFields);

  const Field short_fields[] = {{"x", kComptimeIntType}};
  const Value incomplete = Value::Aggregate(s.AnonStruct(short_fields), {Value::ComptimeInt(3)});
  EXPECT_EQ(Coerce(incomplete, named),
            "error: expected P, found struct { x: comptime_int }: it has 1 fields, not 2");
  const Value bad = Value::Aggregate(s.AnonStruct(swapped),
                                     {Value::ComptimeFloat(0.5), Value::ComptimeInt(70000)});
  EXPECT_EQ(Coerce(bad, named), "error: field 'x': 70000 does not fit in i16 (-32768 to 32767)");
}

TEST_F(CoercionTest, UnionsTakeOneField) {
  const Field fields[] = {{"i", kI16Type}, {"f", kF32Type}};
  const TypeId u = s.NamedUnion(1, Packing::kPlain, fields, "U");
  const Field one[] = {{"f", kComptimeFloatType}};
  EXPECT_EQ(Coerce(Value::Aggregate(s.AnonStruct(one), {Value::ComptimeFloat(1.5)}), u),
            "U{ .f = 1.5 }");
}

TEST_F(CoercionTest, ZeroValues) {
  EXPECT_EQ(ValueText(s, ZeroValue(s, s.Array(2, kF32Type))), "[2]f32{ 0.0, 0.0 }");
  EXPECT_EQ(ZeroValue(s, kMem1dDsdType).form(), Form::kImmediate);
  EXPECT_FALSE(ZeroValue(s, kTypeType));
  EXPECT_FALSE(ZeroValue(s, s.Array(3, kImportedModuleType)));
}

}  // namespace
}  // namespace csl::types
