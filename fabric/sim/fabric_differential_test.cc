// SPDX-License-Identifier: Apache-2.0
// The engine, with any number of threads and shards, with and without run-ahead, shows what the
// reference shows: results, cycles, statistics, log and errors, on random programs of several PEs
// that use all of the fabric, under random hosts.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>

#include "fabric/isa/instruction.h"
#include "fabric/testing/fabric_features.h"
#include "fabric/testing/random_fabric_program.h"
#include "fabric/testing/random_host.h"

namespace csl::fabric {
namespace {

// Of 2,000 programs each test has a part; Bazel's shards share the tests among them.
constexpr uint32_t kSeeds = 2000;
constexpr uint32_t kParts = 4;
constexpr int kLeastUses = 20;

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

struct Way {
  int threads;
  int cut;
  bool run_ahead;
};

// Some threads for most programs; many now and then, since they share few cores.
std::vector<Way> WaysToRun(uint32_t seed) {
  std::vector<Way> ways = {{1, 1, true},
                           {1, 1, false},
                           {1, 1 + static_cast<int>(seed % 13), true},
                           {2 + static_cast<int>(seed % 2), 0, true}};
  if (seed % 16 == 5) ways.push_back({8, 0, true});
  if (seed % 128 == 9) ways.push_back({64, static_cast<int>(seed % 17), true});
  const auto most = static_cast<int>(Environment("DIFFERENTIAL_THREADS", kMaxThreads));
  std::erase_if(ways, [most](const Way& way) { return way.threads > most; });
  return ways;
}

void Show(const testing::FabricProgram& program, const std::string& expected,
          const std::string& got) {
  for (const image::ProgramImage& image : program.artifact.images) std::cout << image.ToString();
  std::cout << "---- reference\n" << expected << "---- engine\n" << got;
}

// Whether all ways to run a program show the same; the host's deeds are counted once.
bool AllWaysAgree(uint32_t seed, testing::Coverage* coverage) {
  const testing::FabricProgram program = testing::RandomFabricProgram(seed);
  SimulatorOptions reference = Options(seed);
  reference.engine = EngineKind::kReference;
  const std::string expected =
      testing::RunFabricHost(program, seed, reference, Simulator::Create, coverage);
  for (const Way& way : WaysToRun(seed)) {
    SimulatorOptions options = Options(seed);
    options.num_threads = way.threads;
    options.num_shards = way.cut;
    options.may_run_ahead = way.run_ahead;
    testing::Coverage again;
    const std::string got =
        testing::RunFabricHost(program, seed, options, Simulator::Create, &again);
    const std::string difference = testing::FirstDifference(got, expected);
    EXPECT_EQ(difference, "") << "seed " << seed << ", " << way.threads << " threads, " << way.cut
                              << " shards, " << (way.run_ahead ? "with" : "without")
                              << " run-ahead";
    if (difference.empty()) continue;
    if (std::getenv("DIFFERENTIAL_SHOW") != nullptr) Show(program, expected, got);
    return false;
  }
  return true;
}

class FabricDifferential : public ::testing::TestWithParam<uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Parts, FabricDifferential, ::testing::Range(0u, kParts));

TEST_P(FabricDifferential, EngineShowsWhatTheReferenceShows) {
  testing::Coverage coverage;
  uint32_t ran = 0;
  int differ = 0;
  // By hand: DIFFERENTIAL_FIRST and DIFFERENTIAL_END choose the programs, DIFFERENTIAL_SHOW prints
  // those that differ, DIFFERENTIAL_LIMIT ends the test after so many, and no more threads run than
  // DIFFERENTIAL_THREADS.
  const uint32_t first = Environment("DIFFERENTIAL_FIRST", 0);
  const uint32_t end = Environment("DIFFERENTIAL_END", kSeeds);
  const int limit = static_cast<int>(Environment("DIFFERENTIAL_LIMIT", 20));
  for (uint32_t seed = first + GetParam(); seed < end; seed += kParts, ++ran) {
    differ += AllWaysAgree(seed, &coverage) ? 0 : 1;
    ASSERT_LT(differ, limit);
  }
  RecordProperty("programs", static_cast<int>(ran));
  if (ran < kSeeds / kParts) return;
  for (const char* feature : testing::kHostFeatures) {
    EXPECT_GE(coverage[feature], kLeastUses) << feature;
  }
}

TEST(FabricPrograms, UseEveryOpcodeAndFeatureTwentyTimes) {
  testing::Coverage coverage;
  std::array<int, isa::kNumOpcodes> opcodes = {};
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const testing::FabricProgram program = testing::RandomFabricProgram(seed);
    for (const auto& [name, count] : program.coverage) coverage[name] += count;
    for (const image::ProgramImage& image : program.artifact.images) {
      for (const isa::Instruction& i : image.code) ++opcodes[i.op];
    }
  }
  for (size_t op = 1; op < opcodes.size(); ++op) {
    EXPECT_GE(opcodes[op], kLeastUses) << isa::EnumName(static_cast<isa::Opcode>(op));
  }
  for (const char* feature : testing::kProgramFeatures) {
    EXPECT_GE(coverage[feature], kLeastUses) << feature;
  }
}

}  // namespace
}  // namespace csl::fabric
