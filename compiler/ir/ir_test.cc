// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "compiler/ir/builder.h"
#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/ir/text.h"
#include "compiler/ir/verifier.h"

namespace csl::ir {
namespace {

// fn sum(n: i16) i32 { var s: i32 = 0; for (i in 0..n) s += A[i]; return s; }
Module SumModule() {
  Module m;
  m.name = "sum.csl";
  const uint16_t file = m.AddFile("sum.csl");
  Global a;
  a.name = "A";
  a.size_bytes = 40;
  a.alignment = 4;
  a.bytes = {1, 0, 0, 0};
  a.type_text = "[10]i32";
  const GlobalId array = m.AddGlobal(a);
  const FunctionId id = m.AddFunction("sum");
  Function& f = m.function(id);
  f.AddParam(IntType(16));
  f.result = IntType(32);
  f.is_entry = true;
  IrBuilder b(m, id);
  b.SetLocation({file, 3, 7});
  const ValueId s = b.Alloca(4, 4);
  const ValueId i = b.Alloca(2, 2);
  b.Store(b.Int(32, 0), s);
  b.Store(b.Int(16, 0), i);
  const BlockId head = b.NewBlock();
  const BlockId body = b.NewBlock();
  const BlockId exit = b.NewBlock();
  b.Br(head);
  b.SetBlock(head);
  b.CondBr(b.Binary(Op::kSLt, b.Load(IntType(16), i), b.Param(0)), body, exit);
  b.SetBlock(body);
  const ValueId element = b.ElementPtr(b.GlobalAddress(array), b.Load(IntType(16), i), true, 4);
  b.Store(b.Binary(Op::kAdd, b.Load(IntType(32), s), b.Load(IntType(32), element)), s);
  b.Store(b.Binary(Op::kAdd, b.Load(IntType(16), i), b.Int(16, 1)), i);
  b.Br(head);
  b.SetBlock(exit);
  b.Ret(b.Load(IntType(32), s));
  return m;
}

TEST(IrTest, BuilderMakesWhatTheVerifierAccepts) {
  const Module m = SumModule();
  EXPECT_EQ(Verify(m).ToString(), "ok");
}

TEST(IrTest, TextComesBackTheSame) {
  const std::string text = Print(SumModule());
  auto parsed = ParseModule(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString() << "\n" << text;
  EXPECT_EQ(Print(*parsed), text);
  EXPECT_EQ(Verify(*parsed).ToString(), "ok");
}

// Every form of operand and instruction once.
constexpr char kAllForms[] = R"(module "all forms"
file "a.csl"
file "dir/b.csl"
global @"odd name" size 8 align 4 const export section ".s" type "[2]u32" = hex 01ff0000
global @p size 4 align 2 used = hex 0000 reloc 0 @"odd name"+4 reloc 2 &callee
global @y size 2 align 2 extern  # 1:2:3

func &callee(%0: func, %1: ptr) -> f16 noinline type "fn(*const fn()void) f16" {
^0:
  %2 = load f16 [%1 + 2]
  %3 = fneg f16 %2
  ret %3
}

func &ext() -> void extern external

func &main() -> void export entry {
^0:
  %0 = alloca 8 align 4
  %1 = load i16 [@p-2]
  %2 = load f32 [@"odd name"+4 + %1 << 2 - 8]
  store %2, [%0 + %1 << 1]
  copy %0, @p bytes 4
  zero %0 bytes 8
  %3 = call f16 &callee(&callee, %0)
  %4 = fpext f32 %3
  call void &ext()
  %5 = call_indirect i16 &main(%1, undef:i16)
  %6 = dsd_op fmacs dest=dsd:(@y) src0=dsr:src0.3 src1=dsd:(%0) scalar=value:(%4)
  %7 = dsd_op mov16 dest=pointer:(%0) src1=value:(%5) async done=activate:(8:i16) control=terminate
  %8 = dsd_op mov32 dest=dsr:dest.1 src1=dsr:src1.15 async index=(%1) priority=high microthread=3
  dsr_load src1.4, @y
  dsr_load src1.5, @y flags 3
  dsr_op void loadx src1.5 16773921, @y
  dsr_op void async src1.4 3843, %1
  dsr_op void base src1.4 0, @y
  %9 = dsd_op mov32 dest=fabric_dsd:(@y) src1=fabric_dsr:src1.5 async
  sys void activate 9:i16
  %10 = sys i16 random16
  %11 = zext i32 %10
  %12 = sitofp f32 %11
  %13 = flt i1 %12, 1065353216:f32
  %14 = select i32 %13, %11, 4294967295:i32
  cond_br %13, ^1(%14, %10), ^2  # 0:4:5
^1(%15: i32, %16: i16):
  br ^1(%15, %16)
^2:
  cond_br 1:i1, ^3, ^4
^3:
  trap assert
^4:
  unreachable
}
)";

TEST(IrTest, EveryFormComesBackTheSame) {
  auto parsed = ParseModule(kAllForms);
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(Verify(*parsed).ToString(), "ok");
  EXPECT_EQ(Print(*parsed), kAllForms);
}

std::string WhyRejected(std::string_view body) {
  auto parsed = ParseModule("func &f(%0: i16) -> i16 {\n^0:\n" + std::string(body) + "}\n");
  if (!parsed.ok()) return parsed.status().message();
  return Verify(*parsed).message();
}

TEST(IrTest, VerifierNamesTheBrokenRule) {
  EXPECT_NE(WhyRejected("  %1 = add i32 %0, 1:i32\n  ret %0\n").find("type"), std::string::npos);
  EXPECT_NE(WhyRejected("  %1 = add i16 %0, 1:i16\n").find("no end"), std::string::npos);
  EXPECT_NE(WhyRejected("  ret %1\n").find("unknown value"), std::string::npos);
  EXPECT_NE(WhyRejected("  br ^1\n^1(%1: i16):\n  ret %0\n").find("argument count"),
            std::string::npos);
  EXPECT_NE(WhyRejected("  ret 1:i32\n").find("type of the result"), std::string::npos);
  EXPECT_NE(
      WhyRejected("  cond_br 1:i1, ^1, ^2\n^1:\n  %1 = add i16 %0, %0\n  br ^2\n^2:\n  ret %1\n")
          .find("dominate"),
      std::string::npos);
  EXPECT_NE(WhyRejected("  %1 = sext i16 %0\n  ret %1\n").find("more bits"), std::string::npos);
  EXPECT_NE(WhyRejected("  %1 = load i16 [%0]\n  ret %1\n").find("pointer"), std::string::npos);
}

TEST(IrTest, ParserNamesTheLine) {
  EXPECT_NE(ParseModule("module \"m\"\nnonsense\n").status().message().find("line 2"),
            std::string::npos);
}

TEST(IrTest, DominanceOfADiamond) {
  auto m = ParseModule(
      "func &f() -> void {\n^0:\n  cond_br 1:i1, ^1, ^2\n^1:\n  br ^3\n^2:\n  br ^3\n^3:\n  "
      "ret\n^4:\n  "
      "br ^3\n}\n");
  ASSERT_TRUE(m.ok());
  const Function& f = m->functions[0];
  const Dominance d(f);
  EXPECT_EQ(d.ImmediateDominator(f.order[3]), f.order[0]);
  EXPECT_TRUE(d.Dominates(f.order[0], f.order[3]));
  EXPECT_FALSE(d.Dominates(f.order[1], f.order[3]));
  EXPECT_FALSE(d.IsReachable(f.order[4]));
  EXPECT_EQ(d.Frontiers()[f.order[1].index], std::vector<BlockId>{f.order[3]});
}

TEST(IrTest, ConstantsAreMadeOnceAndCutToTheirWidth) {
  Module m;
  const FunctionId id = m.AddFunction("f");
  Function& f = m.function(id);
  EXPECT_EQ(f.Const(IntType(16), 0x1ffff), f.Const(IntType(16), 0xffff));
  EXPECT_NE(f.Const(IntType(16), 1), f.Const(IntType(32), 1));
  EXPECT_EQ(f.signed_bits(f.Const(IntType(16), 0xffff)), -1);
}

}  // namespace
}  // namespace csl::ir
