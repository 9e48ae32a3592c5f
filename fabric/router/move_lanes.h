// SPDX-License-Identifier: Apache-2.0
// Copies between arrays of 64 words, some lanes only: with the widest moves the CPU has.
#ifndef FABRIC_ROUTER_MOVE_LANES_H_
#define FABRIC_ROUTER_MOVE_LANES_H_

#include <cstdint>
#include <vector>

namespace csl::fabric::router {

// to[i] = from[i] for each lane i of `lanes`. Returns how many they are.
using MoveLanesFunction = int(const uint32_t* from, uint32_t* to, uint64_t lanes);

struct LaneMoves {
  const char* name;
  MoveLanesFunction* move;
};
// What this CPU can do, the best first, "portable" last.
std::vector<LaneMoves> AvailableLaneMoves();
// The best, or the one that the environment variable CSL_LANE_MOVES names.
extern const LaneMoves kLaneMoves;

// to[i + shift] = from[i], for `lanes` of `to`, at least one; from and to may be the same array if
// no lane is both read and written. Returns how many lanes they are.
inline int MoveLanes(const uint32_t* from, uint32_t* to, uint64_t lanes, int shift) {
  from -= shift;
  if ((lanes & (lanes - 1)) != 0) return kLaneMoves.move(from, to, lanes);
  const int lane = __builtin_ctzll(lanes);
  to[lane] = from[lane];
  return 1;
}

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_MOVE_LANES_H_
