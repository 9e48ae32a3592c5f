// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/union_members.h"

#include <gtest/gtest.h>

#include "compiler/types/fold.h"
#include "compiler/types/print.h"

namespace csl::types {
namespace {

class UnionMembersTest : public testing::Test {
 protected:
  TypeId Union(Packing packing) {
    const Field fields[] = {{"w", kU32Type}, {"h", kI16Type}, {"f", kF32Type}};
    return s.NamedUnion(1, packing, fields, "U");
  }
  std::string Text(const ProblemOr<Value>& v) {
    return v.ok() ? ValueText(s, *v) : v.status().message();
  }
  Value Number(TypeId t, int64_t n) { return IntValue(s, t, BigInt(n)); }
  TypeStore s;
};

TEST_F(UnionMembersTest, OfAPlainUnionOnlyTheActiveFieldExists) {
  const Value u = Value::Union(Union(Packing::kPlain), 1, Number(kI16Type, -3));
  EXPECT_EQ(Text(UnionMember(s, u, 1)), "-3");
  EXPECT_EQ(Text(UnionMember(s, u, 0)), "field 'w' of U is not active, 'h' is");
  EXPECT_EQ(Text(WithUnionMember(s, u, 0, Number(kU32Type, 1))),
            "field 'w' of U is not active, 'h' is");
  EXPECT_EQ(Text(UnionMember(s, *WithUnionMember(s, u, 1, Number(kI16Type, 7)), 1)), "7");
}

TEST_F(UnionMembersTest, ExternUnionsShareBytes) {
  const TypeId t = Union(Packing::kExtern);
  const Value u = Value::Union(t, 0, Number(kU32Type, 0x3f80fffe));
  EXPECT_EQ(Text(UnionMember(s, u, 1)), "-2");
  const Value changed = *WithUnionMember(s, u, 1, Number(kI16Type, 0));
  EXPECT_EQ(Text(UnionMember(s, changed, 0)), "1065353216");
  EXPECT_EQ(Text(UnionMember(s, changed, 2)), "1.0");
  const Value widened = *WithUnionMember(s, changed, 2, FloatValue(s, kF32Type, -2.0));
  EXPECT_EQ(Text(UnionMember(s, widened, 0)), "3221225472");
}

TEST_F(UnionMembersTest, PackedUnionsShareBits) {
  const Field nibbles[] = {{"low", s.Int(false, 4)}, {"high", s.Int(true, 12)}};
  const TypeId parts = s.NamedStruct(2, Packing::kPacked, nibbles, "Parts");
  const Field fields[] = {{"parts", parts}, {"all", kU16Type}};
  const Value u =
      Value::Union(s.NamedUnion(3, Packing::kPacked, fields, "P"), 1, Number(kU16Type, 0xffe5));
  const Value seen = *UnionMember(s, u, 0);
  EXPECT_EQ(Text(seen.element(0)), "5");
  EXPECT_EQ(Text(seen.element(1)), "-2");
  EXPECT_EQ(Text(UnionMember(s, *WithUnionMember(s, u, 0, seen), 1)), "65509");
}

TEST_F(UnionMembersTest, AnAddressHasNoBitsYet) {
  const TypeId pointer = s.Pointer(kI16Type, false);
  const Field fields[] = {{"p", pointer}, {"n", kU16Type}};
  const Value u = Value::Union(s.NamedUnion(4, Packing::kExtern, fields, "U"), 0,
                               Value::Symbol(pointer, SymbolId(1), 0));
  EXPECT_EQ(UnionMember(s, u, 1).status().kind(), diagnostics::Kind::kNotSupportedYet);
}

}  // namespace
}  // namespace csl::types
