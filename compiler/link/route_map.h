// SPDX-License-Identifier: Apache-2.0
// RouteMap: the routers of one color over the whole rectangle, and which of them carry something.
#ifndef COMPILER_LINK_ROUTE_MAP_H_
#define COMPILER_LINK_ROUTE_MAP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/layout/layout.h"
#include "compiler/link/route_facts.h"

namespace csl::link {

inline constexpr uint32_t kNone = UINT32_MAX;

// The four neighbours, by the bit of the side they are on.
struct Side {
  uint8_t bit;
  uint8_t opposite;
  int dx, dy;
  const char* name;
};
inline constexpr Side kSides[] = {{image::kWest, image::kEast, -1, 0, "WEST"},
                                  {image::kEast, image::kWest, 1, 0, "EAST"},
                                  {image::kSouth, image::kNorth, 0, 1, "SOUTH"},
                                  {image::kNorth, image::kSouth, 0, -1, "NORTH"}};

// A router's configuration, and the sides of all of its switch positions together.
struct RouterKind {
  const image::ColorConfig* config = nullptr;
  source::Span span;
  uint8_t rx = 0;
  uint8_t tx = 0;
};

class RouteMap {
 public:
  // `programs`: by tile, row by row, the index into `facts`. All outlive the map.
  RouteMap(const layout::Layout& layout, const std::vector<RouteFacts>& facts,
           const std::vector<uint32_t>& programs);

  // False: the color is to be left alone.
  bool Load(uint16_t color);

  uint32_t width() const { return width_; }
  uint32_t size() const { return static_cast<uint32_t>(kind_of_.size()); }
  uint16_t color() const { return color_; }
  const RouteFacts& facts(uint32_t tile) const { return facts_[programs_[tile]]; }
  uint32_t program(uint32_t tile) const { return programs_[tile]; }
  uint32_t kind_at(uint32_t tile) const { return kind_of_[tile]; }  // kNone: not configured
  const RouterKind& kind(uint32_t k) const { return kinds_[k]; }
  const RouterKind* router(uint32_t tile) const {
    return kind_of_[tile] == kNone ? nullptr : &kinds_[kind_of_[tile]];
  }
  // The neighbour on a side; kNone beyond the rectangle.
  uint32_t Neighbour(uint32_t tile, const Side& side) const;
  // Something may pass: a program in front of it sends.
  bool is_live(uint32_t tile) const { return is_live_[tile]; }
  // Inputs, RAMP included, from which something may come.
  uint8_t LiveInputs(uint32_t tile) const;
  // Those of `inputs` at which things that the same entry of programs sends arrive, none of which
  // waits for another.
  uint8_t InputsThatMeet(uint32_t tile, uint8_t inputs);
  bool has_control() const { return has_control_; }  // some PE sends control wavelets on the color

 private:
  void Configure();
  template <typename Take>
  void Follow(std::vector<uint32_t> front, Take take) const;
  void Spread();
  void SpreadEntries();

  const layout::Layout& layout_;
  const std::vector<RouteFacts>& facts_;
  const std::vector<uint32_t>& programs_;
  const uint32_t width_, height_;
  uint32_t configured_ = 0;  // colors that the layout or some program configures
  uint32_t changed_ = 0;     // of all programs
  uint32_t control_ = 0;
  uint16_t color_ = 0;
  bool has_control_ = false;
  std::vector<size_t> first_run_;  // by color: of layout_.color_runs
  std::vector<RouterKind> kinds_;
  std::vector<uint32_t> kind_of_;  // by tile
  std::vector<bool> is_live_;      // by tile
  // By tile: the entries that prompt something which passes; empty: nobody has asked.
  std::vector<uint64_t> entries_;
};

}  // namespace csl::link

#endif  // COMPILER_LINK_ROUTE_MAP_H_
