// SPDX-License-Identifier: Apache-2.0
// Random artifacts and random host scripts: material for tests that hold engines, thread counts and
// shards to the same behaviour. Equal seeds give equal material.
#ifndef FABRIC_TESTING_RANDOM_PROGRAM_H_
#define FABRIC_TESTING_RANDOM_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fabric/image/artifact.h"
#include "fabric/sim/simulator.h"

namespace csl::fabric::testing {

// Two or three programs on a small rectangle. Every one ends: loops are counted, calls and
// activations go one way. Some fault or never unblock, if `may_fail`.
image::Artifact RandomArtifact(uint32_t seed, bool may_fail);

// A random host for it; random_host.h says what it returns.
std::string RunRandomHost(const image::Artifact& artifact, uint32_t seed,
                          const SimulatorOptions& options);

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_PROGRAM_H_
