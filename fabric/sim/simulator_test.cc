// SPDX-License-Identifier: Apache-2.0
// Small programs through the whole fabric: launches, copies, reports, time.
#include "fabric/sim/simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "fabric/testing/artifact_builder.h"

namespace csl::fabric {
namespace {

using testing::ArtifactBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint32_t kMain = 1;
constexpr uint32_t kY = 2;

// y[i] = x + i for 4 words, x an argument.
constexpr char kFill[] = R"(
  ldi r1, 0
  ldi r2, 0x200
loop:
  add.i32 r3, r0, r1
  st.w r3, [r2 + r1<<2 + 0]
  loopi.lt.i16 r1, 4, 1, @loop
  unblock_cmd_stream
  ret
)";

std::unique_ptr<Simulator> Make(const image::Artifact& artifact, SimulatorOptions options = {}) {
  auto sim = Simulator::Create(artifact, options);
  EXPECT_TRUE(sim.ok()) << sim.status().message();
  return std::move(sim).value();
}

ArtifactBuilder FillProgram(isa::Arch arch, int width, int height) {
  ArtifactBuilder b(arch, width, height);
  b.Function("fill", kFill)
      .Words("y", 0x200, std::vector<uint16_t>(8))
      .ExportFunction(kMain, "fill", {"u32"})
      .ExportPointer(kY, "y", 0x200, 0x100);
  return b;
}

CopyCommand Read(int width, int height, int elements, std::vector<uint32_t>* into) {
  into->assign(static_cast<size_t>(width * height * elements), 0);
  CopyCommand copy;
  copy.direction = CopyDirection::kDeviceToHost;
  copy.export_id = kY;
  copy.width = width;
  copy.height = height;
  copy.elements_per_pe = elements;
  copy.destination = *into;
  return copy;
}

// The second PE runs a variant of the first one's image: another step, another word at the start.
TEST(Simulator, VariantsOfAnImageRunWithTheirOwnWords) {
  image::Artifact artifact = FillProgram(isa::Arch::kWse3, 3, 1).Build();
  image::ProgramImage other = artifact.images[0];
  other.code[0].set_imm(2);  // ldi r1: y[0] and y[1] keep what was there
  for (image::Section& section : other.sections) {
    if (section.address <= 0x200 && 0x200u - section.address < section.bytes.size()) {
      section.bytes[0x200u - section.address] = 77;
    }
  }
  artifact.variants = {*image::Difference(artifact.images[0], other)};
  artifact.manifest.num_variants = 1;
  artifact.manifest.placement = {{0, 0, 1, 1, 0}, {1, 0, 1, 1, 1}, {2, 0, 1, 1, 0}};
  for (const EngineKind engine : {EngineKind::kSharded, EngineKind::kReference}) {
    SimulatorOptions options;
    options.engine = engine;
    auto sim = Make(artifact, options);
    auto before =
        sim->ReadSymbol(artifact.manifest.offset.width + 1, artifact.manifest.offset.height, "y");
    ASSERT_TRUE(before.ok()) << before.status().message();
    EXPECT_EQ(before->at(0), 77);
    auto launch = sim->Submit(LaunchCommand{kMain, {100}});
    ASSERT_TRUE(launch.ok());
    std::vector<uint32_t> y;
    auto copy = sim->Submit(Read(3, 1, 4, &y));
    ASSERT_TRUE(copy.ok()) << copy.status().message();
    ASSERT_TRUE(sim->Wait(*copy).ok());
    EXPECT_THAT(y, ElementsAre(100, 101, 102, 103, 77, 0, 102, 103, 100, 101, 102, 103));
  }
}

TEST(Simulator, LaunchesAndCopiesBack) {
  auto sim = Make(FillProgram(isa::Arch::kWse3, 2, 1).Build());
  auto launch = sim->Submit(LaunchCommand{kMain, {100}});
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(sim->cycle(), 0);
  ASSERT_TRUE(sim->Wait(*launch).ok());
  const int64_t after_launch = sim->cycle();
  EXPECT_GT(after_launch, 104);
  std::vector<uint32_t> y;
  auto copy = sim->Submit(Read(2, 1, 4, &y));
  ASSERT_TRUE(copy.ok()) << copy.status().message();
  ASSERT_TRUE(sim->Wait(*copy).ok());
  EXPECT_THAT(y, ElementsAre(100, 101, 102, 103, 100, 101, 102, 103));
  EXPECT_GT(sim->cycle(), after_launch + 750);
  ASSERT_TRUE(sim->Drain().ok());
  const SimStats stats = sim->Stats();
  EXPECT_EQ(stats.tasks_started, 2);
  EXPECT_EQ(stats.instructions, 2 * (2 + 4 * 3 + 2));
  EXPECT_EQ(stats.host_commands, 2);
  EXPECT_EQ(stats.host_words_d2h, 8);
  EXPECT_EQ(stats.pes_touched, 2);
  EXPECT_FALSE(sim->Submit(LaunchCommand{kMain, {1}}).ok());
}

TEST(Simulator, CopiesInBothOrdersAndWidths) {
  for (const CopyOrder order : {CopyOrder::kRowMajor, CopyOrder::kColumnMajor}) {
    for (const int bits : {16, 32}) {
      auto sim = Make(FillProgram(isa::Arch::kWse2, 3, 2).Build());
      CopyCommand in;
      in.export_id = kY;
      in.x = 1;
      in.width = 2;
      in.height = 2;
      in.elements_per_pe = 3;
      in.element_bits = bits;
      in.order = order;
      for (uint32_t i = 0; i < 12; ++i) in.data.push_back(0xabc00000 + i);
      ASSERT_TRUE(sim->Submit(in).ok());
      std::vector<uint32_t> out;
      CopyCommand back = Read(2, 2, 3, &out);
      back.x = 1;
      back.element_bits = bits;
      back.order = order;
      auto id = sim->Submit(back);
      ASSERT_TRUE(id.ok());
      ASSERT_TRUE(sim->Wait(*id).ok());
      for (uint32_t i = 0; i < 12; ++i) EXPECT_EQ(out[i], (bits == 16 ? 0 : 0xabc00000) + i);
      // Element 1 of the PE at x=2, y=0 of the program.
      auto bytes = sim->ReadMemory(4 + 2, 1, 0x200 + static_cast<uint32_t>(bits / 8), 2);
      ASSERT_TRUE(bytes.ok());
      EXPECT_EQ((*bytes)[0], order == CopyOrder::kRowMajor ? 4 : 2 + 4);
    }
  }
}

TEST(Simulator, CopyFollowsThePointerAtTransferTime) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.Function("swap",
             "  ldi r0, 0x300\n  ldi r1, 0x100\n  st.h r0, [r1 + 0]\n"
             "  unblock_cmd_stream\n  ret\n")
      .Words("y", 0x200, {1, 0})
      .Words("z", 0x300, {2, 0})
      .ExportFunction(kMain, "swap")
      .ExportPointer(kY, "y", 0x200, 0x100);
  auto sim = Make(b.Build());
  std::vector<uint32_t> before, after;
  ASSERT_TRUE(sim->Submit(Read(1, 1, 1, &before)).ok());
  ASSERT_TRUE(sim->Submit(LaunchCommand{kMain, {}}).ok());
  ASSERT_TRUE(sim->Submit(Read(1, 1, 1, &after)).ok());
  ASSERT_TRUE(sim->Drain().ok());
  EXPECT_THAT(before, ElementsAre(1));
  EXPECT_THAT(after, ElementsAre(2));
}

TEST(Simulator, ProgramThatNeverUnblocksIsReportedAtOnce) {
  ArtifactBuilder b(isa::Arch::kWse2, 3, 1);
  b.Function("main", "  ret\n").ExportFunction(kMain, "main");
  b.Task(9, "main", /*active=*/false, /*blocked=*/true);
  std::vector<std::string> log;
  SimulatorOptions options;
  options.log_sink = [&](const LogRecord& record) { log.push_back(record.ToString()); };
  auto sim = Make(b.Build(), options);
  auto id = sim->Submit(LaunchCommand{kMain, {}});
  const Status status = sim->Wait(*id);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("stuck"));
  EXPECT_THAT(status.message(), HasSubstr("launch main"));
  EXPECT_THAT(status.message(), HasSubstr("3 of 3 PEs have not called unblock_cmd_stream"));
  EXPECT_THAT(status.message(), HasSubstr("P4.1 P5.1 P6.1"));
  EXPECT_THAT(status.message(), HasSubstr("9 main"));
  EXPECT_EQ(sim->Submit(LaunchCommand{kMain, {}}).status(), status);
  EXPECT_EQ(sim->Drain(), status);
  ASSERT_GE(log.size(), 3u);
  EXPECT_EQ(log[0], "@0 command 0 launch main: issued");
  EXPECT_THAT(log[1], HasSubstr("ERROR: the program is stuck"));
}

TEST(Simulator, FaultNamesPeFunctionAndLine) {
  ArtifactBuilder b(isa::Arch::kWse3, 2, 2);
  b.Function("inner", "  ldi r1, 0xbffe\n  ld.w r2, [r1 + 0]\n  ret\n")
      .Function("main", "  call r4, f0\n  unblock_cmd_stream\n  ret\n")
      .ExportFunction(kMain, "main");
  auto sim = Make(b.Build());
  const Status status = sim->Wait(*sim->Submit(LaunchCommand{kMain, {}}));
  EXPECT_EQ(status.code(), StatusCode::kAborted);
  EXPECT_THAT(status.message(), HasSubstr("P4.1"));
  EXPECT_THAT(status.message(), HasSubstr("0xbffe"));
  EXPECT_THAT(status.message(), HasSubstr("inner (program0.csl:2:1)"));
  EXPECT_TRUE(sim->ReadMemory(4, 1, 0, 16).ok());
}

TEST(Simulator, EndlessTaskMeetsTheLimitThatWasSet) {
  for (const EngineKind engine : {EngineKind::kSharded, EngineKind::kReference}) {
    ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
    b.Function("spin", "loop:\n  jmp @loop\n").ExportFunction(kMain, "spin");
    std::vector<std::string> log;
    SimulatorOptions options;
    options.engine = engine;
    options.warn_after_cycles = 1000;
    options.command_limit_cycles = 5000;
    options.log_sink = [&](const LogRecord& record) { log.push_back(record.ToString()); };
    auto sim = Make(b.Build(), options);
    const Status status = sim->Wait(*sim->Submit(LaunchCommand{kMain, {}}));
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(status.message(), HasSubstr("spin runs since cycle"));
    ASSERT_EQ(log.size(), 5u);
    EXPECT_EQ(log[1],
              "@1000 WARNING: command 0 launch spin has run for 1000 cycles, the last 1000 without "
              "progress, and is not done");
    EXPECT_EQ(log[2],
              "@1000 WARNING:   P4.1: task 1 spin runs since cycle 112, now in spin "
              "(program0.csl:1:1); spin was launched and unblock_cmd_stream was not called since");
    EXPECT_EQ(sim->cycle(), 5000);
    EXPECT_EQ(sim->ReadMemory(4, 1, 0, 2).status().code(), StatusCode::kFailedPrecondition);
  }
}

size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Their data go when the host has seen them done, and so do records that no sink takes.
TEST(Simulator, FinishedCommandsAreFreed) {
  constexpr int kWords = 4000;
  constexpr int kPes = 4;
  ArtifactBuilder b(isa::Arch::kWse3, kPes, 1);
  b.Function("idle", "  ret\n")
      .Words("y", 0x200, std::vector<uint16_t>(2 * kWords))
      .ExportPointer(kY, "y", 0x200, 0x100);
  auto sim = Make(b.Build());
  size_t before = 0;
  for (int i = 0; i < 40; ++i) {
    CopyCommand copy;
    copy.export_id = kY;
    copy.width = kPes;
    copy.elements_per_pe = kWords;
    copy.data.resize(size_t{kPes} * kWords);
    auto id = sim->Submit(std::move(copy));
    ASSERT_TRUE(id.ok()) << id.status().message();
    ASSERT_TRUE(sim->Wait(*id).ok());
    if (i == 3) before = HeapBytes();
  }
  EXPECT_LT(HeapBytes(), before + size_t{3} * kPes * kWords * sizeof(uint32_t));
}

TEST(Simulator, InterruptReturnsAndTheRunCanGoOn) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.Function("spin", "loop:\n  jmp @loop\n").ExportFunction(kMain, "spin");
  auto sim = Make(b.Build());
  auto id = sim->Submit(LaunchCommand{kMain, {}});
  for (int i = 0; i < 2; ++i) {
    sim->Interrupt();
    EXPECT_EQ(sim->Wait(*id), Aborted("interrupted"));
  }
  auto done = sim->Poll(*id);
  ASSERT_TRUE(done.ok());
  EXPECT_FALSE(*done);
}

TEST(Simulator, CommandsAfterAnInterruptedDrainComeLater) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.Function("again", "  activatei 9\n  ret\n")
      .Function("main", "  unblock_cmd_stream\n  ret\n")
      .Task(9, "again", /*active=*/true)
      .ExportFunction(kMain, "main");
  SimulatorOptions options;
  options.drain_bound_cycles = int64_t{1} << 50;
  options.check_interrupt = [] { return true; };
  auto sim = Make(b.Build(), options);
  ASSERT_EQ(sim->Drain(), Aborted("interrupted"));
  const int64_t stopped = sim->cycle();
  EXPECT_GT(stopped, 1000);
  auto id = sim->Submit(LaunchCommand{kMain, {}});
  ASSERT_TRUE(id.ok());
  ASSERT_EQ(sim->Wait(*id).ToString(), "ok");
  EXPECT_GT(sim->cycle(), stopped + 104);
}

TEST(Simulator, ADrainWithoutRestWithinTheLimitEndsTheRunWithAReport) {
  for (const EngineKind engine : {EngineKind::kSharded, EngineKind::kReference}) {
    ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
    b.Function("spin", "  ldi r0, 1\nloop:\n  jmp @loop\n").Task(9, "spin", /*active=*/true);
    SimulatorOptions options;
    options.engine = engine;
    options.command_limit_cycles = 5000;
    auto sim = Make(b.Build(), options);
    const Status status = sim->Drain();
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(status.message().find("the fabric did not come to rest in 5000 cycles after the last "
                                    "command (the limit set)\n  P4.1: task 9 spin runs since"),
              0u)
        << status.message();
    EXPECT_EQ(sim->cycle(), 5000);
    EXPECT_EQ(sim->Drain(), status);
  }
}

TEST(Simulator, PollAdvancesBySlices) {
  SimulatorOptions options;
  options.poll_slice_cycles = 50;
  auto polled = Make(FillProgram(isa::Arch::kWse3, 2, 1).Build(), options);
  auto id = polled->Submit(LaunchCommand{kMain, {5}});
  int polls = 0;
  for (;;) {
    auto done = polled->Poll(*id);
    ASSERT_TRUE(done.ok());
    if (*done) break;
    ++polls;
    EXPECT_EQ(polled->cycle(), 50 * polls);
  }
  auto waited = Make(FillProgram(isa::Arch::kWse3, 2, 1).Build(), options);
  ASSERT_TRUE(waited->Wait(*waited->Submit(LaunchCommand{kMain, {5}})).ok());
  EXPECT_EQ(polled->cycle(), waited->cycle());
  EXPECT_GT(polls, 1);
}

TEST(Simulator, RefusesBadCommands) {
  auto sim = Make(FillProgram(isa::Arch::kWse3, 2, 1).Build());
  EXPECT_EQ(sim->Submit(LaunchCommand{77, {}}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(sim->Submit(LaunchCommand{kY, {}}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(sim->Submit(LaunchCommand{kMain, {}}).status().message(),
            "'fill' takes 1 arguments, 0 given");
  std::vector<uint32_t> out;
  CopyCommand copy = Read(2, 1, 4, &out);
  copy.x = 1;
  EXPECT_EQ(sim->Submit(copy).status().code(), StatusCode::kOutOfRange);
  copy = Read(2, 1, 4, &out);
  copy.elements_per_pe = 5;
  EXPECT_EQ(sim->Submit(copy).status().code(), StatusCode::kInvalidArgument);
  copy = Read(2, 1, 4, &out);
  copy.element_bits = 8;
  EXPECT_EQ(sim->Submit(copy).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(sim->cycle(), 0);
  EXPECT_TRUE(sim->Drain().ok());
}

TEST(Simulator, TasksActiveAtStartRunWithoutAHost) {
  ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  b.Function("first", "  activatei 12\n  ret\n")
      .Function("second", "  ldi r0, 7\n  ldi r1, 0x200\n  st.h r0, [r1 + 0]\n  ret\n")
      .Words("y", 0x200, {0})
      .Task(11, "first", /*active=*/true)
      .Task(12, "second");
  auto sim = Make(b.Build());
  ASSERT_TRUE(sim->Drain().ok());
  EXPECT_THAT(*sim->ReadSymbol(4, 1, "y"), ElementsAre(7, 0));
  EXPECT_EQ(sim->ReadSymbol(4, 1, "nope").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(sim->ReadSymbol(3, 1, "y").status().code(), StatusCode::kOutOfRange);
  EXPECT_GT(sim->Stats().cycle_count, 0);
}

}  // namespace
}  // namespace csl::fabric
