// SPDX-License-Identifier: Apache-2.0
// The main thread runs ahead of fabric time beside microthreads that wait or work: memory, cycles
// and counts are those of the reference, whenever the wavelet arrives.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "fabric/sim/simulator.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric {
namespace {

using image::kEast;
using image::kRamp;
using image::kWest;
using isa::Arch;
using isa::Descriptor;
using isa::DsrFile;
using testing::ArtifactBuilder;
using testing::Async;

constexpr int kColor = 4;
constexpr int kQueue = 2;
constexpr int kMain = 16;
constexpr int kDelays = 60;  // longer than what runs beside

std::string Nops(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "  nop\n";
  return text;
}

// PE 0 sends `words` words after `delay` cycles and runs `after`; PE 1 runs `receiver`, whose
// dest.0 and src1.0 are a word at 0x2000 and src0.0 the wavelets. Words from 0x3000 on are its
// results, 0x4000 and 0x4400 are free.
ArtifactBuilder TwoPes(Arch arch, int delay, const std::string& after,
                       const std::string& receiver) {
  ArtifactBuilder b(arch, 2, 1);
  const bool wse2 = arch == Arch::kWse2;
  b.Function("send", Nops(delay) + "  v.fmovs dest.0, src1.0\n" + after + "  ret\n");
  b.Task(kMain, "send", true).OutputQueue(kQueue, wse2 ? int{isa::kNoColor} : kColor);
  b.Dsr(DsrFile::kDest, 0, Descriptor::Fabout(kQueue, kColor, 1));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 1)).Singles("x", 0x1000, {1.5f});
  b.Place(0, 0, 1, 1).NextProgram();
  b.Function("receive", receiver).Task(kMain, "receive", true).InputQueue(kQueue, kColor);
  b.Blocked({wse2 ? kColor : kQueue});
  const Descriptor word = Descriptor::Mem1d(0x2000, 1);
  b.Dsr(DsrFile::kDest, 0, word).Dsr(DsrFile::kSrc1, 0, word);
  b.Dsr(DsrFile::kSrc0, 0, Async(Descriptor::Fabin(kQueue, kColor, 1)));
  b.Dsr(DsrFile::kDest, 1, Descriptor::Mem1d(0x4000, 20));
  b.Dsr(DsrFile::kSrc0, 1, Descriptor::Mem1d(0x4404, 20));
  b.Dsr(DsrFile::kSrc1, 1, Descriptor::Mem1d(0x4404, 20));
  b.Dsr(DsrFile::kDest, 2, Descriptor::Mem1d(0x3010, 20));
  b.Dsr(DsrFile::kSrc0, 2, Descriptor::Mem1d(0x2000, 20, 0));
  b.Dsr(DsrFile::kSrc1, 2, Descriptor::Mem1d(0x2000, 20, 0));
  b.Singles("x", 0x2000, {1.0f}).Words("results", 0x3000, std::vector<uint16_t>(64));
  b.Singles("many", 0x4404, std::vector<float>(20, 0.25f)).Place(1, 0, 1, 1);
  b.Route(0, 0, 1, 1, kColor, kRamp, kEast).Route(1, 0, 1, 1, kColor, kWest, kRamp);
  return b;
}

// What a run shows: how it ended, cycles, counts, and the receiver's results.
std::string Show(const image::Artifact& artifact, const SimulatorOptions& options,
                 std::vector<uint8_t>* results) {
  auto sim = Simulator::Create(artifact, options);
  EXPECT_TRUE(sim.ok()) << sim.status().message();
  const Status status = (*sim)->Drain();
  const SimStats stats = (*sim)->Stats();
  const int x = artifact.manifest.offset.width + 1;
  const auto memory = (*sim)->ReadMemory(x, artifact.manifest.offset.height, 0x2000, 0x1060);
  EXPECT_TRUE(memory.ok()) << memory.status().message();
  *results = *memory;
  std::string text =
      fmt::format("{} cycle {} instructions {} busy {} elements {}", status.message(),
                  (*sim)->cycle(), stats.instructions, stats.busy_cycles, stats.vector_elements);
  for (const uint8_t byte : *memory) text += fmt::format("{:02x}", byte);
  return text;
}

// Runs in all ways, which must agree; returns the first result word.
uint32_t SameInAllWays(const ArtifactBuilder& b) {
  const image::Artifact artifact = b.Build();
  SimulatorOptions options;
  options.num_threads = 1;
  std::vector<uint8_t> results;
  const std::string ahead = Show(artifact, options, &results);
  options.may_run_ahead = false;
  EXPECT_EQ(Show(artifact, options, &results), ahead);
  options.engine = EngineKind::kReference;
  EXPECT_EQ(Show(artifact, options, &results), ahead);
  uint32_t word = 0;
  std::memcpy(&word, results.data() + 0x1000, sizeof(word));
  return word;
}

class RunAhead : public ::testing::TestWithParam<Arch> {};

INSTANTIATE_TEST_SUITE_P(Archs, RunAhead, ::testing::Values(Arch::kWse2, Arch::kWse3),
                         [](const auto& info) { return std::string(isa::ArchName(info.param)); });

// What runs beside the parked microthread, then reads the word that the microthread changes.
constexpr char kRead[] =
    "  ldi r3, 0x2000\n  ld.w r4, [r3 + 0]\n  ldi r2, 0x3000\n"
    "  st.w r4, [r2 + 0]\n  ret\n";

// The arrival falls before, into every cycle of, and behind the run-ahead: once in the last cycle,
// once in the one behind.
void ExpectOneChange(Arch arch, const std::string& beside) {
  std::vector<uint32_t> words;
  for (int delay = 0; delay < kDelays; ++delay) {
    words.push_back(SameInAllWays(
        TwoPes(arch, delay, "", "  v.fadds dest.0, src0.0, src1.0\n" + beside + kRead)));
  }
  int changes = 0;
  for (size_t i = 1; i < words.size(); ++i) changes += words[i] != words[i - 1] ? 1 : 0;
  EXPECT_EQ(changes, 1) << "the delays do not reach from before the read to behind it";
}

TEST_P(RunAhead, RegistersAndOtherPagesBesideAParkedMicrothread) {
  ExpectOneChange(GetParam(),
                  "  ldi r0, 0\n  ldi r2, 0x3400\n"
                  "l:\n  st.w r0, [r2 + 0]\n  ld.w r5, [r2 + 0]\n  loopi.lt.i16 r0, 6, 1, @l\n");
}

TEST_P(RunAhead, VectorsOnOtherPagesBesideAParkedMicrothread) {
  ExpectOneChange(GetParam(), "  v.fadds dest.1, src0.1, src1.1\n");
}

TEST_P(RunAhead, VectorsOnTheMicrothreadsPageSeeItsWord) {
  std::set<uint32_t> words;
  // The operation begins when the earliest word has come, and takes less time than the delays.
  const std::string receiver = "  v.fadds dest.0, src0.0, src1.0\n" + Nops(30) +
                               "  v.fadds dest.2, src0.2, src1.2\n  ldi r3, 0x3000\n"
                               "  ld.w r4, [r3 + 0x5c]\n  st.w r4, [r3 + 0]\n  ret\n";
  for (int delay = 0; delay < kDelays; ++delay) {
    words.insert(SameInAllWays(TwoPes(GetParam(), delay, "", receiver)));
  }
  EXPECT_EQ(words.size(), 2u);
}

// It polls the word until the microthread has changed it.
TEST_P(RunAhead, PollsAWordThatAMicrothreadChanges) {
  std::set<uint32_t> turns;
  for (int delay = 0; delay < kDelays; delay += 7) {
    turns.insert(SameInAllWays(TwoPes(
        GetParam(), delay, "",
        "  v.fadds dest.0, src0.0, src1.0\n  ldi r3, 0x2000\n  ld.w r4, [r3 + 0]\n  ldi r0, 0\n"
        "l:\n  addi.u16 r0, r0, 1\n  ld.w r5, [r3 + 0]\n  beq.i32 r4, r5, @l\n"
        "  ldi r2, 0x3000\n  st.w r0, [r2 + 0]\n  ret\n")));
  }
  EXPECT_GT(turns.size(), 3u);
}

// A fault far ahead of fabric time stops neither the output queue nor the microthread before.
TEST_P(RunAhead, FaultsWhenFabricTimeGetsThere) {
  const std::string loop = "  ldi r0, 0\nl:\n  loopi.lt.i16 r0, 40, 1, @l\n";
  const std::string bad[] = {"  trap 3\n", "  ldi r2, 0xf000\n  st.w r0, [r2 + 0]\n",
                             "  ldi r2, 0x7a40\n  ldi r0, 0xffef\n  cfg.write r2, r0\n"};
  for (const std::string& fault : bad) {
    const uint32_t word = SameInAllWays(
        TwoPes(GetParam(), 0, loop + fault, "  v.fadds dest.0, src0.0, src1.0\n" + loop + kRead));
    EXPECT_EQ(word, 0x40200000u) << fault;  // 2.5: the word got through
    SameInAllWays(TwoPes(GetParam(), 20, "",
                         "  v.fadds dest.0, src0.0, src1.0\n" + loop + fault + "  ret\n"));
  }
}

// A word comes into the queue while the task runs; then the task asks to hear of the queue being
// empty, which it never is. A task that had run ahead would have found it so.
TEST(RunAheadWse3, AFlushLooksAtTheQueueInItsCycle) {
  for (int delay = 0; delay < kDelays; delay += 10) {
    ArtifactBuilder b = TwoPes(Arch::kWse3, delay, "",
                               "  ldi r0, 0\n  ldi r2, 0x3000\nl:\n  loopi.lt.i16 r0, 60, 1, @l\n"
                               "  ldi r1, 2\n  queue.flush r1\n  ret\n");
    b.Function("empty", "  ldi r2, 0x3000\n  ldi r0, 7\n  st.w r0, [r2 + 0]\n  ret\n");
    b.image().configuration.handlers.push_back({image::Handler::Kind::kEmptyInputQueue, kQueue, 1});
    EXPECT_EQ(SameInAllWays(b), 0u) << delay;
  }
}

// PE 1 sends more words than queues and rings hold, to a color that PE 0's task opens or closes
// late: what has room goes as fabric time has it, although the task has run ahead. Returns when the
// last word had room, 0: never.
uint32_t StampOfLastWord(int turns, const std::string& instruction, bool open_at_first) {
  constexpr int kOther = 5;
  ArtifactBuilder b(Arch::kWse2, 2, 1);
  b.Function("change", fmt::format("  ldi r0, 0\nl:\n  loopi.lt.i16 r0, {}, 1, @l\n"
                                   "  ldi r1, {}\n  {}\n  ret\n",
                                   turns, kOther, instruction));
  b.Task(kMain, "change", true).Place(0, 0, 1, 1);
  if (!open_at_first) b.Blocked({kOther});
  b.NextProgram();
  b.Function("send", "  tsc.enable\n  v.fmovs dest.0, src1.0\n  ret\n");
  b.Function("sent", "  ldi r2, 0x3000\n  tsc.read r2\n  ret\n");
  b.Task(kMain, "send", true).Task(kMain + 1, "sent").OutputQueue(kQueue);
  b.Words("stamp", 0x3000, {0, 0, 0});
  // The queue holds 6, the rings of both routers 2 each, the color's own channel 2.
  Descriptor out = Async(Descriptor::Fabout(kQueue, kOther, 12));
  out.async.completion = isa::AsyncAction::kActivate;
  out.completion_id = kMain + 1;
  b.Dsr(DsrFile::kDest, 0, out);
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 12, 0)).Singles("x", 0x1000, {1.5f});
  b.Place(1, 0, 1, 1);
  b.Route(1, 0, 1, 1, kOther, kRamp, kWest).Route(0, 0, 1, 1, kOther, kEast, kRamp);
  return SameInAllWays(b);
}

TEST(RunAheadWse2, AnUnblockOpensTheColorInItsCycle) {
  for (const char* instruction : {"unblocki 5", "unblock r1"}) {
    std::set<uint32_t> stamps;
    for (const int turns : {20, 60, 200}) {
      stamps.insert(StampOfLastWord(turns, instruction, false));
    }
    EXPECT_EQ(stamps.size(), 3u) << "the sender does not wait for " << instruction;
  }
}

TEST(RunAheadWse2, ABlockClosesTheColorInItsCycle) {
  for (const char* instruction : {"blocki 5", "block r1"}) {
    EXPECT_EQ(StampOfLastWord(1, instruction, true), 0u) << instruction;
    EXPECT_GT(StampOfLastWord(200, instruction, true), 0u) << instruction;
  }
}

Descriptor Fifo() {
  Descriptor dsd;
  dsd.header.kind = isa::DsdKind::kFifo;
  return dsd;
}

// A microthread waits for two elements of 16 bits, or for room for two, on a FIFO of two. A task
// that gives it one activates nobody; only the second does, from the next task on.
TEST_P(RunAhead, AFifoActivatesItsTaskOnceTheWholePairIsThere) {
  const bool wse2 = GetParam() == Arch::kWse2;
  const std::string work = "  ldi r0, 0\nl:\n  loopi.lt.i16 r0, 60, 1, @l\n";
  for (const bool pushes : {true, false}) {
    ArtifactBuilder b(GetParam(), 2, 1);
    b.Function("send", "  v.mov16 dest.0, src1.0\n  ret\n").Task(kMain, "send", true);
    b.OutputQueue(kQueue, wse2 ? int{isa::kNoColor} : kColor);
    b.Dsr(DsrFile::kDest, 0, Descriptor::Fabout(kQueue, kColor, 4));
    b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 4)).Words("x", 0x1000, {1, 2, 3, 4});
    b.Place(0, 0, 1, 1).NextProgram();
    b.Function("first", "  v.mov16 dest.1, src1.1\n" + work +
                            "  v.mov16 dest.2, src1.2\n  activatei 18\n  ret\n");
    b.Function("woken", "  ldi r2, 0x3000\n  ld.w r0, [r2 + 4]\n  st.w r0, [r2 + 0]\n  ret\n");
    b.Function("second",
               "  ldi r2, 0x3000\n  ldi r0, 2\n  st.w r0, [r2 + 4]\n"
               "  v.mov16 dest.2, src1.2\n  ret\n");
    b.Task(kMain, "first", true).Task(17, "woken").Task(18, "second");
    b.Words("results", 0x3000, {0, 0, 1, 0}).Words("element", 0x2000, {7});
    b.InputQueue(kQueue, kColor).Blocked({wse2 ? kColor : kQueue});
    b.OutputQueue(3, wse2 ? int{isa::kNoColor} : kColor + 1);
    image::Fifo fifo;
    fifo.base = 0x5000;
    fifo.capacity = 2;
    (pushes ? fifo.activate_push : fifo.activate_pop) = 17;
    b.image().configuration.fifos.push_back(fifo);
    const Descriptor element = Descriptor::Mem1d(0x2000, 1);
    const Descriptor out = Async(Descriptor::Fabout(3, kColor + 1, 2));
    const Descriptor in = Async(Descriptor::Fabin(kQueue, kColor, 4));
    b.Dsr(DsrFile::kDest, 1, pushes ? out : Fifo()).Dsr(DsrFile::kSrc1, 1, pushes ? Fifo() : in);
    b.Dsr(DsrFile::kDest, 2, pushes ? Fifo() : element);
    b.Dsr(DsrFile::kSrc1, 2, pushes ? element : Fifo()).Place(1, 0, 1, 1);
    b.Route(0, 0, 1, 1, kColor, kRamp, kEast).Route(1, 0, 1, 1, kColor, kWest, kRamp);
    b.Route(1, 0, 1, 1, kColor + 1, kRamp, kEast);
    EXPECT_EQ(SameInAllWays(b), 2u) << (pushes ? "pushes" : "pops");
  }
}

// The memory of all PEs as of now.
std::string CoreOf(const Simulator& sim) {
  std::string core;
  sim.WriteCore("cut", [&](std::span<const uint8_t> piece) {
    core.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return core;
}

// Every kind of run-ahead has its cycles: jumps, straight code longer than a window, operations on
// memory with and without bank conflicts, calls, block copies, and all that beside a microthread.
ArtifactBuilder ForCuts(Arch arch) {
  std::string straight;
  for (int i = 0; i < 30; ++i) straight += fmt::format("  st.w r0, [r2 + {}]\n", 4 * i);
  const std::string work =
      "  ldi r0, 0\n  ldi r2, 0x3400\n"
      "l:\n  st.w r0, [r2 + 0]\n  loopi.lt.i16 r0, 20, 1, @l\n" +
      straight + "  v.fadds dest.1, src0.1, src1.1\n" + straight +
      "  ldi r3, 0x4404\n  copy r2, r3, 60\n  v.fadds dest.1, src0.1, src1.1\n  st.w r2, [r2 + "
      "8]\n";
  return TwoPes(arch, 40, "", "  v.fadds dest.0, src0.0, src1.0\n" + work + kRead);
}

// Cut at every cycle, a run has left each PE as of that cycle; it ends as one that was not cut.
TEST_P(RunAhead, ACutLeavesNoPePastIt) {
  const image::Artifact artifact = ForCuts(GetParam()).Build();
  std::set<std::string> cores;
  for (int64_t cut = 1; cut < 420; ++cut) {
    SimulatorOptions options;
    options.num_threads = 1;
    options.drain_bound_cycles = cut;
    auto ahead = Simulator::Create(artifact, options);
    options.engine = EngineKind::kReference;
    auto reference = Simulator::Create(artifact, options);
    ASSERT_TRUE(ahead.ok() && reference.ok());
    const Status status = (*ahead)->Drain();
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_TRUE((*reference)->Drain().ok());
    ASSERT_EQ((*ahead)->cycle(), (*reference)->cycle()) << cut;
    ASSERT_TRUE(CoreOf(**ahead) == CoreOf(**reference)) << "cut at " << cut;
    cores.insert(CoreOf(**ahead));
  }
  EXPECT_GT(cores.size(), 200u);
}

// PE 0 does something after `turns` turns; PE 1 computes, longer than any fault period, beside it.
ArtifactBuilder OneActs(Arch arch, int turns, const std::string& deed) {
  ArtifactBuilder b(arch, 2, 1);
  b.Function("act", fmt::format("  ldi r0, 0\nl:\n  loopi.lt.i16 r0, {}, 1, @l\n{}", turns, deed));
  b.Task(kMain, "act", true)
      .Words("text", 0x2000, {0x6968, 0x000a})
      .Place(0, 0, 1, 1)
      .NextProgram();
  b.Function("count",
             "  ldi r0, 0\n  ldi r2, 0x3400\nl:\n  addi.u16 r0, r0, 1\n  st.w r0, [r2 + 0]\n"
             "  jmp @l\n");
  b.Task(kMain, "count", true).Place(1, 0, 1, 1);
  return b;
}

TEST_P(RunAhead, AFaultLeavesNoPePastTheEndOfTheRun) {
  std::set<std::vector<uint8_t>> counts;
  // In the first period, near its end, and in the second.
  for (const int turns : {1, 100, 3000, 4090, 4096, 5458, 5464, 8188}) {
    const image::Artifact artifact = OneActs(GetParam(), turns, "  trap 3\n").Build();
    SimulatorOptions options;
    options.num_threads = 1;
    auto ahead = Simulator::Create(artifact, options);
    options.engine = EngineKind::kReference;
    auto reference = Simulator::Create(artifact, options);
    ASSERT_TRUE(ahead.ok() && reference.ok());
    ASSERT_EQ((*ahead)->Drain().code(), StatusCode::kAborted);
    ASSERT_EQ((*reference)->Drain().code(), StatusCode::kAborted);
    ASSERT_EQ((*ahead)->cycle(), (*reference)->cycle()) << turns;
    ASSERT_TRUE(CoreOf(**ahead) == CoreOf(**reference)) << "faulted at " << (*ahead)->cycle();
    const image::Extent2& offset = artifact.manifest.offset;
    counts.insert(*(*ahead)->PeekMemory(offset.width + 1, offset.height, 0x3400, 2));
  }
  EXPECT_EQ(counts.size(), 2u);
}

// Interrupted when PE 0 first says something, while PE 1 is ahead: the run stops where PE 1 is.
TEST_P(RunAhead, AnInterruptionLeavesNoPePastTheClock) {
  const std::string say = "  ldi r2, 0x2000\n  ldi r3, 3\n  log r2, r3\n  st.w r0, [r2 + 16]\n";
  for (const std::string then : {"  ret\n", "  jmp @l\n"}) {
    const image::Artifact artifact = OneActs(GetParam(), 50, say + then).Build();
    SimulatorOptions options;
    options.num_threads = 1;
    Simulator* running = nullptr;
    options.log_sink = [&](const LogRecord& record) {
      if (record.message.find("hi") != std::string::npos) running->Interrupt();
    };
    auto ahead = Simulator::Create(artifact, options);
    ASSERT_TRUE(ahead.ok());
    running = ahead->get();
    ASSERT_EQ(running->Drain(), Aborted("interrupted"));
    options.log_sink = nullptr;
    options.engine = EngineKind::kReference;
    options.drain_bound_cycles = running->cycle();
    auto reference = Simulator::Create(artifact, options);
    ASSERT_TRUE(reference.ok() && (*reference)->Drain().ok());
    EXPECT_EQ((*reference)->cycle(), running->cycle());
    EXPECT_TRUE(CoreOf(**reference) == CoreOf(*running)) << running->cycle();
  }
}

// The report of a run that is ended says where tasks stand, however far they would have run ahead.
TEST_P(RunAhead, AReportSaysWhereTasksAreInItsCycle) {
  const image::Artifact artifact = ForCuts(GetParam()).Build();
  std::set<std::string> reports;
  for (int64_t limit = 1; limit < 420; ++limit) {
    SimulatorOptions options;
    options.num_threads = 1;
    options.command_limit_cycles = limit;
    auto ahead = Simulator::Create(artifact, options);
    options.may_run_ahead = false;
    auto step = Simulator::Create(artifact, options);
    ASSERT_TRUE(ahead.ok() && step.ok());
    const Status status = (*ahead)->Drain();
    ASSERT_EQ((*step)->Drain(), status) << limit;
    if (!status.ok()) reports.insert(status.message().substr(status.message().find('\n')));
  }
  EXPECT_GT(reports.size(), 50u);
}

// A launch that unblocks the command stream and computes on, polled; the other PE is still awaited.
TEST_P(RunAhead, EachPollSeesPesAsOfItsCycle) {
  const auto loop = [](const std::string& label) {
    return "  ldi r0, 0\n  ldi r2, 0x3400\n" + label +
           ":\n  st.w r0, [r2 + 0]\n  loopi.lt.i16 r0, 200, 1, @" + label + "\n";
  };
  const std::string add = "  v.fadds dest.0, src0.0, src1.0\n";
  ArtifactBuilder b(GetParam(), 2, 1);
  for (int x = 0; x < 2; ++x) {
    const std::string unblock = "  unblock_cmd_stream\n";
    b.Function("f", x == 0 ? unblock + loop("a") + add + add + "  ret\n"
                           : loop("a") + add + unblock + add + add + loop("b") + "  ret\n");
    b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x4000, 400));
    b.Dsr(DsrFile::kSrc0, 0, Descriptor::Mem1d(0x4004, 400));
    b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x4004, 400));
    b.Singles("many", 0x4004, std::vector<float>(400, 1.25f)).ExportFunction(5, "f", {});
    b.Place(x, 0, 1, 1);
    if (x == 0) b.NextProgram();
  }
  const image::Artifact artifact = b.Build();
  for (const int64_t slice : {1, 7, 150, 263, 1000, 100'000}) {
    SimulatorOptions options;
    options.num_threads = 1;
    options.poll_slice_cycles = slice;
    auto ahead = Simulator::Create(artifact, options);
    options.engine = EngineKind::kReference;
    auto reference = Simulator::Create(artifact, options);
    ASSERT_TRUE(ahead.ok() && reference.ok());
    const CommandId id = *(*ahead)->Submit(LaunchCommand{.export_id = 5, .args = {}});
    ASSERT_EQ(*(*reference)->Submit(LaunchCommand{.export_id = 5, .args = {}}), id);
    for (bool done = false; !done;) {
      done = *(*ahead)->Poll(id);
      ASSERT_EQ(*(*reference)->Poll(id), done);
      ASSERT_EQ((*ahead)->cycle(), (*reference)->cycle());
      ASSERT_TRUE(CoreOf(**ahead) == CoreOf(**reference)) << slice << " " << (*ahead)->cycle();
    }
    ASSERT_TRUE((*ahead)->Drain().ok() && (*reference)->Drain().ok());
    EXPECT_EQ((*ahead)->cycle(), (*reference)->cycle());
    EXPECT_TRUE(CoreOf(**ahead) == CoreOf(**reference)) << slice;
  }
}

}  // namespace
}  // namespace csl::fabric
