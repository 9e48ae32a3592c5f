// SPDX-License-Identifier: Apache-2.0
// The sides of a router.
#ifndef FABRIC_ROUTER_SIDE_H_
#define FABRIC_ROUTER_SIDE_H_

#include <cstdint>

namespace csl::fabric::router {

// In the order of image::DirectionBit. kIo: host streams.
enum class Side : uint8_t { kWest, kEast, kSouth, kNorth, kRamp, kIo };
inline constexpr int kNumSides = 6;
inline constexpr int kNumLinks = 4;    // sides towards other routers
inline constexpr uint8_t kIoBit = 32;  // of direction masks, beside image::DirectionBit

// Of a link: that side of the router beyond.
constexpr int OppositeSide(int link) { return link ^ 1; }

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_SIDE_H_
