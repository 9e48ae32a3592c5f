// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/type_layout.h"

#include <gtest/gtest.h>

namespace csl::types {
namespace {

TEST(TypeLayout, Scalars) {
  TypeStore s;
  EXPECT_EQ(SizeOf(s, kBoolType), 1u);
  EXPECT_EQ(SizeOf(s, kU8Type), 1u);
  EXPECT_EQ(SizeOf(s, s.Int(true, 9)), 2u);
  EXPECT_EQ(SizeOf(s, kF16Type), 2u);
  EXPECT_EQ(SizeOf(s, s.Pointer(kF32Type, false)), 2u);
  EXPECT_EQ(SizeOf(s, kF32Type), 4u);
  EXPECT_EQ(AlignOf(s, kF32Type), 4u);
  EXPECT_EQ(SizeOf(s, s.Int(false, 48)), 8u);
  EXPECT_EQ(AlignOf(s, kU64Type), 4u);
  EXPECT_EQ(SizeOf(s, kColorType), 2u);
  EXPECT_EQ(SizeOf(s, kMem1dDsdType), 8u);
  EXPECT_EQ(SizeOf(s, kMem4dDsdType), 20u);
}

TEST(TypeLayout, Arrays) {
  TypeStore s;
  const uint32_t dims[] = {3, 5};
  EXPECT_EQ(SizeOf(s, s.Array(dims, kF32Type)), 60u);
  EXPECT_EQ(AlignOf(s, s.Array(dims, kI16Type)), 2u);
  EXPECT_EQ(SizeOf(s, s.Array(5, kU8Type)), 5u);
}

TEST(TypeLayout, StructsFollowC) {
  TypeStore s;
  const Field fields[] = {{"a", kU8Type}, {"b", kF32Type}, {"v", kVoidType}, {"c", kI16Type}};
  const TypeId t = s.NamedStruct(1, Packing::kExtern, fields, "T");
  EXPECT_EQ(FieldOffset(s, t, 0), 0u);
  EXPECT_EQ(FieldOffset(s, t, 1), 4u);
  EXPECT_EQ(FieldOffset(s, t, 3), 8u);
  EXPECT_EQ(SizeOf(s, t), 12u);
  EXPECT_EQ(AlignOf(s, t), 4u);
  const TypeId u = s.NamedUnion(2, Packing::kExtern, fields, "U");
  EXPECT_EQ(SizeOf(s, u), 4u);
  EXPECT_EQ(FieldOffset(s, u, 3), 0u);
}

TEST(TypeLayout, PackedFieldsCountFromTheLowestBit) {
  TypeStore s;
  const Field fields[] = {{"a", kI8Type}, {"b", kI8Type}, {"p", s.Pointer(kI16Type, false)}};
  const TypeId t = s.NamedStruct(1, Packing::kPacked, fields, "T");
  EXPECT_EQ(PackedBits(s, t), 32u);
  EXPECT_EQ(PackedFieldBit(s, t, 1), 8u);
  EXPECT_EQ(PackedFieldBit(s, t, 2), 16u);
  EXPECT_EQ(SizeOf(s, t), 4u);
  const Field nested[] = {{"flag", kBoolType}, {"t", t}};
  const TypeId outer = s.NamedStruct(2, Packing::kPacked, nested, "O");
  EXPECT_EQ(PackedBits(s, outer), 33u);
  EXPECT_EQ(SizeOf(s, outer), 8u);
}

}  // namespace
}  // namespace csl::types
