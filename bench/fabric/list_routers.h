// SPDX-License-Identifier: Apache-2.0
// A baseline: routers one by one, from a list of the (router, color) pairs that hold wavelets,
// fields in arrays. Any routes, with multicast, links shared by the colors of a router,
// back-pressure, a channel of eight words to each CE; no switches, no filters, no control wavelets,
// no order among colors. Latencies and rings are those of an architecture.
#ifndef BENCH_FABRIC_LIST_ROUTERS_H_
#define BENCH_FABRIC_LIST_ROUTERS_H_

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "bench/fabric/traffic.h"
#include "fabric/isa/architecture.h"

namespace csl::bench {

template <isa::Arch kArch>
class ListRouters {
 public:
  struct Landing {
    uint32_t index;  // of router and color
    uint32_t payload;
  };

  explicit ListRouters(int size)
      : step_{-1, 1, size, -size},
        routes_(static_cast<size_t>(size * size * kNumDirections)),
        nonempty_(routes_.size()),
        is_listed_(routes_.size()),
        rings_(routes_.size()),
        channels_(routes_.size()),
        taken_(static_cast<size_t>(size * size)) {
    for (int pe = 0; pe < size * size; ++pe) {
      for (int d = 0; d < kNumDirections; ++d) {
        routes_[Index(pe, d)] = StraightRoute(size, pe % size, pe / size, d);
      }
    }
  }
  bool HasRoom(uint32_t pe, int color) const {
    return rings_[Index(static_cast<int>(pe), color)][kRamp].seen < kWords;
  }
  void Push(uint32_t pe, int color, uint32_t payload) {
    Fill(Index(static_cast<int>(pe), color), kRamp, payload);
  }
  // The CE took a word of what landed.
  void PopChannel(uint32_t index) {
    channel_pops_.push_back({t_ + kCosts.ramp_credit_cycles, index});
  }
  void Step(std::vector<Landing>* landings) {
    size_t due = 0;
    for (; due < channel_pops_.size() && channel_pops_[due].seen_at <= t_; ++due) {
      --channels_[channel_pops_[due].index];
      if (nonempty_[channel_pops_[due].index] != 0) List(channel_pops_[due].index);
    }
    channel_pops_.erase(channel_pops_.begin(),
                        channel_pops_.begin() + static_cast<std::ptrdiff_t>(due));
    current_.swap(active_);
    active_.clear();
    for (const uint32_t i : current_) {
      is_listed_[i] = false;
      for (unsigned sides = nonempty_[i] & routes_[i].rx; sides != 0; sides &= sides - 1) {
        Move(i, std::countr_zero(sides), landings);
      }
      if (nonempty_[i] != 0) List(i);
    }
    std::vector<Place>& popped = popped_[(t_ + 1 - kCosts.credit_cycles) & 1];
    for (const Place& p : popped) --rings_[p.index][p.side].seen;
    std::vector<Place>& filled = filled_[(t_ + 1 - kCosts.hop_cycles) & 1];
    for (const Place& p : filled) {
      ++rings_[p.index][p.side].visible;
      nonempty_[p.index] |= static_cast<uint8_t>(1 << p.side);
      List(p.index);
    }
    for (const uint32_t i : current_) taken_[i / kNumDirections] = 0;
    popped.clear();
    filled.clear();
    ++t_;
  }
  int64_t num_hops() const { return num_hops_; }

 private:
  static constexpr const isa::MachineCosts& kCosts = isa::kMachineCosts[static_cast<int>(kArch)];
  static constexpr int kWords = kCosts.router_ring_words;
  static constexpr int kRamp = 4;
  static constexpr uint8_t kChannelWords = 8;
  struct Ring {
    std::array<uint32_t, kWords> payloads;
    uint8_t head = 0;
    uint8_t tail = 0;
    uint8_t visible = 0;  // wavelets that the router sees
    uint8_t seen = 0;     // places that the filler sees as taken
  };
  struct Place {
    uint32_t index;
    int side;
  };
  struct ChannelPop {
    int64_t seen_at;
    uint32_t index;
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
    ring.payloads[ring.tail] = payload;
    ring.tail = (ring.tail + 1) & (kWords - 1);
    ++ring.seen;
    filled_[t_ & 1].push_back({i, side});
  }
  void Move(uint32_t i, int side, std::vector<Landing>* landings) {
    const unsigned tx = routes_[i].tx;
    uint8_t& taken = taken_[i / kNumDirections];
    if ((tx & taken) != 0) return;
    if ((tx >> kRamp & 1) != 0 && channels_[i] >= kChannelWords) return;
    for (unsigned links = tx & 15; links != 0; links &= links - 1) {
      const int link = std::countr_zero(links);
      if (rings_[Beyond(i, link)][static_cast<size_t>(link ^ 1)].seen >= kWords) {
        return;
      }
    }
    taken |= static_cast<uint8_t>(tx);
    Ring& ring = rings_[i][static_cast<size_t>(side)];
    for (unsigned links = tx & 15; links != 0; links &= links - 1) {
      const int link = std::countr_zero(links);
      Fill(Beyond(i, link), link ^ 1, ring.payloads[ring.head]);
      ++num_hops_;
    }
    if ((tx >> kRamp & 1) != 0) {
      ++channels_[i];
      landings->push_back({i, ring.payloads[ring.head]});
    }
    ring.head = (ring.head + 1) & (kWords - 1);
    if (--ring.visible == 0) nonempty_[i] &= static_cast<uint8_t>(~(1 << side));
    popped_[t_ & 1].push_back({i, side});
  }

  std::array<int, 4> step_;
  std::vector<image::Route> routes_;
  std::vector<uint8_t> nonempty_;  // sides with a visible wavelet
  std::vector<uint8_t> is_listed_;
  std::vector<std::array<Ring, 5>> rings_;
  std::vector<uint8_t> channels_;  // words, as the router sees them
  std::vector<ChannelPop> channel_pops_;
  std::vector<uint8_t> taken_;    // outputs, by router
  std::vector<uint32_t> active_;  // hold a visible wavelet
  std::vector<uint32_t> current_;
  int64_t t_ = 0;
  std::array<std::vector<Place>, 2> filled_;  // by parity of the cycle
  std::array<std::vector<Place>, 2> popped_;
  int64_t num_hops_ = 0;
};

}  // namespace csl::bench

#endif  // BENCH_FABRIC_LIST_ROUTERS_H_
