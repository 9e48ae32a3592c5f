// SPDX-License-Identifier: Apache-2.0
// A baseline: routers one by one, from a list of the (router, color) pairs that hold wavelets,
// fields in arrays. Any routes, with multicast, links shared by the colors of a router,
// back-pressure; no switches, no filters. Hop and credits take a cycle, rings hold two.
#ifndef BENCH_FABRIC_LIST_ROUTERS_H_
#define BENCH_FABRIC_LIST_ROUTERS_H_

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "bench/fabric/traffic.h"

namespace csl::bench {

class ListRouters {
 public:
  explicit ListRouters(int size)
      : step_{-1, 1, size, -size},
        routes_(static_cast<size_t>(size * size * kNumDirections)),
        nonempty_(routes_.size()),
        is_listed_(routes_.size()),
        rings_(routes_.size()),
        taken_(static_cast<size_t>(size * size)) {
    for (int pe = 0; pe < size * size; ++pe) {
      for (int d = 0; d < kNumDirections; ++d) {
        routes_[Index(pe, d)] = StraightRoute(size, pe % size, pe / size, d);
      }
    }
  }
  bool HasRoom(uint32_t pe, int color) const {
    return rings_[Index(static_cast<int>(pe), color)][kRamp].seen < 2;
  }
  void Push(uint32_t pe, int color, uint32_t payload) {
    Fill(Index(static_cast<int>(pe), color), kRamp, payload);
  }
  // Returns how many wavelets arrived.
  int Step() {
    int arrived = 0;
    current_.swap(active_);
    active_.clear();
    for (const uint32_t i : current_) {
      is_listed_[i] = false;
      for (unsigned sides = nonempty_[i] & routes_[i].rx; sides != 0; sides &= sides - 1) {
        arrived += Move(i, std::countr_zero(sides));
      }
      if (nonempty_[i] != 0) List(i);
    }
    for (const Place& p : popped_) --rings_[p.index][p.side].seen;
    for (const Place& p : filled_) {
      ++rings_[p.index][p.side].visible;
      nonempty_[p.index] |= static_cast<uint8_t>(1 << p.side);
      List(p.index);
    }
    for (const uint32_t i : current_) taken_[i / kNumDirections] = 0;
    popped_.clear();
    filled_.clear();
    return arrived;
  }
  int64_t num_hops() const { return num_hops_; }

 private:
  static constexpr int kRamp = 4;
  struct Ring {
    std::array<uint32_t, 2> payloads;
    uint8_t head = 0;
    uint8_t visible = 0;  // wavelets that the router sees
    uint8_t seen = 0;     // places that the filler sees as taken
  };
  struct Place {
    uint32_t index;
    int side;
  };

  static uint32_t Index(int pe, int color) {
    return static_cast<uint32_t>(pe * kNumDirections + color);
  }
  uint32_t Beyond(uint32_t i, int link) const {
    return static_cast<uint32_t>(static_cast<int>(i) +
                                 step_[static_cast<size_t>(link)] * kNumDirections);
  }
  void List(uint32_t i) {
    if (is_listed_[i]) return;
    is_listed_[i] = true;
    active_.push_back(i);
  }
  void Fill(uint32_t i, int side, uint32_t payload) {
    Ring& ring = rings_[i][static_cast<size_t>(side)];
    ring.payloads[(ring.head + ring.visible) & 1] = payload;
    ++ring.seen;
    filled_.push_back({i, side});
  }
  int Move(uint32_t i, int side) {
    const unsigned tx = routes_[i].tx;
    uint8_t& taken = taken_[i / kNumDirections];
    if ((tx & taken) != 0) return 0;
    for (unsigned links = tx & 15; links != 0; links &= links - 1) {
      const int link = std::countr_zero(links);
      if (rings_[Beyond(i, link)][static_cast<size_t>(link ^ 1)].seen >= 2) return 0;
    }
    taken |= static_cast<uint8_t>(tx);
    Ring& ring = rings_[i][static_cast<size_t>(side)];
    for (unsigned links = tx & 15; links != 0; links &= links - 1) {
      const int link = std::countr_zero(links);
      Fill(Beyond(i, link), link ^ 1, ring.payloads[ring.head]);
      ++num_hops_;
    }
    ring.head ^= 1;
    if (--ring.visible == 0) nonempty_[i] &= static_cast<uint8_t>(~(1 << side));
    popped_.push_back({i, side});
    return static_cast<int>(tx >> kRamp & 1);
  }

  std::array<int, 4> step_;
  std::vector<image::Route> routes_;
  std::vector<uint8_t> nonempty_;  // sides with a visible wavelet
  std::vector<uint8_t> is_listed_;
  std::vector<std::array<Ring, 5>> rings_;
  std::vector<uint8_t> taken_;    // outputs, by router
  std::vector<uint32_t> active_;  // hold a visible wavelet
  std::vector<uint32_t> current_;
  std::vector<Place> filled_;  // since the step before
  std::vector<Place> popped_;
  int64_t num_hops_ = 0;
};

}  // namespace csl::bench

#endif  // BENCH_FABRIC_LIST_ROUTERS_H_
