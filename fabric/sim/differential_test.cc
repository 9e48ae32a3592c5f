// SPDX-License-Identifier: Apache-2.0
// The sharded engine, with any number of threads and shards, behaves as the plain one does:
// results, cycles, counters, log, states and errors, on random programs under random hosts.
#include <gtest/gtest.h>

#include <cstdlib>

#include "fabric/testing/random_host.h"
#include "fabric/testing/random_program.h"

namespace csl::fabric {
namespace {

constexpr uint32_t kSeeds = 40;

// Fewer if DIFFERENTIAL_SEEDS is set.
uint32_t NumSeeds() {
  const char* text = std::getenv("DIFFERENTIAL_SEEDS");
  return text == nullptr ? kSeeds : static_cast<uint32_t>(std::atoi(text));
}

// Bounds differ by seed, so that polls, copies, warnings and limits meet every kind of moment.
SimulatorOptions Sharded(uint32_t seed, int threads, int shards) {
  SimulatorOptions options;
  options.num_threads = threads;
  options.num_shards = shards;
  options.parallel_threshold_ns = 0;  // always side by side, however little there is to do
  options.poll_slice_cycles = 50 + seed * 37 % 900;
  options.quiet_bound_cycles = seed * 101 % 3000;
  options.warn_after_cycles = 1 + seed * 211 % 5000;
  if (seed % 7 == 3) options.command_limit_cycles = 20'000;
  if (seed % 5 == 2) options.drain_bound_cycles = 500;
  return options;
}

class Differential : public ::testing::TestWithParam<bool> {};

TEST_P(Differential, EnginesThreadsAndShardsAgree) {
  const bool may_fail = GetParam();
  int failed = 0;
  for (uint32_t seed = 0; seed < NumSeeds(); ++seed) {
    const image::Artifact artifact = testing::RandomArtifact(seed, may_fail);
    SimulatorOptions plain = Sharded(seed, 1, 1);
    plain.engine = EngineKind::kReference;
    const std::string expected = testing::RunRandomHost(artifact, seed, plain);
    failed += expected.find("drain @") != std::string::npos &&
              expected.find(" ok\n", expected.find("drain @")) == std::string::npos;
    for (const auto& [threads, shards] :
         {std::pair{1, 0}, {1, 7}, {2, 0}, {2, 3}, {4, 0}, {4, 100}, {8, 0}, {8, 2}}) {
      const std::string got =
          testing::RunRandomHost(artifact, seed, Sharded(seed, threads, shards));
      ASSERT_EQ(testing::FirstDifference(got, expected), "")
          << "seed " << seed << ", " << threads << " threads, " << shards << " shards";
    }
  }
  if (NumSeeds() < kSeeds) return;
  // The material is worth something: most harmless programs finish, some others do not.
  if (may_fail) {
    EXPECT_GT(failed, 5);
  } else {
    EXPECT_LT(failed, 10);  // the limit alone stops these
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, Differential, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "ThatMayFail" : "ThatEnd"; });

}  // namespace
}  // namespace csl::fabric
