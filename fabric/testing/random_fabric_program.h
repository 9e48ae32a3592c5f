// SPDX-License-Identifier: Apache-2.0
// Random programs of several PEs that use every opcode and every part of the fabric, and random
// hosts for them: material for tests that hold simulators to the same behaviour. Equal seeds give
// equal material.
//
// Valid by construction, and most of them end: every wavelet that is sent has a reader, branches of
// random code go forward, polling is counted.
#ifndef FABRIC_TESTING_RANDOM_FABRIC_PROGRAM_H_
#define FABRIC_TESTING_RANDOM_FABRIC_PROGRAM_H_

#include <cstdint>
#include <string>

#include "fabric/image/artifact.h"
#include "fabric/sim/simulator.h"
#include "fabric/testing/random_code.h"
#include "fabric/testing/random_host.h"

namespace csl::fabric::testing {

struct FabricProgram {
  image::Artifact artifact;
  Coverage coverage;
  bool unblocks_early = false;  // a launched function does, before it sends and receives
  bool has_streams = false;     // every PE takes what comes on kStreamIn
  bool echoes = false;          // and sends each word back on kStreamOut
};
// 1 x 1 to 4 x 4 PEs.
FabricProgram RandomFabricProgram(uint32_t seed);

// A random host for it; random_host.h says what it returns. Counts what the host does.
std::string RunFabricHost(const FabricProgram& program, uint32_t seed,
                          const SimulatorOptions& options, const MakeSimulator& make,
                          Coverage* coverage);

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_FABRIC_PROGRAM_H_
