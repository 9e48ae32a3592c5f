// SPDX-License-Identifier: Apache-2.0
// Table-driven: every opcode is encoded, decoded, written as text and read back; every row has what
// a row needs.
#include "fabric/isa/instruction.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "fabric/isa/text.h"
#include "fabric/isa/vector_op.h"
#include "fabric/isa/verify.h"

namespace csl::isa {
namespace {

void SetVectorOperands(Instruction& i, uint8_t first) {
  const VectorOpInfo& op = VectorInfo(i.opcode());
  i.a = op.dest == ElementType::kNone ? kNoRegister : first;
  i.b = op.num_sources == 2 ? first + 1 : kNoRegister;
  i.c = first + 2;
  i.d = op.has_scalar ? first + 3 : 0;
}

void SetOperand(char letter, uint8_t first, Instruction& i) {
  const auto in = [letter](std::string_view set) { return set.find(letter) != set.npos; };
  if (in("aD")) i.a = letter == 'D' ? 2 : first;
  if (in("bM")) i.b = first + 1;
  if (letter == 'D') i.b = first;
  if (letter == 'N') i.b = 1;
  if (letter == 't') i.b = static_cast<uint8_t>(-3);
  if (in("cCM")) i.c = first + 2;
  if (in("mN")) i.c = first;
  if (letter == 's') i.c = static_cast<uint8_t>(-3);
  if (in("dE")) i.d = first + 3;
  if (in("Mx")) i.d = 2;
  if (in("eMmX")) i.e = static_cast<uint16_t>(letter == 'm' ? 12 : -77 - first);
  if (letter == 'i') i.set_imm(-123456 - first);
  if (letter == 'f') i.set_imm(0x3fc00000 + first);
  if (letter == 'F') i.set_imm(4);
  if (letter == 'V') SetVectorOperands(i, first);
}

// An instruction with a distinct value in every operand its format has.
Instruction Sample(Opcode opcode, uint8_t first = 1) {
  Instruction i = Instruction::Fields(opcode);
  for (char letter : Pattern(Info(opcode).format)) SetOperand(letter, first, i);
  if (Info(opcode).has(kBranch)) i.set_target(9);
  return i;
}

class EveryOpcode : public ::testing::TestWithParam<int> {
 protected:
  Opcode opcode() const { return static_cast<Opcode>(GetParam()); }
};

TEST_P(EveryOpcode, TextDeterminesTheInstruction) {
  for (uint8_t first : {0, 1, 7, 14}) {
    const Instruction i = Sample(opcode(), first);
    const std::string text = Disassemble(i);
    EXPECT_TRUE(text.starts_with(Info(opcode()).mnemonic)) << text;
    auto back = AssembleLine(text);
    ASSERT_TRUE(back.ok()) << text << ": " << back.status().ToString();
    EXPECT_EQ(*back, i) << text;
  }
}

TEST_P(EveryOpcode, EncodingIsEightLittleEndianBytes) {
  const Instruction i = Sample(opcode());
  uint8_t bytes[8];
  std::memcpy(bytes, &i, sizeof(i));
  EXPECT_EQ(bytes[0] | bytes[1] << 8, GetParam());
  EXPECT_EQ(bytes[2], i.a);
  EXPECT_EQ(bytes[3], i.b);
  EXPECT_EQ(static_cast<int32_t>(bytes[4] | bytes[5] << 8 | bytes[6] << 16 |
                                 static_cast<uint32_t>(bytes[7]) << 24),
            i.imm());
  Instruction back;
  std::memcpy(static_cast<void*>(&back), bytes, sizeof(back));
  EXPECT_EQ(back, i);
}

TEST_P(EveryOpcode, RowHasCostSizeAndName) {
  const OpcodeInfo& info = Info(opcode());
  for (const OpcodeCost& cost : info.cost) {
    EXPECT_GE(cost.cycles, 1);
  }
  if (opcode() != Opcode::kIllegal) {
    EXPECT_GT(info.size_bytes, 0);
  }
  EXPECT_EQ(FindOpcode(info.mnemonic), opcode());
  EXPECT_TRUE(EnumName(opcode()).starts_with("k"));
  if (info.has(kBranch)) {
    EXPECT_TRUE(info.has(kEndsBlock));
  }
}

TEST_P(EveryOpcode, TargetsAreThereIfAndOnlyIfItBranches) {
  Instruction i = Sample(opcode());
  EXPECT_EQ(i.target() >= 0, Info(opcode()).has(kBranch));
  if (!Info(opcode()).has(kBranch)) return;
  i.set_target(65535);
  EXPECT_EQ(i.target(), 65535);
}

TEST_P(EveryOpcode, CheckAcceptsTheSampleAndRefusesMissingRegistersAndTargets) {
  const Instruction i = Sample(opcode());
  const FunctionBounds roomy = {20, 10, 5};
  EXPECT_TRUE(CheckInstruction(i, roomy).ok()) << CheckInstruction(i, roomy).message();
  const std::string_view pattern = Pattern(Info(opcode()).format);
  if (pattern.find_first_of("abcdCEMm") != std::string_view::npos && !Info(opcode()).has(kCalls)) {
    EXPECT_FALSE(CheckInstruction(i, {1, 10, 5}).ok()) << Disassemble(i);
  }
  if (Info(opcode()).has(kBranch)) {
    EXPECT_FALSE(CheckInstruction(i, {20, 9, 5}).ok());
  }
  if (pattern.find('F') != std::string_view::npos) {
    EXPECT_FALSE(CheckInstruction(i, {20, 10, 4}).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryOpcode, ::testing::Range(0, kNumOpcodes), [](const auto& info) {
  return std::string(EnumName(static_cast<Opcode>(info.param)));
});

TEST(Opcodes, MnemonicsAreUnique) {
  std::set<std::string_view> seen;
  for (int i = 0; i < kNumOpcodes; ++i)
    EXPECT_TRUE(seen.insert(Info(static_cast<Opcode>(i)).mnemonic).second);
  EXPECT_EQ(static_cast<int>(Opcode::kIllegal), 0) << "zeroed code must fault";
  EXPECT_FALSE(FindOpcode("add.i17").has_value());
}

TEST(Opcodes, DivisionCostsWhatIsPublished) {
  // 44 cycles more than by a power of two (a shift), about 50 in 32 bits.
  EXPECT_EQ(Cost(Opcode::kDivU16, Arch::kWse2).cycles - Cost(Opcode::kShrU16, Arch::kWse2).cycles,
            44);
  EXPECT_EQ(Cost(Opcode::kRemI32, Arch::kWse2).cycles, 50);
}

TEST(CheckInstruction, RefusesWhatNoMachineHas) {
  EXPECT_FALSE(CheckInstruction({static_cast<uint16_t>(kNumOpcodes)}, {20, 10, 5}).ok());
  // DSR files are 0..2, ids below the virtual limit, unknown vector flags are refused.
  EXPECT_FALSE(CheckInstruction(Instruction::Fields(Opcode::kDsrLoad, 3, 0, 1), {20, 10, 5}).ok());
  EXPECT_FALSE(CheckInstruction(Instruction::Fields(Opcode::kDsrLoad, 1, 64, 1), {20, 10, 5}).ok());
  EXPECT_FALSE(
      CheckInstruction(Instruction::Fields(Opcode::kVMov16, 0, 255, 0, 0, 32), {20, 10, 5}).ok());
  EXPECT_TRUE(
      CheckInstruction(Instruction::Fields(Opcode::kLdW, 0, 255, 255, 0, 64), {1, 10, 5}).ok());
}

TEST(AsyncSettings, RoundTrip) {
  for (int bits = 0; bits < 0x1000; ++bits) {
    if (bits & 0x80) continue;  // bit 7 is not used
    EXPECT_EQ(AsyncSettings::Decode(static_cast<uint16_t>(bits)).Encode(), bits);
  }
}

}  // namespace
}  // namespace csl::isa
