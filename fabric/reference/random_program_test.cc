// SPDX-License-Identifier: Apache-2.0
// The random programs of fabric/testing on the reference: they run, most of them end, they repeat.
#include <gtest/gtest.h>

#include <string>

#include "fabric/reference/reference_simulator.h"
#include "fabric/testing/random_fabric_program.h"

namespace csl::fabric::reference {
namespace {

constexpr uint32_t kSeeds = 120;

SimulatorOptions Options(uint32_t seed) {
  SimulatorOptions options;
  options.poll_slice_cycles = 50 + seed * 37 % 900;
  options.quiet_bound_cycles = 20'000;
  options.command_limit_cycles = 50'000;
  options.drain_bound_cycles = 20'000;
  return options;
}

TEST(RandomFabricProgram, RunAndRepeat) {
  testing::Coverage coverage;
  int ended = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const testing::FabricProgram program = testing::RandomFabricProgram(seed);
    const auto run = [&] {
      return testing::RunFabricHost(program, seed, Options(seed), MakeReferenceSimulator,
                                    &coverage);
    };
    const std::string transcript = run();
    if (seed % 10 == 0) {
      EXPECT_EQ(transcript, run());
    }
    const size_t drain = transcript.find("drain @");
    ASSERT_NE(drain, std::string::npos) << transcript.substr(0, 2000);
    const std::string line = transcript.substr(drain, transcript.find('\n', drain) - drain);
    ended += line.ends_with(" ok") ? 1 : 0;
    RecordProperty("seed " + std::to_string(seed), line);
  }
  EXPECT_GT(ended, kSeeds * 3 / 4);  // the others fail or are stuck, which is to be compared, too
}

}  // namespace
}  // namespace csl::fabric::reference
