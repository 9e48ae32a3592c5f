// SPDX-License-Identifier: Apache-2.0
// Events: the same for any number of threads and shards, and asking for them changes nothing else.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <tuple>

#include "fabric/router/side.h"
#include "fabric/sim/simulator.h"
#include "fabric/testing/random_fabric_program.h"
#include "fabric/testing/random_host.h"

namespace csl::fabric {
namespace {

constexpr uint32_t kSeeds = 120;

struct Traced {
  std::string shown;
  std::vector<LogRecord> events;
};

SimulatorOptions Options(uint32_t seed, int threads, int shards) {
  SimulatorOptions options;
  options.num_threads = threads;
  options.num_shards = shards;
  options.parallel_threshold_ns = 0;
  options.more_threads_than_cores = true;
  options.poll_slice_cycles = 50 + seed * 37 % 900;
  options.quiet_bound_cycles = seed * 101 % 20'000;
  options.command_limit_cycles = 20'000;
  options.drain_bound_cycles = 20'000;
  return options;
}

Traced RunTraced(const testing::FabricProgram& program, uint32_t seed, uint32_t trace, int threads,
                 int shards) {
  Traced traced;
  SimulatorOptions options = Options(seed, threads, shards);
  options.trace = trace;
  options.log_sink = [&](const LogRecord& record) { traced.events.push_back(record); };
  testing::Coverage coverage;
  traced.shown = testing::RunFabricHost(program, seed, options, Simulator::Create, &coverage);
  return traced;
}

std::string Text(const LogRecord& r) {
  const Event& e = r.event;
  return fmt::format("@{} {} P{}.{} c{} s{} o{} f{} p{:x} i{} t{} u{} @{} n{} g{} y{} q{}", r.cycle,
                     static_cast<int>(e.kind), e.x, e.y, e.color, e.side, e.outputs, e.flags,
                     e.payload, e.ident, e.task, e.microthread, e.position, e.number, e.sequence,
                     e.cycles, e.queue);
}

// "": the same.
std::string Difference(const std::vector<LogRecord>& a, const std::vector<LogRecord>& b) {
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string left = i < a.size() ? Text(a[i]) : "nothing";
    const std::string right = i < b.size() ? Text(b[i]) : "nothing";
    if (left != right) return fmt::format("event {}: {} instead of {}", i, left, right);
  }
  return "";
}

TEST(Trace, ChangesNothingAndIsTheSameForAllThreadsAndShards) {
  size_t events = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const testing::FabricProgram program = testing::RandomFabricProgram(seed);
    const Traced plain = RunTraced(program, seed, 0, 1, 1);
    EXPECT_TRUE(plain.events.empty());
    const Traced traced = RunTraced(program, seed, kAllTraceKinds, 1, 1);
    events += traced.events.size();
    ASSERT_EQ(testing::FirstDifference(traced.shown, plain.shown), "") << "seed " << seed;
    for (const auto& [threads, shards] :
         {std::pair{1, 2 + static_cast<int>(seed % 11)}, {2 + static_cast<int>(seed % 2), 0}}) {
      const Traced other = RunTraced(program, seed, kAllTraceKinds, threads, shards);
      ASSERT_EQ(Difference(other.events, traced.events), "")
          << "seed " << seed << ", " << threads << " threads, " << shards << " shards";
    }
    // Wavelets alone are traced with PEs that run ahead.
    const Traced wavelets = RunTraced(program, seed, kTraceLandings | kTraceRoutes, 1, 1);
    std::vector<LogRecord> expected;
    for (const LogRecord& r : traced.events) {
      if ((TraceKindOf(r.event.kind) & (kTraceLandings | kTraceRoutes)) != 0) {
        expected.push_back(r);
      }
    }
    ASSERT_EQ(Difference(wavelets.events, expected), "") << "seed " << seed;
  }
  EXPECT_GT(events, 10'000u);
}

// What each ident says: it enters once, and goes from router to neighbouring router.
void FollowWavelets(const std::vector<LogRecord>& events, int64_t hop_cycles) {
  static constexpr int kStepX[] = {-1, 1, 0, 0};
  static constexpr int kStepY[] = {0, 0, 1, -1};
  std::set<uint32_t> entered;
  std::set<std::tuple<int64_t, int, int, uint32_t>> expected;  // cycle, place, ident
  std::set<std::tuple<int, int, uint32_t>> inside;
  int64_t last = 0;
  for (const LogRecord& r : events) {
    const Event& e = r.event;
    EXPECT_GE(r.cycle, last) << "events come by cycle";
    last = r.cycle;
    if (e.kind == Event::Kind::kLanding) {
      if (e.side < router::kNumLinks) {
        EXPECT_EQ(expected.erase({r.cycle, e.x, e.y, e.ident}), 1u) << Text(r);
      } else {
        EXPECT_TRUE(entered.insert(e.ident).second) << Text(r);
      }
      EXPECT_TRUE(inside.insert({e.x, e.y, e.ident}).second) << Text(r);
    } else if (e.kind == Event::Kind::kRoute) {
      if (!e.has(Event::kNewWavelet)) {
        EXPECT_EQ(inside.erase({e.x, e.y, e.ident}), 1u) << Text(r);
      }
      for (int side = 0; side < router::kNumLinks; ++side) {
        if ((e.links >> side & 1) == 0) continue;
        expected.insert({r.cycle + hop_cycles, e.x + kStepX[side], e.y + kStepY[side], e.ident});
      }
    }
  }
}

TEST(Trace, WaveletsKeepTheirIdentFromRouterToRouter) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const testing::FabricProgram program = testing::RandomFabricProgram(seed);
    const Traced traced = RunTraced(program, seed, kTraceLandings | kTraceRoutes, 1, 1);
    const isa::Arch arch = program.artifact.manifest.arch;
    FollowWavelets(traced.events, isa::MachineCostsOf(arch).hop_cycles);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(Trace, IsNotThereForTheReferenceYet) {
  SimulatorOptions options;
  options.engine = EngineKind::kReference;
  options.trace = kTraceLandings;
  const testing::FabricProgram program = testing::RandomFabricProgram(1);
  const auto made = Simulator::Create(program.artifact, options);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace csl::fabric
