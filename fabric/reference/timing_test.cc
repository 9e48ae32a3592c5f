// SPDX-License-Identifier: Apache-2.0
// Cycles of docs/fabric/timing.md, worked by hand.
#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using isa::Arch;
using isa::Descriptor;
using isa::DsrFile;
using testing::Async;

class Timing : public ::testing::TestWithParam<Arch> {
 protected:
  bool wse2() const { return GetParam() == Arch::kWse2; }
  const isa::MachineCosts& costs() const { return isa::MachineCostsOf(GetParam()); }
  int64_t Startup(isa::Opcode opcode) const { return isa::Cost(opcode, GetParam()).cycles; }
  int64_t Enable() const { return isa::Cost(isa::Opcode::kTscEnable, GetParam()).cycles; }
  testing::ArtifactBuilder Builder(int width, int height) const {
    return testing::ArtifactBuilder(GetParam(), width, height);
  }
};

INSTANTIATE_TEST_SUITE_P(Archs, Timing, ::testing::Values(Arch::kWse2, Arch::kWse3),
                         [](const auto& info) { return std::string(isa::ArchName(info.param)); });

// The picker, a task of two instructions, the picker.
TEST_P(Timing, TaskStartsTwoCyclesBehindThePickAndEndsOneBehindRet) {
  auto b = Builder(1, 1);
  b.Function("first", "  ldi r0, 1\n  st.h r0, [256]\n  ret\n");
  b.Function("second", "  ldi r0, 2\n  st.h r0, [256]\n  ret\n");
  b.Task(8, "first", true).Task(9, "second", true);
  TestMachine m(b);
  // Picked in 0; ldi in 2, st in 3, ret in 4 to 8; picked in 9; ldi in 11, st in 12.
  EXPECT_EQ(m.RunUntil([&] { return m.Word(0, 256) == 1; }), 3);
  EXPECT_EQ(m.RunUntil([&] { return m.Word(0, 256) == 2; }), 12);
}

TEST_P(Timing, TakenBranchCostsTwoMore) {
  auto b = Builder(1, 1);
  b.Function("main",
             "  tsc.enable\n  ldi r0, 0\nl:\n  loopi.lt.i16 r0, 3, 1, @l\n  ldi r1, 256\n"
             "  tsc.read r1\n  ret\n");
  b.Task(8, "main", true);
  TestMachine m(b);
  m.RunToRest();
  // ldi 1, loop 2 + 2, 2 + 2, 2, ldi 1.
  EXPECT_EQ(m.Word(0, 256), 12u + static_cast<uint32_t>(Enable()));
}

// Element groups: 10 elements of 32 bits, both sources in the same half of the banks or not.
TEST_P(Timing, BankConflictsDoubleTheGroups) {
  const auto cycles = [&](uint16_t src1) {
    auto b = Builder(1, 1);
    b.Function("main",
               "  tsc.enable\n  v.fadds dest.0, src0.0, src1.0\n  ldi r1, 256\n  tsc.read r1\n"
               "  ret\n");
    b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 10));
    b.Dsr(DsrFile::kSrc0, 0, Descriptor::Mem1d(0x2000, 10));
    b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(src1, 10));
    b.Task(8, "main", true);
    TestMachine m(b);
    m.RunToRest();
    return int64_t{m.Word(0, 256)} - Enable() - 1 - Startup(isa::Opcode::kVFadds);
  };
  const int64_t groups = wse2() ? 5 : 3;
  EXPECT_EQ(cycles(0x3004), groups);
  EXPECT_EQ(cycles(0x3000), 2 * groups);
  EXPECT_EQ(cycles(0x3002), 2 * groups);  // not aligned
}

// One word from an output queue to the CE of the neighbour.
TEST_P(Timing, OneHopFromQueueToCe) {
  auto b = Builder(2, 1);
  b.Function("nothing", "  ret\n").InputQueue(2, 4).Blocked({wse2() ? 4 : 2});
  b.OutputQueue(2, wse2() ? isa::kNoColor : 4);
  b.Route(0, 0, 1, 1, 4, kR, kE).Route(1, 0, 1, 1, 4, kW, kR);
  TestMachine m(b);
  m.ce(0).outputs[2].words.Push({{5, false, false}, 4}, costs().ramp_out_cycles);  // in cycle 0
  const int64_t seen = m.RunUntil([&] { return m.ce(1).channels[2].At(m.now()) != nullptr; }) + 1;
  EXPECT_EQ(seen, wse2() ? 2 + 1 + 1 + 2 : 2 + 2 + 2 + 3);
}

// Each PE adds its number to what comes from the west and passes the sum on to the east.
TEST_P(Timing, ChainStep) {
  auto b = Builder(5, 1);
  const auto program = [&](int in, int out, bool first) {
    b.Function("main", first ? "  v.fmovs dest.0, src1.0\n  ret\n"
                             : "  v.fadds dest.0, src0.0, src1.0\n  ret\n");
    b.Task(16, "main", true);
    b.InputQueue(2, in).Blocked({wse2() ? in : 2}).OutputQueue(3, wse2() ? isa::kNoColor : out);
    b.Dsr(DsrFile::kDest, 0, Descriptor::Fabout(3, static_cast<uint8_t>(out), 1));
    b.Dsr(DsrFile::kSrc0, 0, Descriptor::Fabin(2, static_cast<uint8_t>(in), 1));
    b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 1));
    b.Singles("x", 0x1000, {1.5f});
  };
  program(5, 4, true);
  b.Place(0, 0, 1, 1).NextProgram();
  program(4, 5, false);
  b.Place(1, 0, 1, 1).Place(3, 0, 1, 1).NextProgram();
  program(5, 4, false);
  b.Place(2, 0, 1, 1).Place(4, 0, 1, 1);
  for (int x = 0; x < 5; ++x) {
    b.Route(x, 0, 1, 1, x % 2 == 0 ? 4 : 5, kR, kE);
    if (x > 0) b.Route(x, 0, 1, 1, x % 2 == 0 ? 5 : 4, kW, kR);
  }
  TestMachine m(b);
  std::vector<int64_t> landings;
  for (uint32_t pe = 1; pe < 5; ++pe) {
    landings.push_back(m.RunUntil([&] { return m.ce(pe).channels[2].size() == 1; }));
  }
  ASSERT_GT(landings[0], 0);
  for (size_t i = 1; i < landings.size(); ++i) {
    EXPECT_EQ(landings[i] - landings[i - 1], wse2() ? 6 : 9);
  }
}

// 196 words to the fabric: start-up, two cycles to the microthread, a word in each cycle.
TEST_P(Timing, AsynchronousSendOf196Words) {
  auto b = Builder(2, 1);
  b.Function("send", "  nop\n  v.fmovs dest.0, src1.0\n  ret\n");
  b.Function("done", "  ret\n");
  b.Task(16, "send", true).Task(17, "done");
  b.OutputQueue(0, wse2() ? isa::kNoColor : 4);
  Descriptor out = Async(Descriptor::Fabout(0, 4, 196));
  out.async.completion = isa::AsyncAction::kActivate;
  out.completion_id = 17;
  b.Dsr(DsrFile::kDest, 0, out).Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 196));
  b.Place(0, 0, 1, 1).NextProgram();
  b.Function("receive", "  v.fmovs dest.0, src1.0\n  ret\n").Task(16, "receive", true);
  b.InputQueue(0, 4).Blocked({wse2() ? 4 : 0});
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 196));
  b.Dsr(DsrFile::kSrc1, 0, Async(Descriptor::Fabin(0, 4, 196)));
  b.Place(1, 0, 1, 1);
  b.Route(0, 0, 1, 1, 4, kR, kE).Route(1, 0, 1, 1, 4, kW, kR);
  TestMachine m(b);
  const int64_t issue = m.RunUntil([&] { return m.ce(0).microthreads[0].run.has_value(); });
  EXPECT_EQ(issue, 3);
  const auto& run = m.ce(0).microthreads[0].run;
  const int64_t first = m.RunUntil([&] { return run->done > 0; });
  // The elements are in a + 2 .. a + 197 behind the end a of the start-up. WSE-2: where the
  // start-up is 4, this is 201.
  const int64_t startup = Startup(isa::Opcode::kVFmovs) - costs().send_saves_cycles;
  const int64_t closed = costs().task_switch_port_cycles;  // from the pick in cycle 0 on
  EXPECT_EQ(first, std::max(issue + startup + costs().microthread_start_cycles, closed));
  for (uint32_t sent = 1; sent < 196; ++sent) {
    ASSERT_EQ(run->done, sent);
    m.Step();
  }
  EXPECT_FALSE(run.has_value());
  const int64_t last = first + 195;
  EXPECT_EQ(m.RunUntil([&] { return m.ce(0).main.task_id == 17; }), last + 1);
}

// The port is closed for seven cycles from the pick of a task on (WSE-2).
TEST_P(Timing, TaskSwitchClosesThePort) {
  auto b = Builder(1, 1);
  b.Function("send", "  activatei 17\n  v.fmovs dest.0, src1.0\n  ret\n");
  b.Function("next", "  ret\n");
  b.Task(16, "send", true).Task(17, "next").OutputQueue(2, wse2() ? isa::kNoColor : 4);
  b.Dsr(DsrFile::kDest, 0, Async(Descriptor::Fabout(2, 4, 100)));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 100));
  b.InputQueue(2, 4).Blocked({wse2() ? 4 : 2}).Route(0, 0, 1, 1, 4, kR, kR);
  TestMachine m(b);
  const int64_t pick = m.RunUntil([&] { return m.ce(0).main.task_id == 17; });
  const auto done = [&] { return m.ce(0).microthreads[2].run->done; };
  const uint32_t before = done();
  for (int k = 1; k < costs().task_switch_port_cycles; ++k) {
    m.Step();
    EXPECT_EQ(done(), before) << pick + k;
  }
}

// Two microthreads take turns; one of high priority goes first.
TEST_P(Timing, MicrothreadsShareThePort) {
  auto b = Builder(1, 1);
  b.Function("main", "  v.fmovs dest.0, src1.0\n  v.fmovs dest.1, src1.0\n  ret\n");
  b.Task(16, "main", true);
  b.OutputQueue(2, wse2() ? isa::kNoColor : 4).OutputQueue(3, wse2() ? isa::kNoColor : 5);
  Descriptor low = Async(Descriptor::Fabout(2, 4, 3));
  Descriptor high = Async(Descriptor::Fabout(3, 5, 3));
  high.async.priority = 3;
  b.Dsr(DsrFile::kDest, 0, low).Dsr(DsrFile::kDest, 1, high);
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 3));
  TestMachine m(b);
  const auto& threads = m.ce(0).microthreads;
  m.RunUntil([&] { return threads[3].run.has_value(); });
  m.ce(0).microthreads[2].run->done = 0;  // both have three elements to go
  m.ce(0).microthreads[2].ready_at = threads[3].ready_at;
  const int64_t high_done = m.RunUntil([&] { return !threads[3].run.has_value(); });
  ASSERT_TRUE(threads[2].run.has_value());
  EXPECT_EQ(threads[2].run->done, 0u);
  EXPECT_EQ(m.RunUntil([&] { return !threads[2].run.has_value(); }), high_done + 3);
}

TEST_P(Timing, ReentryOfAMicrothreadIsAnError) {
  auto b = Builder(1, 1);
  b.Function("main", "  v.fmovs dest.0, src1.0\n  v.fmovs dest.0, src1.0\n  ret\n");
  b.Task(16, "main", true).OutputQueue(2, wse2() ? isa::kNoColor : 4);
  b.Dsr(DsrFile::kDest, 0, Async(Descriptor::Fabout(2, 4, 100)));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 100));
  TestMachine m(b);
  m.RunUntil([&] { return !m.ce(0).fault.ok(); });
  EXPECT_EQ(FaultText(m.ce(0).fault),
            "an asynchronous operation starts on microthread 2, which still runs another one");
}

// A word through the ramp and back: what is visible to the CE in t is in its result's ring in
// t + 3 (t + 4).
TEST_P(Timing, LandingToLanding) {
  auto b = Builder(1, 1);
  b.Function("main", "  v.fmovs dest.0, src1.0\n  ret\n").Task(16, "main", true);
  b.InputQueue(2, 4).Blocked({wse2() ? 4 : 2}).OutputQueue(3, wse2() ? isa::kNoColor : 5);
  b.Dsr(DsrFile::kDest, 0, Descriptor::Fabout(3, 5, 1));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Fabin(2, 4, 1));
  b.Route(0, 0, 1, 1, 4, kW, kR).Route(0, 0, 1, 1, 5, kR, kE);
  TestMachine m(b);
  for (int t = 0; t < 20; ++t) m.Step();
  m.machine().router(0).rings[4][kWest].Push({5, false, false}, m.now());
  const int64_t in = m.RunUntil([&] { return m.ce(0).channels[2].size() == 1; });
  const int64_t out = m.RunUntil(
      [&] { return m.machine().router(0).neighbours[kEast]->rings[5][kWest].size() == 1; });
  EXPECT_EQ(out - in, wse2() ? 5 : 7);
}

}  // namespace
}  // namespace csl::fabric::reference
