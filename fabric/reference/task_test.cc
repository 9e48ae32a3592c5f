// SPDX-License-Identifier: Apache-2.0
// Tasks: states, data and control tasks, rotating tasks, teardown and flush handlers, FIFO tasks.
#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using isa::Arch;
using isa::Descriptor;
using isa::DsrFile;
using List = std::vector<uint32_t>;

// Appends r0 to the list at 0x100: its length, then its words.
constexpr const char* kAppend =
    "  ld.u16 r10, [256]\n  st.h r0, [r10<<1 + 258]\n  addi.u16 r10, r10, 1\n"
    "  st.h r10, [256]\n";

std::string Append(const std::string& before, const std::string& after = "") {
  return before + kAppend + after + "  ret\n";
}

List ListOf(TestMachine& m, uint32_t pe = 0) {
  return m.Words(pe, 258, static_cast<int>(m.Word(pe, 256)));
}

void Inject(TestMachine& m, uint32_t pe, int color, std::vector<Wavelet> wavelets, int64_t at = 0) {
  for (const Wavelet& w : wavelets) {
    m.machine().router(pe).rings[static_cast<size_t>(color)][kWest].Push(w, at);
  }
}

// Two events, in either order, run a task that is blocked and inactive at first once.
TEST(Tasks, RunOnceBothActivatedAndUnblocked) {
  for (const char* order : {"  activatei 10\n  unblocki 10\n", "  unblocki 10\n  activatei 10\n",
                            "  activatei 10\n  activatei 10\n  unblocki 10\n"}) {
    testing::ArtifactBuilder b(Arch::kWse3, 1, 1);
    b.Function("main", order + std::string("  ret\n"));
    b.Function("both", Append("  ldi r0, 5\n", "  blocki 10\n"));
    b.Task(9, "main", true).Task(10, "both", false, true);
    TestMachine m(b);
    m.RunToRest();
    EXPECT_EQ(ListOf(m), List({5})) << order;
    EXPECT_TRUE(m.ce().IsBlocked(10));
  }
}

TEST(Tasks, HighPriorityFirstThenRoundRobinBehindTheLast) {
  testing::ArtifactBuilder b(Arch::kWse3, 1, 1);
  for (int id = 9; id <= 12; ++id) {
    const std::string name = "t" + std::to_string(id);
    b.Function(name, Append("  ldi r0, " + std::to_string(id) + "\n",
                            id == 11 ? "  activatei 9\n  activatei 12\n" : ""));
    b.Task(id, name, id != 12, false, id == 11);
  }
  TestMachine m(b);
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({11, 12, 9, 10}));
}

class Wavelets : public ::testing::TestWithParam<Arch> {
 protected:
  bool wse2() const { return GetParam() == Arch::kWse2; }
  // Data of color 4 arrive at queue 2 of one PE.
  testing::ArtifactBuilder Builder(bool bind = true) const {
    testing::ArtifactBuilder b(GetParam(), 1, 1);
    if (bind) b.InputQueue(2, 4);
    b.Route(0, 0, 1, 1, 4, kW, kR);
    return b;
  }
  int id() const { return wse2() ? 4 : 2; }
  // Takes words until a control wavelet activates task 17.
  static Descriptor EndedByControl() {
    Descriptor in = Descriptor::Fabin(2, 4, 100);
    in.async.is_async = true;
    in.async.on_control = isa::AsyncAction::kActivate;
    in.on_control_id = 17;
    return in;
  }
};

INSTANTIATE_TEST_SUITE_P(Archs, Wavelets, ::testing::Values(Arch::kWse2, Arch::kWse3),
                         [](const auto& info) { return std::string(isa::ArchName(info.param)); });

TEST_P(Wavelets, DataTaskGetsLowAndHighHalf) {
  auto b = Builder();
  b.Function("data", Append("  mov r5, r1\n", "  mov r0, r5\n"));
  b.DataTask(id(), "data", 16, 16);
  TestMachine m(b);
  Inject(m, 0, 4, {{42, false, false}, {3u << 16 | 0xfffe, false, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({42, 0xfffe}));
  EXPECT_EQ(m.ce().main.regs[5], 3u);
}

TEST_P(Wavelets, ControlTaskRunsBehindTheDataAndUnknownOnesAreDropped) {
  auto b = Builder();
  b.Function("data", Append(""));
  b.Function("control", Append("  add.i32 r0, r0, r1\n"));
  b.DataTask(id(), "data", 32).ControlTask(40, "control", 16, 16);
  TestMachine m(b);
  Inject(m, 0, 4, {{1, false, false}, {31u << 16, true, false}});
  m.RunUntil([&] { return m.machine().router(0).rings[4][kWest].empty(); });
  Inject(m, 0, 4, {{41u << 16, true, false}, {40u << 16 | 7, true, false}}, m.now());
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({1, 47}));
}

// A data task that blocks itself and sends asynchronously; the next wavelet waits.
TEST_P(Wavelets, BlockedTaskLeavesTheNextWaveletAtTheHead) {
  auto b = Builder();
  b.Function("data", "  st.h r0, [4096]\n" + Append("", "  ldi r3, " + std::to_string(id()) +
                                                            "\n  block r3\n"
                                                            "  v.mov16 dest.0, src1.0\n"));
  b.DataTask(id(), "data", 16).OutputQueue(3, wse2() ? isa::kNoColor : 5);
  Descriptor out = Descriptor::Fabout(3, 5, 1);
  out.async.is_async = true;
  out.async.completion = isa::AsyncAction::kUnblock;
  out.completion_id = static_cast<uint16_t>(id());
  b.Dsr(DsrFile::kDest, 0, out).Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 1));
  b.Route(0, 0, 1, 1, 5, kR, kE);
  TestMachine m(b);
  Inject(m, 0, 4, {{1, false, false}, {2, false, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({1, 2}));
  EXPECT_EQ(m.machine().router(0).neighbours[kEast]->rings[5][kWest].size(), 2u);
}

TEST_P(Wavelets, OnControlEndsTheOperation) {
  auto b = Builder();
  b.Function("main", "  v.mov32 dest.0, src1.0\n  ret\n").Function("stop", Append("  ldi r0, 9\n"));
  b.Task(16, "main", true).Task(17, "stop").Blocked({id()});
  const Descriptor in = EndedByControl();
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 100)).Dsr(DsrFile::kSrc1, 0, in);
  TestMachine m(b);
  Inject(m, 0, 4, {{1, false, false}, {2, false, false}, {40u << 16, true, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({9}));
  EXPECT_EQ(m.Words(0, 0x1000, 3, 4), List({1, 2, 0}));
  EXPECT_FALSE(m.ce().microthreads[2].run.has_value());
}

// What has ended an operation is an element of the next one, unless a control wavelet may end that,
// too.
TEST_P(Wavelets, TheControlWaveletOfOnControlStaysInTheQueue) {
  for (const bool again : {false, true}) {
    auto b = Builder();
    b.Function("main", "  v.mov32 dest.0, src1.0\n  ret\n");
    b.Function("stop", Append("  ldi r0, 9\n  v.mov32 dest.1, src1.1\n"));
    b.Task(16, "main", true).Task(17, "stop").Blocked({id()});
    const Descriptor in = EndedByControl();
    b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 100)).Dsr(DsrFile::kSrc1, 0, in);
    Descriptor next = again ? in : Descriptor::Fabin(2, 4, 2);
    next.async.on_control = again ? isa::AsyncAction::kTerminate : isa::AsyncAction::kNone;
    b.Dsr(DsrFile::kDest, 1, Descriptor::Mem1d(0x1100, 100)).Dsr(DsrFile::kSrc1, 1, next);
    TestMachine m(b);
    Inject(m, 0, 4, {{1, false, false}, {40u << 16, true, false}, {3, false, false}});
    m.RunToRest();
    EXPECT_EQ(m.Words(0, 0x1000, 2, 4), List({1, 0}));
    EXPECT_EQ(m.Words(0, 0x1100, 2, 4), again ? List({3, 0}) : List({40u << 16, 3}));
    EXPECT_EQ(m.ce().microthreads[2].run.has_value(), again);
  }
}

// With a data task nothing stays that could start it.
TEST_P(Wavelets, TheControlWaveletOfOnControlStartsNoDataTask) {
  auto b = Builder();
  b.Function("main", "  v.mov32 dest.0, src1.0\n  ret\n");
  b.Function("data", Append("  ldi r0, 8\n")).DataTask(id(), "data", 16);
  b.Function("stop", Append("  ldi r0, 9\n  unblocki " + std::to_string(id()) + "\n"));
  b.Task(16, "main", true).Task(17, "stop").Blocked({id()});
  const Descriptor in = EndedByControl();
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 100)).Dsr(DsrFile::kSrc1, 0, in);
  TestMachine m(b);
  Inject(m, 0, 4, {{1, false, false}, {40u << 16, true, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({9}));
}

// DSDs without elements: nothing is awaited, the actions take place.
TEST_P(Wavelets, AnOperationWithoutElementsIsDoneAtOnce) {
  auto b = Builder();
  b.Function("main", "  v.mov32 dest.0, src1.0\n  v.mov32 dest.1, src1.1\n  ret\n");
  b.Function("done", Append("  ldi r0, 9\n")).Task(16, "main", true).Task(17, "done");
  b.Blocked({id()}).OutputQueue(3, wse2() ? isa::kNoColor : 5).Route(0, 0, 1, 1, 5, kR, kE);
  Descriptor in = Descriptor::Fabin(2, 4, 0);
  in.async.is_async = true;
  in.async.completion = isa::AsyncAction::kActivate;
  in.completion_id = 17;
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 0)).Dsr(DsrFile::kSrc1, 0, in);
  b.Dsr(DsrFile::kDest, 1, Descriptor::Fabout(3, 5, 0));
  b.Dsr(DsrFile::kSrc1, 1, Descriptor::Mem1d(0x1000, 0));
  TestMachine m(b);
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({9}));
  EXPECT_TRUE(m.machine().router(0).neighbours[kEast]->rings[5][kWest].empty());
  EXPECT_EQ(m.ce().main.phase, Phase::kIdle);
}

// A synchronous receive: 31 is dropped, entry point 40 waits for its task.
TEST_P(Wavelets, ControlWaveletsAtASynchronousReceive) {
  auto b = Builder();
  b.Function("main", "  v.mov32 dest.0, src1.0\n  ret\n");
  b.Task(16, "main", true).Blocked({id()});
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 3));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Fabin(2, 4, 3));
  TestMachine m(b);
  Inject(m, 0, 4, {{31u << 16, true, false}, {5, false, false}, {40u << 16, true, false}});
  m.RunToRest();
  EXPECT_EQ(m.Word(0, 0x1000, 4), 5u);
  EXPECT_EQ(m.ce().main.phase, Phase::kRunning);  // waits, and nothing is busy
  EXPECT_FALSE(m.machine().CanDoSomething(m.now()));
}

TEST_P(Wavelets, DfiltCountsControlWavelets) {
  auto b = Builder();
  b.Function("main", "  v.dfilt _, src1.0\n  ret\n").Function("done", Append("  ldi r0, 3\n"));
  b.Task(16, "main", true).Task(17, "done").Blocked({id()});
  Descriptor in = Descriptor::Fabin(2, 4, 2);
  in.async.is_async = true;
  in.async.completion = isa::AsyncAction::kActivate;
  in.completion_id = 17;
  b.Dsr(DsrFile::kSrc1, 0, in);
  TestMachine m(b);
  Inject(m, 0, 4,
         {{1, false, false},
          {40u << 16, true, false},
          {2, false, false},
          {0, true, false},
          {3, false, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({3}));
  EXPECT_EQ(m.ce().channels[2].size(), 1u);
}

TEST_P(Wavelets, ControlTransformTunnelsControlWavelets) {
  auto b = Builder();
  b.Function("main", "  v.mov32 dest.0, src1.0\n  v.mov32 dest.1, src1.1\n  ret\n");
  b.Task(16, "main", true).Blocked({id()}).OutputQueue(3, wse2() ? isa::kNoColor : 5);
  Descriptor in = Descriptor::Fabin(2, 4, 2);
  in.header.control_transform = true;
  Descriptor out = Descriptor::Fabout(3, 5, 2);
  out.header.control_transform = true;
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 2)).Dsr(DsrFile::kSrc1, 0, in);
  b.Dsr(DsrFile::kDest, 1, out).Dsr(DsrFile::kSrc1, 1, Descriptor::Mem1d(0x1000, 2));
  b.image().configuration.words.push_back({0x7a42, 3});
  b.Route(0, 0, 1, 1, 5, kR, kE);
  TestMachine m(b);
  Inject(m, 0, 4, {{40u << 16 | 6, true, false}, {7, false, false}});
  m.RunToRest();
  EXPECT_EQ(m.Words(0, 0x1000, 2, 4), List({1u << 31 | 43u << 16 | 6, 7}));
  auto& ring = m.machine().router(0).neighbours[kEast]->rings[5][kWest];
  const Wavelet first = ring.Pop(m.now());
  EXPECT_TRUE(first.control);
  EXPECT_EQ(first.payload, 40u << 16 | 6);
  EXPECT_FALSE(ring.Pop(m.now()).control);
}

// Without an input queue a color with a data task has a buffer of its own (WSE-2).
TEST(Wse2, DataTaskWithoutAQueue) {
  testing::ArtifactBuilder b(Arch::kWse2, 1, 1);
  b.Function("data", Append("")).DataTask(4, "data", 16).Route(0, 0, 1, 1, 4, kW, kR);
  TestMachine m(b);
  Inject(m, 0, 4, {{1, false, false}, {2, false, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({1, 2}));
}

TEST(Wse3, RotatingTasksLeaveTheWavelet) {
  testing::ArtifactBuilder b(Arch::kWse3, 1, 1);
  b.InputQueue(2, 4).Route(0, 0, 1, 1, 4, kW, kR);
  b.Function("data", Append("")).Function("other", Append("  ldi r0, 99\n"));
  b.DataTask(2, "data", 16);
  b.image().configuration.rotating_tasks.push_back({2, 1, 2, 1});
  TestMachine m(b);
  Inject(m, 0, 4, {{1, false, false}, {2, false, false}, {3, false, false}, {4, false, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({1, 99, 2, 3, 99, 4}));
}

TEST(Wse3, TeardownAndFlushRunTheirHandlersAsOneTask) {
  testing::ArtifactBuilder b(Arch::kWse3, 1, 1);
  // 8 and the number of the output queue.
  b.Function("main", "  ldi r1, 11\n  queue.flush r1\n  activatei 30\n  ret\n");
  b.Function("on_color", Append("  ldi r0, 4\n  ldi r1, 31748\n  cfg.read r2, r1\n"
                                "  andi.u16 r2, r2, 16383\n  cfg.write r1, r2\n"));
  b.Function("on_queue", Append("  ldi r0, 3\n  ldi r1, 31305\n  ldi r2, 8\n  cfg.write r1, r2\n"));
  b.Task(16, "main", true).OutputQueue(3, 5).InputQueue(2, 4).Blocked({2});
  auto& handlers = b.image().configuration.handlers;
  handlers.push_back({image::Handler::Kind::kTeardown, 4, 1});
  handlers.push_back({image::Handler::Kind::kEmptyOutputQueue, 3, 2});
  b.Function("last", "  ret\n").Task(30, "last");
  b.Route(0, 0, 1, 1, 4, kW, kR);
  TestMachine m(b);
  Inject(m, 0, 4, {{3u << 22 | 31u << 16, true, false}});
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({4, 3}));
  EXPECT_EQ(m.ce().teardown_pending, 0u);
  EXPECT_EQ(m.ce().flushed_outputs, 0u);
  EXPECT_FALSE(m.color(0, 4).teardown);
  EXPECT_EQ(m.ce().counters.tasks_started, 3);
}

// FIFO tasks: the reader finds it empty, a push wakes it.
TEST(Wse2, PushTaskRunsBehindAnEmptyEvent) {
  testing::ArtifactBuilder b(Arch::kWse2, 1, 1);
  b.Function("read", Append("  v.mov16 dest.0, src1.0\n  vok r0\n"));
  b.Function("write", "  v.mov16 dest.1, src1.1\n  ret\n");
  b.Task(25, "read", true).Task(26, "write", true);
  image::Fifo fifo;
  fifo.base = 0x3000;
  fifo.capacity = 4;
  fifo.activate_push = 25;
  b.image().configuration.fifos.push_back(fifo);
  Descriptor dsd;
  dsd.header.kind = isa::DsdKind::kFifo;
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 2)).Dsr(DsrFile::kSrc1, 0, dsd);
  b.Dsr(DsrFile::kDest, 1, dsd).Dsr(DsrFile::kSrc1, 1, Descriptor::Mem1d(0x1100, 3));
  b.Words("x", 0x1100, {7, 8, 9});
  TestMachine m(b);
  m.RunToRest();
  EXPECT_EQ(ListOf(m), List({0, 1}));  // vok: stopped, then complete
  EXPECT_EQ(m.Words(0, 0x1000, 2), List({7, 8}));
  EXPECT_EQ(m.ce().fifos[0].count, 1u);
}

// Re-binding a queue: what came early waits in the router; the filter bit counts.
TEST_P(Wavelets, QueueIsBoundToAnotherColorAtRunTime) {
  auto b = Builder();
  b.Function("main", "  v.mov32 dest.0, src1.0\n  ldi r1, " + std::to_string(0x7b62) +
                         "\n  ldi r2, " + std::to_string(6 << 4 | 1) +
                         "\n  cfg.write r1, r2\n  v.mov32 dest.1, src1.0\n  ret\n");
  b.Task(16, "main", true).Blocked({2, 4, 6});
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 2));
  b.Dsr(DsrFile::kDest, 1, Descriptor::Mem1d(0x1010, 2));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Fabin(2, 4, 2));
  image::ColorConfig config = Switched({{kW, kR}});
  config.filter.kind = image::FilterKind::kCounter;
  config.filter.count_data = true;
  config.filter.has_limit1 = true;
  config.filter.limit1 = 2;
  b.Color(0, 0, 1, 1, 6, config);
  TestMachine m(b);
  Inject(m, 0, 6, {{60, false, false}, {61, false, false}, {62, false, false}, {63, false, false}});
  for (int t = 0; t < 60; ++t) m.Step();
  EXPECT_EQ(m.machine().router(0).rings[6][kWest].size(), 4u);
  Inject(m, 0, 4, {{40, false, false}, {41, false, false}}, m.now());
  m.RunToRest();
  EXPECT_EQ(m.Words(0, 0x1000, 2, 4), List({40, 41}));
  EXPECT_EQ(m.Words(0, 0x1010, 2, 4), List({60, 63}));
}

}  // namespace
}  // namespace csl::fabric::reference
