// SPDX-License-Identifier: Apache-2.0
// A baseline: routers one by one, from a list of those that hold wavelets, fields in arrays. One
// input and one output a color, colors that share no link; hop and credits take a cycle, rings hold
// two.
#ifndef BENCH_FABRIC_LIST_ROUTERS_H_
#define BENCH_FABRIC_LIST_ROUTERS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "bench/fabric/traffic.h"

namespace csl::bench {

class ListRouters {
 public:
  explicit ListRouters(int size)
      : next_(static_cast<size_t>(size * size * kNumDirections), kSink), rings_(next_.size()) {
    const int step[] = {-1, 1, size, -size};
    for (int pe = 0; pe < size * size; ++pe) {
      for (int d = 0; d < kNumDirections; ++d) {
        if (StraightRoute(size, pe % size, pe / size, d).tx == image::kRamp) continue;
        next_[Index(pe, d)] = static_cast<int32_t>(Index(pe + step[d], d));
      }
    }
  }
  bool HasRoom(uint32_t pe, int color) const {
    return rings_[Index(static_cast<int>(pe), color)].seen < 2;
  }
  void Push(uint32_t pe, int color, uint32_t payload) {
    Fill(Index(static_cast<int>(pe), color), payload);
  }
  // Returns how many wavelets arrived.
  int Step() {
    int arrived = 0;
    current_.swap(active_);
    active_.clear();
    for (const uint32_t i : current_) {
      Ring& ring = rings_[i];
      if (next_[i] == kSink) {
        ++arrived;
      } else if (rings_[static_cast<size_t>(next_[i])].seen < 2) {
        Fill(static_cast<uint32_t>(next_[i]), ring.payloads[ring.head]);
        ++num_hops_;
      } else {
        active_.push_back(i);
        continue;
      }
      ring.head ^= 1;
      if (--ring.visible > 0) active_.push_back(i);
      popped_.push_back(i);
    }
    for (const uint32_t i : popped_) --rings_[i].seen;
    popped_.clear();
    for (const uint32_t i : filled_) {
      if (rings_[i].visible++ == 0) active_.push_back(i);
    }
    filled_.clear();
    return arrived;
  }
  int64_t num_hops() const { return num_hops_; }

 private:
  static constexpr int32_t kSink = -1;
  struct Ring {
    std::array<uint32_t, 2> payloads;
    uint8_t head = 0;
    uint8_t visible = 0;  // wavelets that the router sees
    uint8_t seen = 0;     // places that the filler sees as taken
  };

  static uint32_t Index(int pe, int color) {
    return static_cast<uint32_t>(pe * kNumDirections + color);
  }
  void Fill(uint32_t i, uint32_t payload) {
    Ring& ring = rings_[i];
    ring.payloads[(ring.head + ring.visible) & 1] = payload;
    ++ring.seen;
    filled_.push_back(i);
  }

  std::vector<int32_t> next_;
  std::vector<Ring> rings_;
  std::vector<uint32_t> active_;  // hold a visible wavelet
  std::vector<uint32_t> current_;
  std::vector<uint32_t> filled_;  // since the step before
  std::vector<uint32_t> popped_;
  int64_t num_hops_ = 0;
};

}  // namespace csl::bench

#endif  // BENCH_FABRIC_LIST_ROUTERS_H_
