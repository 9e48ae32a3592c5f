// SPDX-License-Identifier: Apache-2.0
// What a simulator need not have.
#include "fabric/sim/simulator.h"

namespace csl::fabric {

StatusOr<std::vector<uint8_t>> Simulator::PeekMemory(int fabric_x, int fabric_y, uint32_t address,
                                                     uint32_t size_bytes) const {
  return ReadMemory(fabric_x, fabric_y, address, size_bytes);
}

StatusOr<std::string> Simulator::StateJson(int, int) const {
  return Unimplemented("not supported yet: states of PEs from this engine");
}

void Simulator::WriteStates(const std::function<void(std::span<const uint8_t>)>&) const {}

}  // namespace csl::fabric
