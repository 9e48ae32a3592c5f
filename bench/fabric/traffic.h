// SPDX-License-Identifier: Apache-2.0
// Straight traffic over a square of routers: four colors, one towards each side, pushed by the CEs
// where they begin and taken where they end.
#ifndef BENCH_FABRIC_TRAFFIC_H_
#define BENCH_FABRIC_TRAFFIC_H_

#include <cstdint>
#include <random>
#include <vector>

#include "fabric/image/color_config.h"
#include "fabric/router/side.h"

namespace csl::bench {

inline constexpr int kNumDirections = 4;  // color = direction, in the order of fabric::router::Side

// The router of PE (x, y) for the color that goes towards `direction`.
inline image::Route StraightRoute(int size, int x, int y, int direction) {
  const int from = fabric::router::OppositeSide(direction);
  const auto at_edge = [&](int side) {
    return side == 0 ? x == 0 : side == 1 ? x == size - 1 : side == 2 ? y == size - 1 : y == 0;
  };
  return {at_edge(from) ? uint8_t{image::kRamp} : static_cast<uint8_t>(1 << from),
          at_edge(direction) ? uint8_t{image::kRamp} : static_cast<uint8_t>(1 << direction)};
}

struct Source {
  uint32_t pe;
  uint8_t color;
};

// Who sends in which cycle: each source in `percent` of the cycles, at random; repeats.
class Schedule {
 public:
  Schedule(int size, double percent) : cycles_(4000) {
    std::minstd_rand random(1);
    std::bernoulli_distribution sends(percent / 100);
    const auto n = static_cast<uint32_t>(size);
    for (std::vector<Source>& cycle : cycles_) {
      for (uint32_t i = 0; i < n; ++i) {
        const uint32_t first[] = {i * n + n - 1, i * n, i, (n - 1) * n + i};
        for (uint8_t color = 0; color < kNumDirections; ++color) {
          if (sends(random)) cycle.push_back({first[color], color});
        }
      }
    }
  }
  const std::vector<Source>& At(int64_t t) const {
    return cycles_[static_cast<size_t>(t) % cycles_.size()];
  }

 private:
  std::vector<std::vector<Source>> cycles_;
};

inline int64_t NumLinks(int size) { return int64_t{kNumDirections} * size * (size - 1); }

}  // namespace csl::bench

#endif  // BENCH_FABRIC_TRAFFIC_H_
