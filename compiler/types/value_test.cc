// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/value.h"

#include <gtest/gtest.h>

#include "compiler/types/dsd_value.h"
#include "compiler/types/type_store.h"

namespace csl::types {
namespace {

TEST(Value, CopiesShareAndStoresDoNotLeakIntoCopies) {
  TypeStore s;
  Value a = Value::Filled(s.Array(4, kI16Type), 4, Value::Immediate(kI16Type, 7));
  const Value b = a;
  a.SetElement(2, Value::Immediate(kI16Type, static_cast<uint64_t>(-300)));
  EXPECT_EQ(a.element(2).int64(), -300);
  EXPECT_EQ(b.element(2).int64(), 7);
  EXPECT_EQ(a.element(1).int64(), 7);
}

TEST(Value, DenseElementsKeepEveryBit) {
  TypeStore s;
  Value a = Value::Filled(s.Array(3, kU64Type), 3, Value::Immediate(kU64Type, 0));
  const uint64_t values[] = {0xff, 0x80000000, 0xffffffffffffffff};
  for (size_t i = 0; i < 3; ++i) a.SetElement(i, Value::Immediate(kU64Type, values[i]));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(a.element(i).bits(), values[i]);
}

TEST(Value, FillingATableIsLinear) {
  TypeStore s;
  constexpr size_t kCount = 200000;
  Value table = Value::Filled(s.Array(kCount, kU32Type), kCount, Value::Immediate(kU32Type, 0));
  for (size_t i = 0; i < kCount; ++i) table.SetElement(i, Value::Immediate(kU32Type, i));
  EXPECT_EQ(table.element(kCount - 1).bits(), kCount - 1);
  // Quadratic copying would move 10^10 elements: the test would not end.
}

TEST(Value, NestedElementsChangeWithoutCopyingWhenTaken) {
  TypeStore s;
  const TypeId row = s.Array(3, kI16Type);
  const TypeId pair[] = {row, row};
  const Value zeros = Value::Filled(row, 3, Value::Immediate(kI16Type, 0));
  Value v = Value::Aggregate(s.Tuple(pair), {zeros, zeros});
  Value first = v.TakeElement(0);
  first.SetElement(1, Value::Immediate(kI16Type, 5));
  v.SetElement(0, std::move(first));
  EXPECT_EQ(v.element(0).element(1).int64(), 5);
  EXPECT_EQ(v.element(1).element(1).int64(), 0);
}

TEST(Value, IdentityIsTypeAndContent) {
  TypeStore s;
  EXPECT_TRUE(Identical(Value::ComptimeInt(3), Value::ComptimeInt(3)));
  EXPECT_FALSE(Identical(Value::ComptimeInt(3), Value::Immediate(kI16Type, 3)));
  EXPECT_TRUE(Identical(Value::String("ab"), Value::String("ab")));
  const BigInt huge = BigInt(1).ShiftLeft(90);
  EXPECT_TRUE(Identical(Value::ComptimeInt(huge), Value::ComptimeInt(huge)));
  EXPECT_EQ(HashOf(Value::ComptimeInt(huge)), HashOf(Value::ComptimeInt(huge)));

  // However an array was made, equal elements make equal values.
  const TypeId array = s.Array(2, kI16Type);
  const Value dense = Value::Filled(array, 2, Value::Immediate(kI16Type, 1));
  const Value loose =
      Value::Aggregate(array, {Value::Immediate(kI16Type, 1), Value::Immediate(kI16Type, 1)});
  EXPECT_TRUE(Identical(dense, loose));
  EXPECT_EQ(HashOf(dense), HashOf(loose));

  const TypeId pointer = s.Pointer(kI16Type, false);
  EXPECT_TRUE(
      Identical(Value::Symbol(pointer, SymbolId(3), -2), Value::Symbol(pointer, SymbolId(3), -2)));
  EXPECT_FALSE(
      Identical(Value::Symbol(pointer, SymbolId(3), 0), Value::Symbol(pointer, SymbolId(3), 2)));
}

TEST(Value, ReferencesCarryTheirParts) {
  TypeStore s;
  const Value f = Value::Function(s.Fn({}, kVoidType), InstanceId(4), DeclId(9));
  EXPECT_EQ(f.instance(), InstanceId(4));
  EXPECT_EQ(f.decl(), DeclId(9));
  EXPECT_EQ(Value::Module(InstanceId(2)).instance(), InstanceId(2));
  const Value p = Value::Symbol(s.Pointer(kI16Type, false), SymbolId(1), -6);
  EXPECT_EQ(p.symbol(), SymbolId(1));
  EXPECT_EQ(p.byte_offset(), -6);
  const Value c = Value::Cell(s.Pointer(kI16Type, false), CellId(5), {1, 2});
  EXPECT_EQ(c.cell(), CellId(5));
  EXPECT_EQ(c.path().size(), 2u);
  DsdData data;
  data.base = p;
  data.extent = {10};
  EXPECT_EQ(Value::Dsd(kMem1dDsdType, data).dsd().base.byte_offset(), -6);
}

}  // namespace
}  // namespace csl::types
