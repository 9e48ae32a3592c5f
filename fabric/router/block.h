// SPDX-License-Identifier: Apache-2.0
// One color of 64 routers of a row. Words hold one bit of each router, a lane each.
#ifndef FABRIC_ROUTER_BLOCK_H_
#define FABRIC_ROUTER_BLOCK_H_

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "fabric/image/color_config.h"
#include "fabric/router/ring.h"
#include "fabric/router/side.h"

namespace csl::fabric::router {

inline constexpr int kNumColors = 24;
inline constexpr uint8_t kNoChannel = 0xff;

inline constexpr int kRampSide = static_cast<int>(Side::kRamp);
inline constexpr int kIoSide = static_cast<int>(Side::kIo);

struct alignas(64) Block {
  uint8_t rx_sides = 0;  // sides with any bit in rx
  uint8_t tx_sides = 0;
  uint8_t num_arrivals = 0;              // of Grid::ready
  uint64_t ramp_blocked = ~uint64_t{0};  // no channel takes the color, or it is full
  uint64_t io_open = 0;
  uint64_t filtered = 0;   // a filter applies
  uint64_t near_swap = 0;  // what leaves may arrive as the partner color
  uint64_t messages = 0;   // the color is the message router's
  uint64_t straight = 0;   // one input, and one output, which is a link
  // The rings that it fills over links, null until used. Of lanes at the end of the word towards
  // west or east those are others.
  std::array<Ring*, kNumLinks> beyond = {};
  std::array<RingPtr, kNumSides> rings;     // by side, null until used
  std::array<uint64_t, kNumSides> rx = {};  // by side; none of a router in teardown
  std::array<uint64_t, kNumSides> tx = {};
  uint64_t filter_off = 0;  // that of the input queue
  uint64_t swap_x = 0;      // as neighbours see it
  uint64_t swap_y = 0;
  uint64_t swaps_ramp = 0;  // takes the partner's wavelets from the ramp
  std::unique_ptr<std::array<uint8_t, kLanes>> channels;  // by lane, null: none
  uint8_t messages_rx = 0;  // of the lanes that are the message router's
  uint8_t messages_tx = 0;
  // Settings of the lanes that have more than a route: switches, filter, swap, teardown.
  uint64_t has_config = 0;
  std::vector<image::ColorConfig> configs;  // by lane

  image::ColorConfig* Config(unsigned lane) {
    if ((has_config >> lane & 1) == 0) return nullptr;
    return &configs[static_cast<size_t>(std::popcount(has_config & (Bit(lane) - 1)))];
  }
  const image::ColorConfig* Config(unsigned lane) const {
    return const_cast<Block*>(this)->Config(lane);
  }
  uint8_t Channel(unsigned lane) const { return channels ? (*channels)[lane] : kNoChannel; }
  Ring* ring(int side) const { return rings[static_cast<size_t>(side)].get(); }

  // The state of a router's color as a value, and back.
  image::ColorConfig GetLane(unsigned lane) const;
  void SetLane(unsigned lane, const image::ColorConfig& config);
  // After a change of the lane's Config or filter_off.
  void Refresh(unsigned lane);

 private:
  void SetMasks(unsigned lane, uint8_t rx_mask, uint8_t tx_mask);
};

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_BLOCK_H_
