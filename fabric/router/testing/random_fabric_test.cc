// SPDX-License-Identifier: Apache-2.0
// The engine and the slow model agree in every cycle of random fabrics, and these show everything a
// router can do.
//
// RANDOM_FABRIC_SEED=n runs the fabric n alone.
#include "fabric/router/testing/random_fabric.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace csl::fabric::router::testing {
namespace {

constexpr uint64_t kNumFabrics = 10000;

TEST(RandomFabricTest, EngineAndModelAgree) {
  FeatureCounts seen;
  if (const char* seed = std::getenv("RANDOM_FABRIC_SEED")) {
    EXPECT_EQ(RunRandomFabric(std::strtoull(seed, nullptr, 10), &seen), "");
    return;
  }
  for (uint64_t seed = 1; seed <= kNumFabrics; ++seed) {
    ASSERT_EQ(RunRandomFabric(seed, &seen), "") << "RANDOM_FABRIC_SEED=" << seed;
  }
  for (size_t i = 0; i < std::size(kFeatures); ++i) {
    const int64_t count = seen[static_cast<Feature>(i)];
    EXPECT_GE(count, kFeatures[i].least) << kFeatures[i].name;
    std::printf("%-32s %9lld\n", kFeatures[i].name, static_cast<long long>(count));
  }
}

}  // namespace
}  // namespace csl::fabric::router::testing
