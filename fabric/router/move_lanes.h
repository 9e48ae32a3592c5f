// SPDX-License-Identifier: Apache-2.0
// Copies between the slots of rings, arrays of 64 words, some lanes only: with the widest moves the
// CPU has.
#ifndef FABRIC_ROUTER_MOVE_LANES_H_
#define FABRIC_ROUTER_MOVE_LANES_H_

#include <array>
#include <cstdint>
#include <vector>

namespace csl::fabric::router {

// Lanes by slot; no lane is in two of them.
using LanesOfSlots = std::array<uint64_t, 4>;
using Slots = uint32_t (*)[64];

// For each lane i that is in from_lanes[a] and in to_lanes[b]: to[b][i] = from[a][i - shift]. The
// slots behind the first `words` have no lanes; both name the same lanes. `to` begins a cache line.
using MoveLanesFunction = void(const uint32_t (*from)[64], const LanesOfSlots& from_lanes, Slots to,
                               const LanesOfSlots& to_lanes, int words, int shift);

struct LaneMoves {
  const char* name;
  MoveLanesFunction* move;
};
// What this CPU can do, the best first, "portable" last.
std::vector<LaneMoves> AvailableLaneMoves();
// The best, or the one that the environment variable CSL_LANE_MOVES names.
extern const LaneMoves kLaneMoves;

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_MOVE_LANES_H_
