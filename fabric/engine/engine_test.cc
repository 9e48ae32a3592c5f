// SPDX-License-Identifier: Apache-2.0
// The pool of threads, and what an engine owes the rest whatever its threads and shards.
#include "fabric/engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

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

}  // namespace
}  // namespace csl::fabric::engine
