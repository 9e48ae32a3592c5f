// SPDX-License-Identifier: Apache-2.0
// How one router treats one color at the start: routes by switch position, switches, filter. A
// plain value.
#ifndef FABRIC_IMAGE_COLOR_CONFIG_H_
#define FABRIC_IMAGE_COLOR_CONFIG_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace csl::image {

// Bits of direction masks, as the language numbers them. kHost: the link of a PE that has a port to
// the host (Manifest::ports); no program can name it.
enum DirectionBit : uint8_t {
  kWest = 1,
  kEast = 2,
  kSouth = 4,
  kNorth = 8,
  kRamp = 16,
  kHost = 32
};
inline constexpr uint8_t kAllDirections = 63;

// In place of a mask: that of the switch position before, as it is when a wavelet comes.
inline constexpr uint8_t kInherited = 0x80;

struct Route {
  uint8_t rx = 0;  // DirectionBit mask: inputs a wavelet may come from
  uint8_t tx = 0;  // outputs it goes to
  friend auto operator<=>(const Route&, const Route&) = default;
};

enum class PopMode : uint8_t { kNoPop, kAlwaysPop, kPopOnAdvance, kPopOnAdvanceNop };

enum class FilterKind : uint8_t { kNone, kRange, kCounter, kSparseCounter };
struct Filter {
  FilterKind kind = FilterKind::kNone;
  uint16_t min_index = 0;  // kRange: data wavelets pass whose index lies in [min, max]
  uint16_t max_index = 0;
  bool count_data = false;  // counters
  bool count_control = false;
  bool filter_control = false;
  bool has_limit1 = false;
  bool has_limit2 = false;
  uint16_t init_counter = 0;
  uint16_t max_counter = 0;
  uint16_t limit1 = 0;
  uint16_t limit2 = 0;
  bool drops = false;  // at run time, WSE-3: the state word says that nothing passes
  friend bool operator==(const Filter&, const Filter&) = default;
};

struct ColorConfig {
  std::array<Route, 4> positions = {};  // as given; position 0 inherits nothing
  uint8_t num_positions = 1;            // 1..4
  uint8_t current_position = 0;
  bool ring_mode = false;
  PopMode pop_mode = PopMode::kNoPop;
  bool color_swap_x = false;
  bool color_swap_y = false;
  bool teardown = false;  // starts in teardown
  Filter filter;

  friend bool operator==(const ColorConfig&, const ColorConfig&) = default;
  // The route of a position, inheritance resolved.
  Route RouteOf(int position) const;
  // "R->E | W-> ring pop=always": positions in order, the current one marked with '*'. An inherited
  // side is left out.
  std::string ToString() const;
};

}  // namespace csl::image

#endif  // FABRIC_IMAGE_COLOR_CONFIG_H_
