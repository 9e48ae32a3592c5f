// SPDX-License-Identifier: Apache-2.0
// Copies between arrays of 64 words, some lanes only: with the widest moves the CPU has.
#ifndef FABRIC_ROUTER_MOVE_LANES_H_
#define FABRIC_ROUTER_MOVE_LANES_H_

#include <bit>
#include <cstdint>

namespace csl::fabric::router {

// to[i] = from[i] for each lane i of `lanes`.
using MoveLanesFunction = void(const uint32_t* from, uint32_t* to, uint64_t lanes);

// Runs of lanes, one after the other: for any CPU.
MoveLanesFunction MovePortable;
// What this CPU does best.
extern MoveLanesFunction* const kMoveWide;
const char* MoveLanesName();  // "avx512", "avx2", "portable"

// to[i + shift] = from[i], for `lanes` of `to`; from and to may be the same array if no lane is
// both read and written.
inline void MoveLanes(const uint32_t* from, uint32_t* to, uint64_t lanes, int shift) {
  from -= shift;
  if (std::popcount(lanes) > 4) return kMoveWide(from, to, lanes);
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    to[lane] = from[lane];
  }
}

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_MOVE_LANES_H_
