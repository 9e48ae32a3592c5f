// SPDX-License-Identifier: Apache-2.0
// Random programs leave the same numbers in memory three times: read as IR, compiled with only what
// code generation needs, and with all passes. A failure names its seed;
// `differential_test --from=SEED --count=1` shows the program, `--passes=N` runs only the first N
// passes before the needed ones, and a larger count looks for more.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string_view>

#include "compiler/ir/text.h"
#include "compiler/ir/verifier.h"
#include "tests/optimiser/on_machine.h"
#include "tests/optimiser/random_module.h"

namespace csl::optimiser {
namespace {

uint64_t first_seed = 1;
uint64_t num_seeds = 400;
size_t num_passes = passes::AllPasses().size();

std::vector<passes::PassRow> Optimising() {
  const auto all = passes::AllPasses();
  std::vector<passes::PassRow> out(all.begin(), all.end());
  if (num_passes >= out.size()) return out;
  out.resize(num_passes);
  const auto required = passes::RequiredPasses();
  out.insert(out.end(), required.begin(), required.end());
  return out;
}

std::string Hex(const std::vector<uint8_t>& bytes) {
  std::string out;
  for (uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

// Bits above a width that is not a multiple of 8 may be anything in memory.
std::vector<uint8_t> WithoutPadding(const std::vector<uint8_t>& bytes, const std::string& name) {
  const auto type = ir::ParseType(name.substr(name.find('_') + 1));
  std::vector<uint8_t> out = bytes;
  const uint32_t bits = ir::BitWidth(*type);
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t bit = i % ir::StoreSize(*type) * 8;
    const size_t left = bit < bits ? std::min<size_t>(bits - bit, 8) : 0;
    out[i] = static_cast<uint8_t>(out[i] & ((1u << left) - 1));
  }
  return out;
}

void Compare(const ir::Module& module, const GlobalBytes& expected, const GlobalBytes& got,
             const std::string& what) {
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string& name = module.globals[i].name;
    EXPECT_EQ(Hex(WithoutPadding(got[i], name)), Hex(WithoutPadding(expected[i], name)))
        << name << " " << what;
  }
}

uint32_t FirstArgument(uint64_t seed) { return static_cast<uint32_t>(seed * 2654435761u); }
uint16_t SecondArgument(uint64_t seed) { return static_cast<uint16_t>(seed * 40503u); }

void Check(uint64_t seed, uint64_t* plain, uint64_t* optimised) {
  const ir::Module module = RandomModule(seed);
  ASSERT_EQ(ir::Verify(module).ToString(), "ok");
  const uint32_t first = FirstArgument(seed);
  const uint16_t second = SecondArgument(seed);
  const auto expected = RunReference(module, first, second);
  if (!expected) return;
  for (const bool all : {false, true}) {
    const auto required = passes::RequiredPasses();
    const auto passes = all ? Optimising() : std::vector(required.begin(), required.end());
    const auto got = RunOnMachine(module, passes, first, second);
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    Compare(module, *expected, got->globals, all ? "with all passes" : "with required passes");
    *(all ? optimised : plain) += got->instructions;
  }
}

// The program, and what the passes make of it.
void Show(uint64_t seed) {
  ir::Module module = RandomModule(seed);
  fmt::print("{}", ir::Print(module));
  const Status status = passes::RunPasses(module, Optimising());
  fmt::print("\nafter the passes ({}):\n{}", status.ToString(), ir::Print(module));
  const auto read = RunReference(module, FirstArgument(seed), SecondArgument(seed));
  const auto expected = RunReference(RandomModule(seed), FirstArgument(seed), SecondArgument(seed));
  fmt::print("as IR it {}\n", read == expected ? "still computes the same: look at code generation"
                                               : "computes something else: look at the passes");
}

// What random programs have found.
constexpr const char* kOnceWrong[] = {
    // A bit in a register is 0 or 1, not -1.
    R"(module "bit"
global @array_i16 size 16 align 4 used
func &main(%0: i32, %1: i16) -> void entry {
^0:
  %2 = eq i1 1:i1, 1:i1
  %3 = select i16 %2, 7:i16, 9:i16
  store %3, [@array_i16]
  ret
}
)",
    // A constant that was truncated to an odd width still has the bits above it.
    R"(module "truncated"
global @array_i20 size 32 align 4 used
func &main(%0: i32, %1: i16) -> void entry {
^0:
  %2 = trunc i20 3070412445:i32
  %3 = udiv i20 %2, 7:i20
  store %3, [@array_i20]
  ret
}
)",
    // Constants end at 64 bits, numbers below zero do not.
    R"(module "negative"
global @array_i96 size 96 align 4 used
func &main(%0: i32, %1: i16) -> void entry {
^0:
  %2 = sext i96 65533:i16
  store %2, [@array_i96]
  ret
}
)",
};

TEST(DifferentialTest, OnceWrong) {
  for (const char* text : kOnceWrong) {
    const auto module = ir::ParseModule(text);
    ASSERT_TRUE(module.ok()) << module.status().ToString();
    SCOPED_TRACE(module->name);
    const auto expected = RunReference(*module, 0, 0);
    ASSERT_TRUE(expected.has_value());
    for (const auto passes : {passes::RequiredPasses(), passes::AllPasses()}) {
      const auto got = RunOnMachine(*module, passes, 0, 0);
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      Compare(*module, *expected, got->globals, "once wrong");
    }
  }
}

TEST(DifferentialTest, PassesKeepWhatAProgramComputes) {
  uint64_t plain = 0;
  uint64_t optimised = 0;
  for (uint64_t seed = first_seed; seed < first_seed + num_seeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Check(seed, &plain, &optimised);
    if (HasFailure()) {
      if (num_seeds == 1) Show(seed);
      break;
    }
  }
  RecordProperty("instructions_plain", std::to_string(plain));
  RecordProperty("instructions_optimised", std::to_string(optimised));
  EXPECT_LT(optimised, plain);
}

}  // namespace
}  // namespace csl::optimiser

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const auto number = [&](std::string_view option) -> std::optional<uint64_t> {
      if (!std::string_view(argv[i]).starts_with(option)) return std::nullopt;
      return std::strtoull(argv[i] + option.size(), nullptr, 10);
    };
    if (const auto n = number("--from=")) csl::optimiser::first_seed = *n;
    if (const auto n = number("--count=")) csl::optimiser::num_seeds = *n;
    if (const auto n = number("--passes=")) csl::optimiser::num_passes = *n;
  }
  return RUN_ALL_TESTS();
}
