// SPDX-License-Identifier: Apache-2.0
// What a simulator need not have.
#include "fabric/sim/simulator.h"

#include <algorithm>
#include <bit>

namespace csl::fabric {

int64_t FaultPeriodCycles(int64_t num_pes) {
  constexpr int64_t kPeCycles = int64_t{1} << 25;
  constexpr int64_t kLeast = 512;
  constexpr int64_t kMost = 1 << 14;
  const auto share = static_cast<uint64_t>(kPeCycles / std::max<int64_t>(1, num_pes));
  return std::clamp(static_cast<int64_t>(std::bit_floor(share)), kLeast, kMost);
}

StatusOr<std::vector<uint8_t>> Simulator::PeekMemory(int fabric_x, int fabric_y, uint32_t address,
                                                     uint32_t size_bytes) const {
  return ReadMemory(fabric_x, fabric_y, address, size_bytes);
}

StatusOr<std::string> Simulator::StateJson(int, int) const {
  return Unimplemented("not supported yet: states of PEs from this engine");
}

void Simulator::WriteStates(const std::function<void(std::span<const uint8_t>)>&) const {}

}  // namespace csl::fabric
