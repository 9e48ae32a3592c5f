// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/encode.h"

#include <gtest/gtest.h>

#include "compiler/types/coercion.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/fold.h"
#include "fabric/isa/descriptor.h"

namespace csl::types {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(Encode, ScalarsAreLittleEndian) {
  TypeStore s;
  EXPECT_EQ(Encode(s, Value::Immediate(kU32Type, 0x12345678))->bytes,
            (Bytes{0x78, 0x56, 0x34, 0x12}));
  EXPECT_EQ(Encode(s, IntValue(s, kI16Type, BigInt(-2)))->bytes, (Bytes{0xfe, 0xff}));
  EXPECT_EQ(Encode(s, FloatValue(s, kF16Type, 1.0))->bytes, (Bytes{0x00, 0x3c}));
  EXPECT_EQ(Encode(s, Value::Bool(true))->bytes, (Bytes{1}));
  const TypeId i96 = s.Int(true, 96);
  EXPECT_EQ(Encode(s, IntValue(s, i96, BigInt(-2)))->bytes,
            (Bytes{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
}

TEST(Encode, AggregatesFollowTheLayout) {
  TypeStore s;
  const Field fields[] = {{"a", kU8Type}, {"b", kF32Type}};
  const TypeId t = s.NamedStruct(1, Packing::kExtern, fields, "T");
  const Value v = Value::Aggregate(t, {Value::Immediate(kU8Type, 9), FloatValue(s, kF32Type, 1.0)});
  EXPECT_EQ(Encode(s, v)->bytes, (Bytes{9, 0, 0, 0, 0, 0, 0x80, 0x3f}));
  const Field packed_fields[] = {{"a", s.Int(false, 4)}, {"b", s.Int(true, 12)}};
  const TypeId p = s.NamedStruct(2, Packing::kPacked, packed_fields, "P");
  const Value packed = Value::Aggregate(
      p, {Value::Immediate(s.Int(false, 4), 5), IntValue(s, s.Int(true, 12), BigInt(-1))});
  EXPECT_EQ(Encode(s, packed)->bytes, (Bytes{0xf5, 0xff}));
}

TEST(Encode, AddressesBecomeRelocations) {
  TypeStore s;
  const TypeId pointer = s.Pointer(kI16Type, false);
  const TypeId fn_pointer = s.Pointer(s.Fn({}, kVoidType), true);
  const TypeId types[] = {kI16Type, pointer, fn_pointer};
  const Value v = Value::Aggregate(
      s.Tuple(types), {Value::Immediate(kI16Type, 1), Value::Symbol(pointer, SymbolId(7), 4),
                       Value::Function(fn_pointer, InstanceId(2), DeclId(3))});
  const EncodedValue e = *Encode(s, v);
  ASSERT_EQ(e.relocations.size(), 2u);
  EXPECT_EQ(e.relocations[0].offset, 2u);
  EXPECT_EQ(e.relocations[0].symbol, SymbolId(7));
  EXPECT_EQ(e.relocations[0].addend, 4);
  EXPECT_EQ(e.relocations[1].offset, 4u);
  EXPECT_FALSE(e.relocations[1].symbol.valid());
  EXPECT_EQ(e.relocations[1].decl, DeclId(3));
  EXPECT_FALSE(e.all_zero());
  EXPECT_TRUE(Encode(s, ZeroValue(s, s.Array(5, kF32Type)))->all_zero());
}

TEST(Encode, ArraysOfZerosButForOneElement) {
  TypeStore s;
  for (const size_t place : {0, 1, 3, 4}) {
    Value v = ZeroValue(s, s.Array(5, kU16Type));
    EXPECT_TRUE(v.is_zero_array());
    v.SetElement(place, Value::Immediate(kU16Type, 0x1200));
    EXPECT_FALSE(v.is_zero_array());
    Bytes expected(10);
    expected[2 * place + 1] = 0x12;
    EXPECT_EQ(Encode(s, v)->bytes, expected);
  }
}

TEST(Encode, DsdsAreMachineDescriptors) {
  TypeStore s;
  DsdData d;
  d.base = Value::Symbol(s.Pointer(kF32Type, false, true), SymbolId(1), 8);
  d.rank = 2;
  d.extent = {3, 5};  // rows of 5
  d.stride = {1, 4};
  const EncodedValue e = *Encode(s, Value::Dsd(kMem4dDsdType, d));
  const isa::Descriptor descriptor = *isa::Descriptor::Decode(e.bytes);
  EXPECT_EQ(descriptor.kind(), isa::DsdKind::kMem4d);
  EXPECT_EQ(descriptor.extent[0], 5);
  EXPECT_EQ(descriptor.extent[1], 3);
  EXPECT_EQ(descriptor.stride[0], 1);
  EXPECT_EQ(descriptor.stride[1], 4);
  ASSERT_EQ(e.relocations.size(), 1u);
  EXPECT_EQ(e.relocations[0].offset, isa::kDsdBaseOffset);
  EXPECT_EQ(e.relocations[0].addend, 8);
  EXPECT_TRUE(Encode(s, ZeroValue(s, kMem1dDsdType))->all_zero());
}

TEST(Encode, ComptimeOnlyValuesHaveNoBytes) {
  TypeStore s;
  EXPECT_EQ(Encode(s, Value::ComptimeInt(1)).status().kind(), diagnostics::Kind::kNotSupportedYet);
}

}  // namespace
}  // namespace csl::types
