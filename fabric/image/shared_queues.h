// SPDX-License-Identifier: Apache-2.0
// WSE-2: input queues that are bound to a color only while an operation runs.
#ifndef FABRIC_IMAGE_SHARED_QUEUES_H_
#define FABRIC_IMAGE_SHARED_QUEUES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "fabric/image/tile_configuration.h"
#include "fabric/isa/architecture.h"

namespace csl::image {

// The entries of TileConfiguration::input_queues that have their queue or their color in common
// with another one (docs/fabric/timing.md, "Channels").
struct SharedQueues {
  static constexpr int kNumColors = 24;

  uint32_t colors = 0;                                    // bit = color
  std::array<uint32_t, isa::kMaxQueues> colors_of = {};   // by queue; 0: it is not shared
  std::array<uint8_t, isa::kMaxQueues> first_color = {};  // by queue, in the order of the entries
  std::array<uint8_t, kNumColors> first_queue = {};     // by color: the lowest, whose depth it has
  std::array<isa::Priority, kNumColors> priority = {};  // by color: that of its first entry

  bool has_color(int color) const {
    return color >= 0 && color < kNumColors && (colors >> color & 1) != 0;
  }
  bool has(const InputQueue& entry) const {
    return entry.queue < isa::kMaxQueues && colors_of[entry.queue] != 0;
  }
};

SharedQueues SharedQueuesOf(const std::vector<InputQueue>& queues, isa::Arch arch);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_SHARED_QUEUES_H_
