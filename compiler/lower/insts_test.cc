// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/insts.h"

#include <gtest/gtest.h>

#include "compiler/lower/walk.h"

namespace csl::lower {
namespace {

std::vector<InstId> OperandsOf(const InstList& insts, InstId id) {
  std::vector<InstId> out;
  ForEachOperand(insts, id, [&](InstId operand) { out.push_back(operand); });
  return out;
}

std::vector<uint32_t> BodyEndsOf(const InstList& insts, InstId id) {
  std::vector<uint32_t> out;
  ForEachBody(insts, id, [&](Body body) { out.push_back(body.end.index); });
  return out;
}

TEST(InstsTest, FieldsAreReadAsWritten) {
  InstList insts;
  const InstId number = insts.Add({}, untyped::Int{0x123456789abcdef0});
  const InstId real = insts.Add({}, untyped::Float{-0.1});
  insts.Add({}, untyped::Void());
  const untyped::LocalDecl written = {
      .local = LocalId(3), .name = StringId(7), .init = number, .is_comptime = true};
  const InstId decl = insts.Add({}, written);
  EXPECT_EQ(insts.Get<untyped::Int>(number).value, 0x123456789abcdef0u);
  EXPECT_EQ(insts.Get<untyped::Float>(real).value, -0.1);
  const auto read = insts.Get<untyped::LocalDecl>(decl);
  EXPECT_EQ(read.local, LocalId(3));
  EXPECT_EQ(read.name, StringId(7));
  EXPECT_FALSE(read.type.valid());
  EXPECT_EQ(read.init, number);
  EXPECT_FALSE(read.is_const);
  EXPECT_TRUE(read.is_comptime);
}

TEST(InstsTest, ListsKeepTheirElementsApart) {
  InstList insts;
  const ListOf<InstId> first = insts.AddList(std::vector<InstId>{InstId(1), InstId(2)});
  const ListOf<InstId> empty = insts.AddList(std::vector<InstId>());
  const ListOf<NamedInst> named = insts.AddList(std::vector<NamedInst>{{StringId(5), InstId(6)}});
  ASSERT_EQ(insts.List(first).size(), 2u);
  EXPECT_EQ(insts.List(first)[1], InstId(2));
  EXPECT_TRUE(insts.List(empty).empty());
  ASSERT_EQ(insts.List(named).size(), 1u);
  EXPECT_EQ(insts.List(named)[0].name, StringId(5));
  EXPECT_EQ(insts.List(named)[0].value, InstId(6));
}

TEST(InstsTest, AsGivesNothingForAnotherInstructionAndForNone) {
  InstList insts;
  const InstId load = insts.Add({}, untyped::Load{InstId(0)});
  EXPECT_TRUE(insts.As<untyped::Load>(load).has_value());
  EXPECT_FALSE(insts.As<untyped::Deref>(load).has_value());
  EXPECT_FALSE(insts.As<untyped::Load>(InstId()).has_value());
}

TEST(InstsTest, OperandsAreThoseOfFieldsAndListsWithoutAbsentOnes) {
  InstList insts;
  const auto args = insts.AddList(std::vector<InstId>{InstId(8), InstId(9)});
  const auto members =
      insts.AddList(std::vector<NamedInst>{{StringId(0), InstId()}, {StringId(1), InstId(4)}});
  const auto variables = insts.AddList(std::vector<Variable>{{LocalId(0), InstId(6)}});
  using Ids = std::vector<InstId>;
  const InstId call = insts.Add({}, untyped::Call{InstId(7), args});
  EXPECT_EQ(OperandsOf(insts, call), (Ids{InstId(7), InstId(8), InstId(9)}));
  const InstId type = insts.Add({}, untyped::EnumType{InstId(), members});
  EXPECT_EQ(OperandsOf(insts, type), (Ids{InstId(4)}));
  const InstId access = insts.Add({}, untyped::TensorAccess{InstId(5), variables, {}});
  EXPECT_EQ(OperandsOf(insts, access), (Ids{InstId(5), InstId(6)}));
  const InstId decl = insts.Add({}, untyped::LocalDecl{.type = InstId(1), .align = InstId(2)});
  EXPECT_EQ(OperandsOf(insts, decl), (Ids{InstId(1), InstId(2)}));
  // Neither a requested type nor the target of a jump is an operand.
  const InstId jump = insts.Add({}, untyped::Break{InstId(3), InstId(4)});
  EXPECT_EQ(OperandsOf(insts, jump), (Ids{InstId(4)}));
  EXPECT_EQ(OperandsOf(insts, insts.Add({}, untyped::Block{.type = InstId(1)})), Ids());
}

TEST(InstsTest, BodiesComeInTheOrderInWhichTheyLie) {
  InstList insts;
  const InstId loop = insts.Add(
      {}, untyped::While{{InstId(1), InstId(3)}, {InstId(3), InstId(3)}, {InstId(3), InstId(9)}});
  EXPECT_EQ(BodyEndsOf(insts, loop), (std::vector<uint32_t>{3, 3, 9}));
  EXPECT_EQ(insts.Next(loop), InstId(9));
  const auto items = insts.AddList(std::vector<Body>{{InstId(2), InstId(4)}});
  const auto prongs = insts.AddList(std::vector<Prong>{{items, {InstId(4), InstId(6)}}});
  const InstId choice = insts.Add({}, untyped::Switch{InstId(0), {}, prongs});
  EXPECT_EQ(BodyEndsOf(insts, choice), (std::vector<uint32_t>{4, 6}));
  EXPECT_EQ(insts.Next(choice), InstId(6));
  const InstId leaf = insts.Add({}, untyped::Void());
  EXPECT_EQ(insts.Next(leaf), InstId(3));
}

TEST(InstsTest, ElseThatIsNotWrittenIsNoBody) {
  InstList insts;
  untyped::If inst = {.then_body = {InstId(1), InstId(1)}};
  const InstId id = insts.Add({}, inst);
  EXPECT_EQ(BodyEndsOf(insts, id), (std::vector<uint32_t>{1}));
  inst.else_body = {InstId(1), InstId(1)};
  insts.Set(id, inst);
  EXPECT_EQ(BodyEndsOf(insts, id), (std::vector<uint32_t>{1, 1}));
}

// Numbers of one kind do not pass for another, and nothing but Get reads the words.
static_assert(!std::is_convertible_v<uint32_t, InstId> && !std::is_convertible_v<InstId, uint32_t>);
static_assert(!std::is_convertible_v<InstId, LocalId> && !std::is_convertible_v<LocalId, InstId>);
static_assert(!std::is_constructible_v<InstId, LocalId> &&
              !std::is_constructible_v<LocalId, InstId>);

using InstsDeathTest = ::testing::Test;

TEST(InstsDeathTest, FieldsOfAnotherInstructionEndTheProcess) {
  InstList insts;
  const InstId load = insts.Add({}, untyped::Load{InstId(0)});
  EXPECT_DEATH(insts.Get<untyped::While>(load), "instruction 0 is load, not while");
  EXPECT_DEATH(insts.Set(load, untyped::Deref{}), "instruction 0 is load, not deref");
}

TEST(InstsDeathTest, InstructionBehindTheLastEndsTheProcess) {
  InstList insts;
  insts.Add({}, untyped::Void());
  EXPECT_DEATH(insts.Get<untyped::Void>(InstId(1)), "instruction 1 of 1");
  EXPECT_DEATH(insts.Get<untyped::Void>(InstId()), "of 1");
}

TEST(InstsDeathTest, ListThatReachesBehindItsElementsEndsTheProcess) {
  InstList insts;
  insts.AddList(std::vector<InstId>{InstId(1), InstId(2)});
  EXPECT_DEATH(insts.List(ListOf<InstId>{1, 2}), "list 1 \\+ 2 of 2");
  EXPECT_DEATH(insts.List(ListOf<InstId>{3, 0}), "list 3 \\+ 0 of 2");
  EXPECT_DEATH(insts.List(ListOf<Body>{0, 1}), "list 0 \\+ 1 of 0");
}

}  // namespace
}  // namespace csl::lower
