// SPDX-License-Identifier: Apache-2.0
// Each published figure on vector operations is a test here.
#include "fabric/isa/vector_cost.h"

#include <gtest/gtest.h>

namespace csl::isa {
namespace {

constexpr VectorOperandShape kNone = {};

VectorOperandShape Memory(uint32_t base, int32_t stride, uint8_t width) {
  return {true, base, stride, width};
}

int64_t Total(Opcode op, Arch arch, uint32_t length, const VectorShape& shape) {
  return Cost(op, arch).cycles + VectorElementCycles(op, arch, length, shape);
}

// 5,124 f32 elements: 5,130 cycles with the sources in different halves of the banks, 10,254 in the
// same (WSE-2, S).
TEST(VectorCost, BankConflictDoublesFmacs) {
  const auto y = Memory(0x1000, 1, 4);
  EXPECT_EQ(Total(Opcode::kVFmacs, Arch::kWse2, 5124, {y, y, Memory(0x7004, 1, 4)}), 5130);
  EXPECT_EQ(Total(Opcode::kVFmacs, Arch::kWse2, 5124, {y, y, Memory(0x7000, 1, 4)}), 10254);
}

// Copies on WSE-3: f16 8.0, f32 4.0 elements per cycle, fmach 4.0 (S); start-up 8 and 13.
TEST(VectorCost, MeasuredRatesOfWse3) {
  const VectorShape copy16 = {Memory(0, 1, 2), kNone, Memory(0x800, 1, 2)};
  const VectorShape copy32 = {Memory(0, 1, 4), kNone, Memory(0x800, 1, 4)};
  const VectorShape mac = {Memory(0, 1, 2), Memory(0, 1, 2), Memory(0x804, 1, 2)};
  EXPECT_EQ(Total(Opcode::kVFmovh, Arch::kWse3, 800, copy16), 8 + 100);
  EXPECT_EQ(Total(Opcode::kVMov16, Arch::kWse3, 800, copy16), 8 + 100);
  EXPECT_EQ(Total(Opcode::kVFmovs, Arch::kWse3, 800, copy32), 8 + 200);
  EXPECT_EQ(Total(Opcode::kVFmach, Arch::kWse3, 800, mac), 13 + 200);
}

TEST(VectorCost, StartUpByOperandsWse3) {
  EXPECT_EQ(Cost(Opcode::kVFmovs, Arch::kWse3).cycles, 8);
  EXPECT_EQ(Cost(Opcode::kVFadds, Arch::kWse3).cycles, 9);
  EXPECT_EQ(Cost(Opcode::kVFmach, Arch::kWse3).cycles, 13);
}

// WSE-2: 6 cycles with DSRs loaded, 33-35 from DSDs (three operands).
TEST(VectorCost, StartUpFromDescriptorsWse2) {
  EXPECT_EQ(Cost(Opcode::kVFmacs, Arch::kWse2).cycles, 6);
  const int from_dsds =
      Cost(Opcode::kVFmacs, Arch::kWse2).cycles + 3 * Cost(Opcode::kDsrLoad, Arch::kWse2).cycles;
  EXPECT_GE(from_dsds, 33);
  EXPECT_LE(from_dsds, 35);
}

// Two stamps around one operation of n elements, w a cycle (WSE-2, S, exact), of which the stamps
// are 6: copy n/w + 10, scale n/w + 11, f16 add n/w + 12, f16 fmach n/w + 13, f32 fmacs n + 12, f32
// fmuls by a scalar n + 11.
TEST(VectorCost, StampsAroundOneOperationWse2) {
  const int stamps = 6;
  const int scalar = MachineCostsOf(Arch::kWse2).scalar_source_saves_cycles;
  const auto startup = [](Opcode opcode) { return int{Cost(opcode, Arch::kWse2).cycles}; };
  EXPECT_EQ(startup(Opcode::kVFmovh) + stamps, 10);
  EXPECT_EQ(startup(Opcode::kVFmovs) + stamps, 10);
  EXPECT_EQ(startup(Opcode::kVFmulh) - scalar + stamps, 11);
  EXPECT_EQ(startup(Opcode::kVFmuls) - scalar + stamps, 11);
  EXPECT_EQ(startup(Opcode::kVFaddh) + stamps, 12);
  EXPECT_EQ(startup(Opcode::kVFmach) + stamps, 13);
  EXPECT_EQ(startup(Opcode::kVFmacs) + stamps, 12);
}

// Nothing is published of the other operations: they start as those with as many operands do.
TEST(VectorCost, StartUpGoesByTheNumberOfOperands) {
  for (const VectorOpInfo& op : VectorOps()) {
    const int wse2 = op.num_sources == 1 ? 4 : !op.has_scalar || op.name == "fmacs" ? 6 : 7;
    const int wse3 = op.num_sources == 1 ? 8 : op.has_scalar ? 13 : 9;
    EXPECT_EQ(Cost(op.opcode, Arch::kWse2).cycles, wse2) << op.name;
    EXPECT_EQ(Cost(op.opcode, Arch::kWse3).cycles, wse3) << op.name;
  }
}

// Every stride modulo 8 (D, appendix), negative ones too.
TEST(VectorCost, StridesLimitTheWidth) {
  const struct {
    int32_t stride;
    int width;
  } cases[] = {{0, 8}, {1, 8}, {2, 8},  {3, 8},  {4, 4},  {5, 8},  {6, 8},  {7, 2},
               {8, 1}, {9, 2}, {-1, 2}, {-2, 8}, {-4, 4}, {-8, 1}, {16, 1}, {12, 4}};
  for (const auto& c : cases) {
    const VectorShape shape = {Memory(0, 1, 2), kNone, Memory(0x100, c.stride, 2)};
    EXPECT_EQ(VectorWidth(Opcode::kVMov16, Arch::kWse3, shape), c.width) << "stride " << c.stride;
  }
}

TEST(VectorCost, ConflictsOfDifferentStridesAreCountedExactly) {
  // y[k] alternates between the halves, A[k * 16] stays in one: every second element conflicts.
  const auto y = Memory(0, 1, 4);
  const auto a = Memory(0x400, 16, 4);
  EXPECT_EQ(VectorElementCycles(Opcode::kVFmacs, Arch::kWse2, 100, {y, y, a}), 150);
  EXPECT_EQ(VectorElementCycles(Opcode::kVFmacs, Arch::kWse2, 101, {y, y, a}), 101 + 51);
}

// CyclesBefore is the sum of CyclesOf, and a group of a fabric operation the same from its element.
TEST(GroupCosts, ClosedFormIsTheSumOfTheGroups) {
  const VectorShape shapes[] = {
      {Memory(0, 1, 4), Memory(0, 1, 4), Memory(0x400, 16, 4)},
      {Memory(0, 1, 4), Memory(0, 1, 4), Memory(0x400, 1, 4)},
      {Memory(0, 1, 4), Memory(0, 3, 4), Memory(0x404, 1, 4)},
      {Memory(0, 1, 2), Memory(0, 1, 2), Memory(0x408, -3, 2)},
      {Memory(2, 1, 2), Memory(0, 1, 2), Memory(0x404, 2, 2)},
      {kNone, Memory(0, 0, 2), Memory(0x402, 4, 2)},
  };
  for (const Opcode op : {Opcode::kVFadds, Opcode::kVFmacs, Opcode::kVFaddh, Opcode::kVSar16}) {
    for (const VectorShape& shape : shapes) {
      const GroupCosts costs = GroupCosts::Of(op, Arch::kWse3, shape);
      int64_t sum = 0;
      for (int64_t group = 0; group < 40; ++group) {
        EXPECT_EQ(costs.CyclesBefore(group), sum) << EnumName(op) << " group " << group;
        EXPECT_EQ(costs.CyclesOf(group), costs.FabricGroupCycles(group * costs.width, costs.width));
        sum += costs.CyclesOf(group);
      }
      EXPECT_EQ(costs.Total(static_cast<uint32_t>(39 * costs.width + 1)), sum);
    }
  }
}

TEST(GroupCosts, GroupOfAFabricOperationTakesACycleForEachWidth) {
  // fmacs does one element a cycle: a packed wavelet of two 16-bit elements does not exist, but two
  // wavelets at a time do.
  const GroupCosts slow = GroupCosts::Of(Opcode::kVFmacs, Arch::kWse2, {});
  EXPECT_EQ(slow.FabricGroupCycles(0, 1), 1);
  EXPECT_EQ(slow.FabricGroupCycles(0, 2), 2);
  const GroupCosts fast = GroupCosts::Of(Opcode::kVFaddh, Arch::kWse2, {});
  EXPECT_EQ(fast.FabricGroupCycles(0, 1), 1);
  EXPECT_EQ(fast.FabricGroupCycles(2, 4), 1);
  // Both sources in memory, in one half of the banks at every second element.
  const GroupCosts conflict =
      GroupCosts::Of(Opcode::kVFadds, Arch::kWse2, {kNone, Memory(0, 1, 4), Memory(0x400, 2, 4)});
  EXPECT_EQ(conflict.FabricGroupCycles(0, 1), 2);
  EXPECT_EQ(conflict.FabricGroupCycles(1, 1), 1);
  // Not 32-bit aligned: always.
  const GroupCosts odd =
      GroupCosts::Of(Opcode::kVMov16, Arch::kWse2, {kNone, kNone, Memory(0x402, 1, 2)});
  EXPECT_EQ(odd.FabricGroupCycles(0, 2), 2);
  EXPECT_EQ(odd.FabricGroupCycles(2, 1), 2);
}

TEST(GroupCosts, DefaultIsAnElementACycle) {
  EXPECT_EQ(GroupCosts{}.Total(17), 17);
  EXPECT_EQ(GroupCosts{}.CyclesOf(3), 1);
}

TEST(VectorCost, ZeroStrideSourceNeverConflicts) {
  const VectorShape shape = {Memory(0, 0, 4), Memory(0, 0, 4), Memory(0x800, 1, 4)};
  EXPECT_EQ(VectorElementCycles(Opcode::kVFadds, Arch::kWse2, 64, shape), 32);
}

TEST(VectorCost, FullSimdNeeds32BitAlignment) {
  const VectorShape aligned = {Memory(0, 1, 2), kNone, Memory(0x104, 1, 2)};
  const VectorShape odd = {Memory(0, 1, 2), kNone, Memory(0x102, 1, 2)};
  EXPECT_EQ(VectorElementCycles(Opcode::kVMov16, Arch::kWse2, 64, aligned), 16);
  EXPECT_EQ(VectorElementCycles(Opcode::kVMov16, Arch::kWse2, 64, odd), 32);
}

TEST(VectorCost, LengthsAroundTheWidth) {
  const VectorShape shape = {Memory(0, 1, 2), kNone, Memory(0x104, 1, 2)};
  for (const auto& [length, cycles] : {std::pair{0, 1}, {1, 1}, {4, 1}, {5, 2}, {8, 2}, {9, 3}}) {
    EXPECT_EQ(VectorElementCycles(Opcode::kVMov16, Arch::kWse2, length, shape), cycles) << length;
  }
}

// The appendix's classes, WSE-2 / WSE-3.
TEST(VectorCost, ElementRatesAreThePublishedOnes) {
  const struct {
    std::string_view names;
    int wse2, wse3;
  } classes[] = {
      {" add16 and16 or16 xor16 sub16 mov16 faddh fsubh fmulh fabsh fnegh fnormh fscaleh fmovh ", 4,
       8},
      {" mov32 fadds fsubs fabss fnegs fnorms fscales fmovs fmachs faddhs ", 2, 4},
      {" addc16 fmaxh fh2xp16 xp162fh ", 1, 8},
      {" sar16 sll16 slr16 fmaxs fh2s fs2h fs2xp16 xp162fs ", 1, 4},
      {" fmach ", 4, 4},  // the appendix says 8 for WSE-3, the simulator was measured at 4
      {" fmacs fmuls clz ctz popcnt dfilt ", 1, 1},
  };
  for (const VectorOpInfo& op : VectorOps()) {
    int found = 0;
    for (const auto& c : classes) {
      if (c.names.find(" " + std::string(op.name) + " ") == std::string_view::npos) continue;
      ++found;
      EXPECT_EQ(op.max_elements_per_cycle[0], c.wse2) << op.name;
      EXPECT_EQ(op.max_elements_per_cycle[1], c.wse3) << op.name;
    }
    EXPECT_EQ(found, 1) << op.name;
  }
}

TEST(VectorOps, RowsFollowTheOpcodeTable) {
  int rows = 0;
  for (int i = 0; i < kNumOpcodes; ++i) {
    const auto opcode = static_cast<Opcode>(i);
    if (!Info(opcode).has(kVectorOp)) continue;
    ++rows;
    EXPECT_EQ(VectorInfo(opcode).opcode, opcode);
    EXPECT_EQ("v." + std::string(VectorInfo(opcode).name), Info(opcode).mnemonic);
    EXPECT_EQ(FindVectorOp(VectorInfo(opcode).name), &VectorInfo(opcode));
  }
  EXPECT_EQ(rows, static_cast<int>(VectorOps().size()));
  EXPECT_EQ(FindVectorOp("nothing"), nullptr);
}

}  // namespace
}  // namespace csl::isa
