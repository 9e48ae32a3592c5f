// SPDX-License-Identifier: Apache-2.0
// The engine and the slow model agree in every cycle of random fabrics, and these show everything a
// router can do.
//
// RANDOM_FABRIC_SEED=n runs the fabric n alone, RANDOM_FABRICS=n the first n, without their
// features.
#include "fabric/router/testing/random_fabric.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace csl::fabric::router::testing {
namespace {

constexpr uint64_t kNumFabrics = 10000;
constexpr uint64_t kNumTurnedFabrics = 3000;

TEST(RandomFabricTest, EngineAndModelAgree) {
  FeatureCounts seen;
  if (const char* seed = std::getenv("RANDOM_FABRIC_SEED")) {
    EXPECT_EQ(RunRandomFabric(std::strtoull(seed, nullptr, 10), &seen), "");
    return;
  }
  const char* part = std::getenv("RANDOM_FABRICS");
  const uint64_t count = part == nullptr ? kNumFabrics : std::strtoull(part, nullptr, 10);
  for (uint64_t seed = 1; seed <= count; ++seed) {
    ASSERT_EQ(RunRandomFabric(seed, &seen), "") << "RANDOM_FABRIC_SEED=" << seed;
  }
  if (count < kNumFabrics) return;
  for (size_t i = 0; i < std::size(kFeatures); ++i) {
    const int64_t shown = seen[static_cast<Feature>(i)];
    EXPECT_GE(shown, kFeatures[i].least) << kFeatures[i].name;
    std::printf("%-32s %9lld\n", kFeatures[i].name, static_cast<long long>(shown));
  }
}

TEST(RandomFabricTest, MirroredTurnedAndShiftedFabricsTakeTheSameCycles) {
  FeatureCounts seen;
  for (uint64_t seed = 1; seed <= kNumTurnedFabrics; ++seed) {
    ASSERT_EQ(RunTurnedFabric(seed, &seen), "") << "turned fabric " << seed;
  }
}

}  // namespace
}  // namespace csl::fabric::router::testing
