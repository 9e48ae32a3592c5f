// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/print.h"

#include <gtest/gtest.h>

#include "compiler/types/dsd_value.h"
#include "compiler/types/fold.h"

namespace csl::types {
namespace {

TEST(TypeText, IsSpelledAsInPrograms) {
  TypeStore s;
  const uint32_t dims[] = {3, 4};
  EXPECT_EQ(TypeText(s, kComptimeIntType), "comptime_int");
  EXPECT_EQ(TypeText(s, s.Int(false, 5)), "u5");
  EXPECT_EQ(TypeText(s, s.Pointer(s.Array(dims, kF32Type), true)), "*const [3, 4]f32");
  EXPECT_EQ(TypeText(s, s.Pointer(kF32Type, false, true)), "[*]f32");
  const FnParam params[] = {{kI16Type}, {kTypeType, true}};
  EXPECT_EQ(TypeText(s, s.Fn(params, kVoidType)), "fn(i16, comptime type)void");
  EXPECT_EQ(TypeText(s, s.Fn({}, kVoidType, true)), "task()void");
  const Field fields[] = {{"x", kI16Type}};
  EXPECT_EQ(TypeText(s, s.AnonStruct(fields)), "struct { x: i16 }");
  EXPECT_EQ(TypeText(s, s.NamedStruct(1, Packing::kPacked, fields, "")),
            "packed struct { x: i16 }");
  EXPECT_EQ(TypeText(s, s.NamedStruct(1, Packing::kPlain, fields, "Point")), "Point");
}

TEST(ValueText, Scalars) {
  TypeStore s;
  EXPECT_EQ(ValueText(s, Value::ComptimeInt(-3)), "-3");
  EXPECT_EQ(ValueText(s, Value::ComptimeFloat(2)), "2.0");
  EXPECT_EQ(ValueText(s, FloatValue(s, kF32Type, 0.1)), "0.1");
  EXPECT_EQ(ValueText(s, Value::Bool(true)), "true");
  EXPECT_EQ(ValueText(s, Value::OfDirection(Direction::kWest)), "WEST");
  EXPECT_EQ(ValueText(s, Value::Type(kF16Type)), "f16");
  EXPECT_EQ(ValueText(s, Value::Immediate(kColorType, 5)), "color(5)");
  EXPECT_EQ(ValueText(s, Value::Void()), "{}");
  EXPECT_EQ(ValueText(s, Value::String("a\"b")), "a\"b");
}

TEST(ValueText, Aggregates) {
  TypeStore s;
  const Field fields[] = {{"w", kU16Type}, {"n", kComptimeStringType}};
  const Value v = Value::Aggregate(s.AnonStruct(fields),
                                   {Value::Immediate(kU16Type, 4), Value::String("a\"b\n")});
  EXPECT_EQ(ValueText(s, v), R"(.{ .w = 4, .n = "a\"b\n" })");
  const TypeId types[] = {kU16Type, kU16Type};
  const Value one = Value::Immediate(kU16Type, 1);
  EXPECT_EQ(ValueText(s, Value::Aggregate(s.Tuple(types), {one, one})), ".{ 1, 1 }");
  EXPECT_EQ(ValueText(s, Value::Aggregate(s.Tuple({}), {})), ".{}");
  EXPECT_EQ(ValueText(s, Value::Filled(s.Array(100, kU16Type), 100, one), {}, 2),
            "[100]u16{ 1, 1, ... }");
}

TEST(ValueText, UsesTheCallersNames) {
  TypeStore s;
  ValueNames names;
  names.symbol = [](SymbolId id) { return id == SymbolId(3) ? "buffer" : "?"; };
  const Value p = Value::Symbol(s.Pointer(kI16Type, false), SymbolId(3), 4);
  EXPECT_EQ(ValueText(s, p, names), "&buffer + 4");
  EXPECT_EQ(ValueText(s, p), "&symbol#3 + 4");
  DsdData d;
  d.base = p;
  d.extent = {8};
  d.stride = {2};
  EXPECT_EQ(ValueText(s, Value::Dsd(kMem1dDsdType, d), names),
            "mem1d_dsd{ .base_address = &buffer + 4, .extent = 8, .stride = 2 }");
}

}  // namespace
}  // namespace csl::types
