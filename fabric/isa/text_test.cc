// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/text.h"

#include <gtest/gtest.h>

#include <random>

namespace csl::isa {
namespace {

TEST(Disassemble, Forms) {
  const struct {
    Instruction instruction;
    const char* text;
  } cases[] = {
      {Instruction::Fields(Opcode::kAddI16, 1, 2, 3), "add.i16 r1, r2, r3"},
      {Instruction::Imm(Opcode::kLdi, 4, 0, -5), "ldi r4, -5"},
      {Instruction::Imm(Opcode::kLdf, 4, 0, 0x3f800000), "ldf r4, 0x3f800000 (1)"},
      {Instruction::Fields(Opcode::kLdW, 4, 1, 2, 2, 16), "ld.w r4, [r1 + r2<<2 + 16]"},
      {Instruction::Fields(Opcode::kLdW, 4, 1, 255, 0, 0xfffe), "ld.w r4, [r1 - 2]"},
      {Instruction::Fields(Opcode::kStH, 4, 255, 255, 0, 0xb000), "st.h r4, [45056]"},
      {Instruction::Fields(Opcode::kStH, 4, 255, 2, 1, 64), "st.h r4, [r2<<1 + 64]"},
      {Instruction::Imm(Opcode::kBltI16, 1, 2, 7), "blt.i16 r1, r2, @7"},
      {Instruction::Fields(Opcode::kLoopLtU16, 1, 2, 0xff, 0, 12), "loop.lt.u16 r1, r2, -1, @12"},
      {Instruction::Imm(Opcode::kCall, 8, 0, 3), "call r8, f3"},
      {Instruction::Fields(Opcode::kVFmacs, 0, 1, 2, 5), "v.fmacs dest.0, src0.1, src1.2, r5"},
      {Instruction::Fields(Opcode::kVFadds, 4, 3, 0, 0, kDestIsPointer | kSrc0IsScalar),
       "v.fadds *r4, r3, src1.0"},
      {Instruction::Fields(Opcode::kVFmovs, 1, 255, 6, 0, kDestInSrc0File | kSrc1IsScalar),
       "v.fmovs src0.1, r6"},
      {Instruction::Fields(Opcode::kDsrLoad, 2, 15, 3, 1, 8), "dsr.load src1.15, [r3 + 8], 1"},
      {Instruction::Fields(Opcode::kDsrAsync, 0, 2, 7, 255, 3), "dsr.async dest.2, r7, _, 0x0003"},
      {Instruction::Fields(Opcode::kDsrLoadx, 2, 1, 3, 4, 0x2ff7),
       "dsr.loadx src1.1, r3, 4, 0x2ff7"},
      {Instruction::Fields(Opcode::kVDfilt, 255, 255, 3), "v.dfilt _, src1.3"},
      {Instruction::Fields(Opcode::kRet), "ret"},
      // No such opcode.
      {{0xffff, 1, 2, 3, 4, 5}, ".word 0x000504030201ffff"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Disassemble(c.instruction), c.text);
    auto back = AssembleLine(c.text);
    ASSERT_TRUE(back.ok()) << c.text << ": " << back.status().ToString();
    EXPECT_EQ(*back, c.instruction) << c.text;
  }
}

TEST(Disassemble, BitsInUnusedFieldsAreNotLost) {
  EXPECT_EQ(Disassemble(Instruction::Fields(Opcode::kRet)), "ret");
  EXPECT_TRUE(Disassemble(Instruction::Fields(Opcode::kRet, 1)).starts_with(".word 0x"));
}

TEST(Disassemble, AnyBytesRoundTrip) {
  std::mt19937 random(1);
  for (int i = 0; i < 50000; ++i) {
    Instruction x;
    x.op = static_cast<uint16_t>(random() % (kNumOpcodes + 3));
    x.a = static_cast<uint8_t>(random());
    x.b = static_cast<uint8_t>(random());
    x.set_imm(static_cast<int32_t>(random()));
    const std::string text = Disassemble(x);
    auto back = AssembleLine(text);
    ASSERT_TRUE(back.ok()) << text << ": " << back.status().ToString();
    ASSERT_EQ(*back, x) << text;
  }
}

TEST(Assemble, LabelsAndComments) {
  auto code = Assemble(R"(
    ; sums 0..9
      ldi r0, 0
      ldi r1, 0
    again:
      add.i16 r0, r0, r1       ; the body
      loopi.lt.i16 r1, 10, 1, @again
      ret
  )");
  ASSERT_TRUE(code.ok()) << code.status().ToString();
  ASSERT_EQ(code->size(), 5u);
  EXPECT_EQ((*code)[3].target(), 2);
  EXPECT_EQ((*code)[3].opcode(), Opcode::kLoopiLtI16);
}

TEST(Assemble, ErrorsNameTheLine) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"ret\nadd.i16 r1, r2", "line 2: column 15: expected ','"},
      {"frob r1", "line 1: unknown instruction 'frob'"},
      {"jmp @nowhere", "line 1: unknown label 'nowhere'"},
      {"a:\na:\nret", "line 2: label 'a' again"},
      {"mov r1, r255", "line 1: column 13: expected a number from 0 to 254"},
      {"v.fmovs src1.0, src1.0", "line 1: a destination cannot be in file src1"},
      {"ret r1", "line 1: column 5: expected the end of the line"},
  };
  for (const auto& c : cases) {
    auto code = Assemble(c.text);
    ASSERT_FALSE(code.ok()) << c.text;
    EXPECT_EQ(code.status().message(), c.message);
  }
}

}  // namespace
}  // namespace csl::isa
