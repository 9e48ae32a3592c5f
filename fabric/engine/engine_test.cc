// SPDX-License-Identifier: Apache-2.0
// The pool of threads, and what an engine owes the rest whatever its threads and shards.
#include "fabric/engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <numeric>
#include <string>
#include <vector>

#include "fabric/engine/worker_pool.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric::engine {
namespace {

TEST(WorkerPool, EveryIndexOnceJobAfterJob) {
  for (const int threads : {1, 2, 3}) {
    WorkerPool pool(threads);
    EXPECT_EQ(pool.num_threads(), threads);
    for (int job = 0; job < 500; ++job) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(job % 17));
      pool.ParallelFor(job % 17, [&](int i) { ++seen[static_cast<size_t>(i)]; });
      for (const auto& count : seen) ASSERT_EQ(count, 1);
    }
  }
}

TEST(WorkerPool, WakesThreadsThatSleep) {
  WorkerPool pool(2);
  std::atomic<int> sum{0};
  for (int i = 0; i < 3; ++i) {
    // Long enough for the other thread to stop spinning.
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
    while (std::chrono::steady_clock::now() < until) {
    }
    pool.ParallelFor(100, [&](int k) { sum += k; });
  }
  EXPECT_EQ(sum, 3 * 4950);
}

TEST(WorkerPool, KnowsHowManyCoresItMayUse) { EXPECT_GE(UsableCores(), 1); }

pe::Machine StartedTasks(int width, int height) {
  testing::ArtifactBuilder b(isa::Arch::kWse3, width, height);
  b.Function("f",
             "  coord.x r0\n  addi.u16 r0, r0, 1\nl:\n  loopi.lt.i16 r1, 9, 1, @l\n"
             "  loop.gt.i16 r0, r2, -1, @l\n  ret\n")
      .Task(9, "f", /*active=*/true);
  const image::Artifact artifact = b.Build();
  pe::Machine machine;
  machine.arch = isa::Arch::kWse3;
  machine.width = width;
  machine.height = height;
  machine.programs.push_back(std::move(pe::LoadProgram(artifact.images[0])).value());
  machine.program_of_pe.assign(static_cast<size_t>(width * height), 0);
  return machine;
}

TEST(Engine, AnyCutOfTheFabricGivesTheSame) {
  for (const auto& [width, height] : {std::pair{5, 7}, {13, 1}, {1, 9}}) {
    const pe::Machine machine = StartedTasks(width, height);
    auto plain = MakeShardedEngine(machine, {});
    while (plain->NextEventCycle() != pe::kNever) plain->RunWindow(plain->NextEventCycle() + 1);
    for (const int shards : {0, 1, 2, 3, 8, 1000}) {
      auto engine = MakeShardedEngine(machine, {2, shards, false, 0});
      EXPECT_EQ(engine->NextEventCycle(), 0);
      EXPECT_EQ(engine->FindPe(0), nullptr);  // nothing has happened yet
      while (engine->NextEventCycle() != pe::kNever) {
        engine->RunWindow(engine->NextEventCycle() + 50);
      }
      EXPECT_EQ(engine->IdleSince(), plain->IdleSince());
      const EngineTotals a = engine->Totals();
      const EngineTotals b = plain->Totals();
      EXPECT_EQ(a.counters.instructions, b.counters.instructions);
      EXPECT_EQ(a.counters.busy_cycles, b.counters.busy_cycles);
      EXPECT_EQ(a.pes_touched, width * height);
      for (uint32_t pe = 0; pe < static_cast<uint32_t>(width * height); ++pe) {
        EXPECT_EQ(pe::ToString(*engine->FindPe(pe)), pe::ToString(*plain->FindPe(pe)));
      }
    }
  }
}

// Operations of one microthread alone, over pages that are the image's until they are written.
class LoneMicrothread : public ::testing::TestWithParam<isa::Arch> {
 protected:
  static constexpr int kWords = 5;

  // P0.0 sends the words from `from` on to P1.0, which does `operation` with them: dest.0, src0.0,
  // src1.0 and src1.1, a fabric input. Returns `count` words of P1.0 from `to` on.
  static std::vector<float> Run(const std::string& operation, uint16_t from, uint16_t to,
                                int16_t stride, size_t count) {
    const isa::Arch arch = GetParam();
    const bool wse2 = arch == isa::Arch::kWse2;
    testing::ArtifactBuilder b(arch, 2, 1);
    const uint8_t color = 4;
    b.Function("main", "  v.fmovs dest.0, src1.0\n  ret\n").Task(9, "main", true);
    b.OutputQueue(2, wse2 ? isa::kNoColor : color);
    b.Dsr(isa::DsrFile::kDest, 0, testing::Async(isa::Descriptor::Fabout(2, color, kWords)));
    b.Dsr(isa::DsrFile::kSrc1, 0, isa::Descriptor::Mem1d(from, kWords));
    b.Singles("sent", from, {1, 2, 3, 4, 5}).Place(0, 0, 1, 1).NextProgram();
    b.Function("main", "  " + operation + "\n  ret\n").Task(9, "main", true);
    b.InputQueue(2, color).Blocked({wse2 ? color : 2});
    const isa::Descriptor fabin = testing::Async(isa::Descriptor::Fabin(2, color, kWords));
    b.Dsr(isa::DsrFile::kDest, 0, isa::Descriptor::Mem1d(to, kWords, stride));
    b.Dsr(isa::DsrFile::kSrc0, 0, fabin).Dsr(isa::DsrFile::kSrc1, 1, fabin);
    b.Dsr(isa::DsrFile::kSrc1, 0, isa::Descriptor::Mem1d(to, kWords, stride));
    b.Singles("there", to, {10, 20, 30, 40, 50}).Place(1, 0, 1, 1);
    b.Route(0, 0, 1, 1, color, image::kRamp, image::kEast);
    b.Route(1, 0, 1, 1, color, image::kWest, image::kRamp);
    const image::Artifact artifact = b.Build();
    pe::Machine machine;
    machine.arch = arch;
    machine.manifest = &artifact.manifest;
    machine.width = 2;
    machine.height = 1;
    for (const image::ProgramImage& image : artifact.images) {
      machine.programs.push_back(std::move(pe::LoadProgram(image)).value());
    }
    machine.program_of_pe = {0, 1};
    auto engine = MakeShardedEngine(machine, {});
    while (engine->NextEventCycle() != pe::kNever) {
      engine->RunWindow(engine->NextEventCycle() + 1);
    }
    std::vector<float> words(count);
    for (size_t i = 0; i < count; ++i) {
      uint32_t bits = 0;
      EXPECT_TRUE(
          engine->FindPe(1)->memory.Load<uint32_t>(to + static_cast<uint32_t>(4 * i), &bits));
      words[i] = std::bit_cast<float>(bits);
    }
    return words;
  }
};

INSTANTIATE_TEST_SUITE_P(Archs, LoneMicrothread,
                         ::testing::Values(isa::Arch::kWse2, isa::Arch::kWse3),
                         [](const auto& info) { return std::string(isa::ArchName(info.param)); });

TEST_P(LoneMicrothread, SumsIntoTheWordThatItReads) {
  EXPECT_EQ(Run("v.fadds dest.0, src0.0, src1.0", 0x1000, 0x1100, 0, 2),
            (std::vector<float>{25, 20}));
}

TEST_P(LoneMicrothread, GoesFromPageToPage) {
  EXPECT_EQ(Run("v.fmovs dest.0, src1.1", 0xbf8, 0x13f4, 1, 5),
            (std::vector<float>{1, 2, 3, 4, 5}));
  EXPECT_EQ(Run("v.fadds dest.0, src0.0, src1.0", 0xbfc, 0x13f8, 1, 5),
            (std::vector<float>{11, 22, 33, 44, 55}));
}

TEST_P(LoneMicrothread, SumsIntoAWordThatLiesInTwoPages) {
  // The second page becomes the PE's own before the first.
  const std::string write = "ldi r2, 0x1410\n  st.w r2, [r2 + 0]\n  ";
  EXPECT_EQ(Run(write + "v.fadds dest.0, src0.0, src1.0", 0x1000, 0x13fe, 0, 2),
            (std::vector<float>{25, 20}));
}

}  // namespace
}  // namespace csl::fabric::engine
