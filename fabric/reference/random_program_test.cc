// SPDX-License-Identifier: Apache-2.0
// The random programs of fabric/testing on the reference: they run, most of them end, they repeat,
// and together they use every opcode and every feature.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "fabric/isa/instruction.h"
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

// Features that every collection of programs of this size has.
constexpr const char* kFeatures[] = {
    "FIFO",
    "advance_switch",
    "asynchronous receive",
    "asynchronous send",
    "blocked data task",
    "circbuf",
    "color swap",
    "control task",
    "control wavelets",
    "data task",
    "dsr.get on fabric",
    "early unblock",
    "filter kind 1",
    "filter kind 2",
    "filter kind 3",
    "handover by switches",
    "implicit channel",
    "loop at the ramp",
    "mem4d",
    "on_control",
    "overwrites what is sent",
    "path over links",
    "polling",
    "queue.flush",
    "rotating tasks",
    "synchronous receive",
    "synchronous send",
    "teardown",
    "ut.block",
    "zero",
};

TEST(RandomFabricProgram, RunsRepeatsAndCovers) {
  testing::Coverage coverage;
  std::set<uint16_t> opcodes;
  int ended = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const testing::FabricProgram program = testing::RandomFabricProgram(seed);
    for (const auto& [name, count] : program.coverage) coverage[name] += count;
    for (const image::ProgramImage& image : program.artifact.images) {
      for (const isa::Instruction& i : image.code) opcodes.insert(i.op);
    }
    const auto run = [&] {
      return testing::RunFabricHost(program.artifact, seed, Options(seed), MakeReferenceSimulator);
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
  for (uint16_t op = 1; op < isa::kNumOpcodes; ++op) {
    EXPECT_TRUE(opcodes.contains(op)) << isa::EnumName(static_cast<isa::Opcode>(op));
  }
  for (const char* feature : kFeatures) EXPECT_GT(coverage[feature], 0) << feature;
}

}  // namespace
}  // namespace csl::fabric::reference
