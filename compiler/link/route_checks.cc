// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/route_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "compiler/link/route_map.h"

namespace csl::link {

namespace {

using diagnostics::Kind;

std::string SidesText(uint8_t mask) {
  std::string text;
  for (const Side& side : kSides) {
    if ((mask & side.bit) != 0) text += (text.empty() ? "" : ", ") + std::string(side.name);
  }
  if ((mask & image::kRamp) != 0) text += text.empty() ? "RAMP" : ", RAMP";
  return text.empty() ? "no side" : text;
}

// One mistake: the tiles that make it in the same way, and the source line.
struct Mistake {
  uint32_t first = kNone;  // tile
  uint32_t count = 0;
  uint32_t left = UINT32_MAX, right = 0, top = UINT32_MAX, bottom = 0;
  void Add(uint32_t tile, uint32_t width) {
    if (first == kNone) first = tile;
    ++count;
    left = std::min(left, tile % width);
    right = std::max(right, tile % width);
    top = std::min(top, tile / width);
    bottom = std::max(bottom, tile / width);
  }
};

// What makes two mistakes the same: the check, and up to three numbers.
using Key = std::tuple<Kind, uint32_t, uint32_t, uint32_t>;

class Checker {
 public:
  Checker(RouteMap* map, bool edges, diagnostics::Engine* diagnostics)
      : map_(*map), edges_(edges), diagnostics_(diagnostics) {}

  void Check() {
    mistakes_.clear();
    for (uint32_t tile = 0; tile < map_.size(); ++tile) {
      const RouterKind* here = map_.router(tile);
      if (here == nullptr) continue;
      CheckRamp(tile, *here);
      if (!map_.is_live(tile)) continue;
      CheckOutputs(tile, *here);
      CheckInputs(tile, *here);
      CheckSwitch(tile, *here);
    }
    for (const auto& [key, mistake] : mistakes_) Report(key, mistake);
  }

 private:
  void Add(Kind kind, uint32_t tile, uint32_t a, uint32_t b = 0, uint32_t c = 0) {
    mistakes_[{kind, a, b, c}].Add(tile, map_.width());
  }

  // What the program sends goes in, and what it waits for comes out.
  void CheckRamp(uint32_t tile, const RouterKind& here) {
    const RouteFacts& facts = map_.facts(tile);
    const uint32_t bit = uint32_t{1} << map_.color();
    const bool sends = facts.SendSpan(map_.color()).begin.valid();
    if (sends && (here.rx & image::kRamp) == 0) {
      Add(Kind::kRouteWithoutRamp, tile, map_.kind_at(tile), map_.program(tile));
    }
    const bool reads = facts.ReceiveSpan(map_.color()).begin.valid();
    if ((facts.queues & bit) != 0 && reads && (here.tx & image::kRamp) == 0) {
      Add(Kind::kRouteNotDelivered, tile, map_.kind_at(tile), map_.program(tile));
    }
    const bool is_delivered = map_.is_live(tile) && (here.tx & image::kRamp) != 0;
    if (is_delivered && (facts.takes & bit) == 0) {
      Add(Kind::kRouteNotTaken, tile, map_.kind_at(tile), map_.program(tile));
    }
  }

  // Its own program sends for sure, or something comes from a neighbour.
  bool CertainlyCarries(uint32_t tile) const {
    const bool sends = map_.facts(tile).SendSpan(map_.color()).begin.valid();
    return sends || (map_.LiveInputs(tile) & ~image::kRamp) != 0;
  }

  void CheckOutputs(uint32_t tile, const RouterKind& here) {
    for (uint32_t n = 0; n < std::size(kSides); ++n) {
      const Side& side = kSides[n];
      if ((here.tx & side.bit) == 0) continue;
      const uint32_t next = map_.Neighbour(tile, side);
      if (next == kNone) {
        if (edges_ && CertainlyCarries(tile))
          Add(Kind::kRouteOffFabric, tile, map_.kind_at(tile), n);
        continue;
      }
      const RouterKind* there = map_.router(next);
      if (there != nullptr && (there->rx & side.opposite) != 0) continue;
      Add(Kind::kRouteNotReceived, tile, map_.kind_at(tile), n, map_.kind_at(next));
    }
  }

  // Two sides of one position that feed the same output without anything that takes turns: sends
  // that one launch causes, and that wait for nothing.
  void CheckInputs(uint32_t tile, const RouterKind& here) {
    const uint8_t live = map_.LiveInputs(tile);
    for (uint8_t n = 0; n < here.config->num_positions; ++n) {
      uint8_t both = live & here.config->positions[n].rx;
      if ((both & (both - 1)) == 0) continue;
      both = map_.InputsThatMeet(tile, both);
      if (both != 0) Add(Kind::kRouteInputsMeet, tile, map_.kind_at(tile), both);
    }
  }

  void CheckSwitch(uint32_t tile, const RouterKind& here) {
    const image::ColorConfig& config = *here.config;
    if (config.num_positions < 2 || map_.has_control()) return;
    Add(Kind::kSwitchNeverMoves, tile, map_.kind_at(tile));
  }

  static std::string Name(uint32_t x, uint32_t y) { return fmt::format("PE({},{})", x, y); }
  std::string Name(uint32_t tile) const { return Name(tile % map_.width(), tile / map_.width()); }

  // "PE(1,0)", "PE(1,0) to PE(8,3)", "PE(1,0) and 7 others".
  std::string Where(const Mistake& m) const {
    if (m.count == 1) return Name(m.first);
    const uint32_t area = (m.right - m.left + 1) * (m.bottom - m.top + 1);
    if (area == m.count) return Name(m.left, m.top) + " to " + Name(m.right, m.bottom);
    return fmt::format("{} and {} others", Name(m.first), m.count - 1);
  }

  diagnostics::Builder ReportNotReceived(source::Span span, const std::string& where, uint32_t tile,
                                         const Side& side) {
    const uint32_t next = map_.Neighbour(tile, side);
    const RouterKind* there = map_.router(next);
    if (there == nullptr) {
      return diagnostics_->Report(Kind::kRouteToNowhere, span,
                                  {where, map_.color(), Name(tile), side.name, Name(next)});
    }
    return diagnostics_->Report(
        Kind::kRouteNotReceived, span,
        {where, map_.color(), Name(tile), side.name, Name(next), SidesText(there->rx)});
  }

  void Report(const Key& key, const Mistake& m) {
    const auto [kind, router, other, neighbour] = key;
    const RouterKind& here = map_.kind(router);
    const uint16_t color = map_.color();
    const std::string where = Where(m);
    const RouteFacts& facts = map_.facts(m.first);
    switch (kind) {
      case Kind::kRouteWithoutRamp:
        diagnostics_->Report(kind, facts.SendSpan(color), {where, color, SidesText(here.rx)})
            .Note(Kind::kNoteRouteHere, here.span);
        break;
      case Kind::kRouteNotDelivered:
        diagnostics_->Report(kind, facts.ReceiveSpan(color), {where, color, SidesText(here.tx)})
            .Note(Kind::kNoteRouteHere, here.span);
        break;
      case Kind::kRouteNotTaken:
      case Kind::kSwitchNeverMoves:
        diagnostics_->Report(kind, here.span, {where, color});
        break;
      case Kind::kRouteInputsMeet:
        diagnostics_->Report(kind, here.span,
                             {where, color, SidesText(static_cast<uint8_t>(other))});
        break;
      case Kind::kRouteOffFabric:
        diagnostics_->Report(kind, here.span, {where, color, kSides[other].name});
        break;
      default: {
        diagnostics::Builder report = ReportNotReceived(here.span, where, m.first, kSides[other]);
        if (neighbour != kNone) report.Note(Kind::kNoteRouteHere, map_.kind(neighbour).span);
      }
    }
  }

  RouteMap& map_;
  const bool edges_;
  diagnostics::Engine* const diagnostics_;
  std::map<Key, Mistake> mistakes_;
};

}  // namespace

void CheckRoutes(const layout::Layout& layout, const std::vector<RouteFacts>& facts,
                 const std::vector<uint32_t>& program_of, bool edges,
                 diagnostics::Engine* diagnostics) {
  const layout::Rectangle& r = layout.rectangle;
  std::vector<uint32_t> programs(static_cast<size_t>(r.width) * r.height);
  for (const layout::TileRun& run : layout.tiles) {
    const auto first = programs.begin() + static_cast<std::ptrdiff_t>(run.y) * r.width + run.x;
    std::fill(first, first + run.count, program_of[run.program.index]);
  }
  RouteMap map(layout, facts, programs);
  Checker checker(&map, edges, diagnostics);
  for (uint16_t color = 0; color < kNumColors; ++color) {
    if (map.Load(color)) checker.Check();
  }
}

}  // namespace csl::link
