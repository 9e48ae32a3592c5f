// SPDX-License-Identifier: Apache-2.0
// The engine, with any number of threads and shards, with and without run-ahead, shows what the
// reference shows: results, cycles, statistics, log and errors, on random programs of several PEs
// that use all of the fabric, under random hosts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "fabric/testing/random_fabric_program.h"
#include "fabric/testing/random_host.h"

namespace csl::fabric {
namespace {

// Of 2,000 programs a shard of the test has a part.
constexpr uint32_t kSeeds = 2000;

SimulatorOptions Options(uint32_t seed) {
  SimulatorOptions options;
  options.num_threads = 1;
  options.parallel_threshold_ns = 0;  // always side by side, however little there is to do
  options.more_threads_than_cores = true;
  options.poll_slice_cycles = 50 + seed * 37 % 900;
  options.quiet_bound_cycles = seed * 101 % 20'000;
  options.command_limit_cycles = 50'000;
  options.drain_bound_cycles = 20'000;
  return options;
}

uint32_t Environment(const char* name, uint32_t value) {
  const char* text = std::getenv(name);
  return text == nullptr ? value : static_cast<uint32_t>(std::atoi(text));
}

TEST(FabricDifferential, EngineShowsWhatTheReferenceShows) {
  const uint32_t shard = Environment("TEST_SHARD_INDEX", 0);
  const uint32_t shards = Environment("TEST_TOTAL_SHARDS", 1);
  if (const char* file = std::getenv("TEST_SHARD_STATUS_FILE")) std::fclose(std::fopen(file, "w"));
  testing::Coverage coverage;
  uint32_t ran = 0;
  int differ = 0;
  // By hand: DIFFERENTIAL_FIRST and DIFFERENTIAL_END choose the programs, DIFFERENTIAL_SHOW prints
  // those that differ.
  const uint32_t first = Environment("DIFFERENTIAL_FIRST", 0);
  const uint32_t end = Environment("DIFFERENTIAL_END", kSeeds);
  for (uint32_t seed = first + shard; seed < end; seed += shards, ++ran) {
    const testing::FabricProgram program = testing::RandomFabricProgram(seed);
    for (const auto& [name, count] : program.coverage) coverage[name] += count;
    SimulatorOptions reference = Options(seed);
    reference.engine = EngineKind::kReference;
    const std::string expected =
        testing::RunFabricHost(program.artifact, seed, reference, Simulator::Create);
    struct Way {
      int threads;
      int cut;
      bool run_ahead;
    };
    const Way ways[] = {{1, 1, true},
                        {1, 1, false},
                        {1, 1 + static_cast<int>(seed % 13), true},
                        {2 + static_cast<int>(seed % 2), 0, true}};
    for (const Way& way : ways) {
      SimulatorOptions options = Options(seed);
      options.num_threads = way.threads;
      options.num_shards = way.cut;
      options.may_run_ahead = way.run_ahead;
      const std::string got =
          testing::RunFabricHost(program.artifact, seed, options, Simulator::Create);
      EXPECT_EQ(testing::FirstDifference(got, expected), "")
          << "seed " << seed << ", " << way.threads << " threads, " << way.cut << " shards, "
          << (way.run_ahead ? "with" : "without") << " run-ahead";
      if (testing::FirstDifference(got, expected).empty()) continue;
      if (std::getenv("DIFFERENTIAL_SHOW") != nullptr) {
        for (const image::ProgramImage& image : program.artifact.images) {
          std::cout << image.ToString();
        }
        std::cout << "---- reference\n" << expected << "---- engine\n" << got;
      }
      ++differ;
      break;
    }
    ASSERT_LT(differ, 20);
  }
  EXPECT_EQ(ran, (end - first - shard + shards - 1) / shards);
  RecordProperty("programs", static_cast<int>(ran));
}

}  // namespace
}  // namespace csl::fabric
