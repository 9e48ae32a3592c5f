// SPDX-License-Identifier: Apache-2.0
// Calls, memory, system instructions, the life of a PE, and what things cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/pe/test_pe.h"

namespace csl::fabric::pe {
namespace {

using testing::ArtifactBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ArtifactBuilder Body(const std::string& text, isa::Arch arch = isa::Arch::kWse2) {
  ArtifactBuilder b(arch, 1, 1);
  b.Function("f", text);
  return b;
}

int64_t CyclesOf(const std::string& text, const std::vector<uint32_t>& args = {}) {
  auto b = Body(text + "  ret\n");
  TestPe pe(b);
  return pe.Call(args);
}

FaultKind FaultOf(ArtifactBuilder b, const std::vector<uint32_t>& args = {}) {
  TestPe pe(b);
  EXPECT_EQ(pe.Call(args), -1);
  return pe.pe().fault.kind;
}

TEST(Pe, LoadsAndStores) {
  auto b = Body(
      "  st.w r0, [r1 + r2<<2 + 4]\n  ld.i16 r3, [r1 + 14]\n  ld.u16 r4, [r1 + 14]\n"
      "  ld.i8 r5, [r1 + 15]\n  ld.u8 r6, [r1 + 15]\n  st.b r0, [0x300]\n"
      "  st.h r0, [r2<<8 + 4]\n  ld.w r7, [r8 + 16]\n  ret\n");
  b.Words("low", 0x10, {0x1234, 0x5678});
  TestPe pe(b);
  ASSERT_GT(pe.Call({0x9abcdef0, 0x200, 2, 0, 0, 0, 0, 0, 0xfffffff0}), 0);
  EXPECT_EQ(pe.Read<uint32_t>(0x20c, 1)[0], 0x9abcdef0);
  EXPECT_EQ(pe.reg(3), 0xffff9abc);
  EXPECT_EQ(pe.reg(4), 0x9abcu);
  EXPECT_EQ(pe.reg(5), 0xffffff9a);
  EXPECT_EQ(pe.reg(6), 0x9au);
  EXPECT_THAT(pe.Read<uint8_t>(0x300, 2), ElementsAre(0xf0, 0));
  EXPECT_EQ(pe.Read<uint16_t>(0x204, 1)[0], 0xdef0);
  EXPECT_EQ(pe.reg(7), 0u);  // addresses wrap at 2^16: this is address 0
}

TEST(Pe, CopyMayOverlapAndZeroClears) {
  auto b = Body(
      "  ldi r0, 0x202\n  ldi r1, 0x200\n  copy r0, r1, 6\n  ldi r0, 0x208\n"
      "  zero r0, 2\n  ret\n");
  b.Words("x", 0x200, {1, 2, 3, 4, 5, 6});
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<uint16_t>(0x200, 6), ElementsAre(1, 1, 2, 3, 0, 6));
}

TEST(Pe, CallsMoveTheWindowAndTheStack) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.Function("f",
             "  ldi r5, 40\n  ldi r6, 2\n  ldi r9, 2\n  call r5, f1\n  mov r0, r5\n"
             "  frame r1, 0\n  mov r5, r0\n  ldi r6, 1\n  calli r5, r9\n  ret\n",
             8)
      .Function("add", "  add.i32 r0, r0, r1\n  ldi r2, 99\n  frame r3, 4\n  ret\n", 16)
      .Function("sub", "  sub.i32 r0, r0, r1\n  ret\n");
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_EQ(pe.reg(0), 42u);
  EXPECT_EQ(pe.reg(5), 41u);
  EXPECT_EQ(pe.reg(7), 99u);                   // the callee's r2
  EXPECT_EQ(pe.reg(8), 0xc000u - 8 - 16 + 4);  // inside the callee's frame
  EXPECT_EQ(pe.reg(1), 0xc000u - 8);
}

TEST(Pe, RecursionEndsInAFault) {
  EXPECT_EQ(FaultOf(Body("  call r0, f0\n  ret\n")), FaultKind::kCallOverflow);
  EXPECT_EQ(FaultOf(Body("  call r32, f0\n  ret\n")), FaultKind::kRegisterOverflow);
  ArtifactBuilder frames(isa::Arch::kWse2, 1, 1);
  frames.Function("f", "  call r0, f0\n  ret\n", 64);
  EXPECT_EQ(FaultOf(frames), FaultKind::kStackOverflow);
}

TEST(Pe, FaultsSayWhereAndWhy) {
  EXPECT_EQ(FaultOf(Body("  trap 0\n")), FaultKind::kTrap);
  EXPECT_EQ(FaultOf(Body("  ldi r0, 77\n  calli r1, r0\n  ret\n")), FaultKind::kBadFunction);
  EXPECT_EQ(FaultOf(Body("  ldi r0, 64\n  activate r0\n  ret\n")), FaultKind::kBadTask);
  EXPECT_EQ(FaultOf(Body("  ldi r0, 0xc000\n  st.b r0, [r0 + 0]\n  ret\n")),
            FaultKind::kBadAddress);
  auto b = Body("  nop\n  ld.w r1, [r0 + 65534]\n  ret\n");
  TestPe pe(b);
  EXPECT_EQ(pe.Call({0}), -1);
  EXPECT_EQ(DescribeFault(pe.machine(), pe.pe()),
            "PE P0.0 (x=0, y=0 of the program): memory access at 0xfffe, neither in the PE's "
            "memory (0x0000 to 0xbfff) nor a configuration word in f (program0.csl:2:1)");
}

// Costs in the words of the table: opcodes.def and machine_costs.def, WSE-2.
TEST(Pe, StraightCodeCostsTheSumOfItsInstructions) {
  const int64_t ret = CyclesOf("");
  EXPECT_EQ(ret, isa::Cost(isa::Opcode::kRet, isa::Arch::kWse2).cycles);
  for (const auto& [text, opcode] : {std::pair{"  add.i16 r0, r0, r0\n", isa::Opcode::kAddI16},
                                     {"  add.i32 r0, r0, r0\n", isa::Opcode::kAddI32},
                                     {"  div.i16 r0, r0, r0\n", isa::Opcode::kDivI16},
                                     {"  ld.w r0, [0x200]\n", isa::Opcode::kLdW}}) {
    EXPECT_EQ(CyclesOf(std::string(text) + text),
              ret + 2 * isa::Cost(opcode, isa::Arch::kWse2).cycles);
  }
}

TEST(Pe, TakenBranchesCostMore) {
  const isa::MachineCosts& costs = isa::MachineCostsOf(isa::Arch::kWse2);
  const int64_t ret = CyclesOf("");
  const int64_t loop = isa::Cost(isa::Opcode::kLoopiLtI16, isa::Arch::kWse2).cycles;
  // Ten times round, nine of them taken.
  EXPECT_EQ(CyclesOf("l:\n  loopi.lt.i16 r0, 10, 1, @l\n", {0}),
            ret + 10 * loop + 9 * costs.taken_branch_cycles);
  EXPECT_EQ(CyclesOf("  bt r0, @l\n  nop\nl:\n  nop\n", {0}), ret + 3);
  EXPECT_EQ(CyclesOf("  bt r0, @l\n  nop\nl:\n  nop\n", {1}), ret + 2 + costs.taken_branch_cycles);
}

TEST(Pe, CountsInstructions) {
  ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  b.Function("f", "l:\n  call r4, f1\n  loopi.lt.i16 r0, 10, 1, @l\n  ret\n")
      .Function("g", "  nop\n  bt r0, @e\n  nop\ne:\n  ret\n");
  TestPe pe(b);
  ASSERT_GT(pe.Call({0}), 0);
  EXPECT_EQ(pe.pe().thread.instructions, 10u * (2 + 4) + 1);
}

TEST(Pe, TimeStampsCountCyclesWhileEnabled) {
  auto b = Body(
      "  ldi r0, 0x200\n  ldi r1, 0x208\n  ldi r2, 0x210\n  tsc.read r0\n  tsc.enable\n"
      "  tsc.read r0\n  nop\n  tsc.read r1\n  tsc.disable\n  nop\n  tsc.read r2\n  ret\n");
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  const int64_t read = isa::Cost(isa::Opcode::kTscRead, isa::Arch::kWse2).cycles;
  const int64_t enable = isa::Cost(isa::Opcode::kTscEnable, isa::Arch::kWse2).cycles;
  EXPECT_THAT(pe.Read<uint16_t>(0x200, 3), ElementsAre(enable, 0, 0));
  EXPECT_THAT(pe.Read<uint16_t>(0x208, 3), ElementsAre(enable + read + 1, 0, 0));
  EXPECT_THAT(pe.Read<uint16_t>(0x210, 3), ElementsAre(enable + read + 1 + read, 0, 0));
}

// Published: the first stamp after enable_tsc() reads 5 (WSE-3), two without anything between are 6
// apart (WSE-2). As cslc compiles get_timestamp: an address, then the stamp.
TEST(Pe, TimeStampsReadThePublishedFigures) {
  for (const isa::Arch arch : {isa::Arch::kWse2, isa::Arch::kWse3}) {
    ArtifactBuilder b(arch, 1, 1);
    b.Function("f",
               "  tsc.reset\n  tsc.enable\n  ldi r0, 0x200\n  tsc.read r0\n  ldi r1, 0x208\n"
               "  tsc.read r1\n  ret\n");
    TestPe pe(b);
    ASSERT_GT(pe.Call(), 0);
    EXPECT_THAT(pe.Read<uint16_t>(0x200, 3), ElementsAre(5, 0, 0));
    EXPECT_THAT(pe.Read<uint16_t>(0x208, 3), ElementsAre(11, 0, 0));
  }
}

TEST(Pe, PerformanceCountersCountInstructionsWhileTimeStampsDo) {
  auto b = Body(
      "  ldi r0, 0x200\n  ldi r1, 0\n  nop\n  tsc.enable\n  nop\n  perf.read r0, r1\n"
      "  tsc.disable\n  nop\n  nop\n  ldi r0, 0x208\n  perf.read r0, r1\n  tsc.enable\n"
      "  ldi r0, 0x210\n  perf.read r0, r1\n  ldi r1, 1\n  ldi r0, 0x218\n"
      "  perf.read r0, r1\n  ret\n");
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<uint16_t>(0x200, 3), ElementsAre(2, 0, 0));
  EXPECT_THAT(pe.Read<uint16_t>(0x208, 3), ElementsAre(3, 0, 0));
  EXPECT_THAT(pe.Read<uint16_t>(0x210, 3), ElementsAre(3 + 2, 0, 0));
  EXPECT_THAT(pe.Read<uint16_t>(0x218, 3), ElementsAre(0, 0, 0));
}

TEST(Pe, LogTakesBytesAndValues) {
  auto b = Body(
      "  ldi r0, 0x200\n  ldi r1, 2\n  log r0, r1\n  ldi r2, 42\n  ldi r3, 1\n"
      "  log.value r2, r3\n  ldi r0, 0x202\n  ldi r1, 1\n  log r0, r1\n  ret\n");
  TestPe pe(b);
  const uint8_t text[] = {'a', '=', '\n'};
  ASSERT_TRUE(pe.pe().memory.Write(0x200, text));
  ASSERT_GT(pe.Call(), 0);
  ASSERT_EQ(pe.context().log.size(), 1u);
  EXPECT_EQ(pe.context().log[0].record.message, "a=002A");
}

TEST(Pe, LogRefusesWhatItCannotWrite) {
  auto format = Body("  ldi r0, 1\n  ldi r1, 7\n  log.value r0, r1\n  ret\n");
  TestPe first(format);
  EXPECT_EQ(first.Call(), -1);
  EXPECT_EQ(FaultText(first.pe().fault), "log.value has no format 7");
  auto address = Body("  ldi r0, 0xbfff\n  ldi r1, 2\n  log r0, r1\n  ret\n");
  TestPe second(address);
  EXPECT_EQ(second.Call(), -1);
  EXPECT_EQ(second.pe().fault.kind, FaultKind::kBadAddress);
}

TEST(Pe, RandomNumbersStartFromTheSeed) {
  auto b = Body("  rand16 r0\n  rand16 r1\n  ldi r3, 9\n  prng.set r3\n  rand16 r2\n  ret\n");
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_EQ(pe.reg(0), 0xbeefu);
  EXPECT_NE(pe.reg(1), pe.reg(0));
  EXPECT_EQ(pe.reg(2), 0xbeefu);  // the second of eight, modulo
}

TEST(Pe, TaskTakesItsStartAndEnd) {
  auto b = Body("  nop\n  ret\n").Task(8, "f", /*active=*/true);
  TestPe pe(b);
  const isa::MachineCosts& costs = isa::MachineCostsOf(isa::Arch::kWse2);
  const int64_t ret = isa::Cost(isa::Opcode::kRet, isa::Arch::kWse2).cycles;
  EXPECT_EQ(pe.RunToRest(), costs.task_start_cycles + 1 + ret + costs.task_end_cycles);
  EXPECT_EQ(pe.pe().counters.busy_cycles, pe.pe().idle_since);
  EXPECT_EQ(pe.pe().counters.last_active_cycle, costs.task_start_cycles + 1 + ret);
  EXPECT_EQ(pe.pe().counters.instructions, 2);
}

TEST(Pe, AControlEntryBeyondTheTableNamesNoTask) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.image().configuration.separate_control_table = true;
  b.image().configuration.control_table_stride = 7;
  b.Function("f", "  ret\n").ControlTask(6, "f");
  TestPe pe(b);
  const Program& program = *pe.machine().programs[0];
  EXPECT_TRUE(program.ControlTask(6, 0).bound());
  EXPECT_EQ(program.ControlEntry(63, 1), 70u);
  EXPECT_FALSE(program.ControlTask(63, 1).bound());  // 70 modulo 64 is 6
}

TEST(Pe, TaskThatActivatesItselfLetsOthersRun) {
  ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  // The first polls a word that the second sets.
  b.Function("poll", "  ld.u16 r0, [0x200]\n  bt r0, @done\n  activatei 8\ndone:\n  ret\n")
      .Function("set", "  ldi r0, 1\n  st.h r0, [0x200]\n  ret\n")
      .Task(8, "poll", true)
      .Task(9, "set", true);
  TestPe pe(b);
  EXPECT_GT(pe.RunToRest(), 0);
  EXPECT_EQ(pe.pe().counters.tasks_started, 3);
}

TEST(Pe, EndlessTaskComesBackToTheEngine) {
  auto b = Body("l:\n  jmp @l\n").Task(8, "f", true);
  TestPe pe(b);
  Advance(pe.pe(), pe.context(), 0);
  EXPECT_EQ(pe.pe().phase, Phase::kRunning);
  EXPECT_EQ(pe.NextCycle(0), kMinRunAheadCycles);
  Advance(pe.pe(), pe.context(), kMinRunAheadCycles);
  EXPECT_EQ(pe.NextCycle(kMinRunAheadCycles), 2 * kMinRunAheadCycles);
  EXPECT_TRUE(InTask(pe.pe()));
}

TEST(Pe, LaunchRunsBetweenTasksAndUnblocksInItsOwnCycle) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.Function("slow", "l:\n  loopi.lt.i16 r0, 100, 1, @l\n  ret\n")
      .Function("main", "  st.w r0, [0x200]\n  div.i32 r1, r1, r1\n  unblock_cmd_stream\n  ret\n")
      .Task(8, "slow", true)
      .ExportFunction(5, "main", {"u32"});
  for (const bool may_run_ahead : {true, false}) {
    TestPe pe(b);
    HostCommand launch;
    launch.export_id = 5;
    launch.args = {77};
    pe.commands().push_back(launch);
    pe.pe().command = 0;
    pe.pe().command_cycle = 10;  // while the task runs
    pe.RunToRest(may_run_ahead);
    EXPECT_EQ(pe.Read<uint32_t>(0x200, 1)[0], 77u);
    ASSERT_EQ(pe.context().messages.size(), 1u);
    const isa::MachineCosts& costs = isa::MachineCostsOf(isa::Arch::kWse3);
    const int64_t slow = costs.task_start_cycles + 2 * 100 + 99 * costs.taken_branch_cycles + 4;
    const int64_t main = costs.task_end_cycles + costs.task_start_cycles + 1 + 50;
    EXPECT_EQ(pe.context().messages[0].cycle, slow + main);
    EXPECT_FALSE(pe.pe().command_stream_blocked);
  }
}

}  // namespace
}  // namespace csl::fabric::pe
