// SPDX-License-Identifier: Apache-2.0
// One random fabric with random traffic, in the engine and in the slow model.
#ifndef FABRIC_ROUTER_TESTING_RANDOM_FABRIC_H_
#define FABRIC_ROUTER_TESTING_RANDOM_FABRIC_H_

#include <cstdint>
#include <string>

#include "fabric/router/testing/features.h"

namespace csl::fabric::router::testing {

// Runs until the two disagree, wavelets collide, or the time is over. What differs, or "". `seen`
// counts what happened.
std::string RunRandomFabric(uint64_t seed, FeatureCounts* seen);
// The same, but the engine's fabric is mirrored, has its columns as rows, or lies in a larger one.
std::string RunTurnedFabric(uint64_t seed, FeatureCounts* seen);

}  // namespace csl::fabric::router::testing

#endif  // FABRIC_ROUTER_TESTING_RANDOM_FABRIC_H_
