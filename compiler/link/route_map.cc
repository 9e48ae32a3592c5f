// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/route_map.h"

#include <algorithm>
#include <map>
#include <utility>

namespace csl::link {

namespace {

RouterKind KindOf(const image::ColorConfig& config, source::Span span) {
  RouterKind kind = {&config, span, 0, 0};
  for (uint8_t n = 0; n < config.num_positions; ++n) {
    kind.rx |= config.positions[n].rx;
    kind.tx |= config.positions[n].tx;
  }
  return kind;
}

}  // namespace

RouteMap::RouteMap(const layout::Layout& layout, const std::vector<RouteFacts>& facts,
                   const std::vector<uint32_t>& programs)
    : layout_(layout),
      facts_(facts),
      programs_(programs),
      width_(layout.rectangle.width),
      height_(layout.rectangle.height),
      first_run_(kNumColors + 1) {
  for (const RouteFacts& f : facts) {
    for (const image::LocalColor& local : f.local_colors) configured_ |= uint32_t{1} << local.color;
    changed_ |= f.changed;
    control_ |= f.sends_control;
  }
  const auto& runs = layout.color_runs;
  for (uint16_t color = 0; color <= kNumColors; ++color) {
    const auto first =
        std::lower_bound(runs.begin(), runs.end(), color,
                         [](const layout::ColorRun& run, uint16_t c) { return run.color < c; });
    first_run_[color] = static_cast<size_t>(first - runs.begin());
    if (first != runs.end() && first->color == color && color < kNumColors) {
      configured_ |= uint32_t{1} << color;
    }
  }
}

bool RouteMap::Load(uint16_t color) {
  color_ = color;
  const uint32_t bit = uint32_t{1} << color;
  if ((configured_ & bit) == 0 || (changed_ & bit) != 0) return false;
  has_control_ = (control_ & bit) != 0;
  Configure();
  for (const RouterKind& kind : kinds_) {
    // Wavelets leave as another color, or the color starts in teardown.
    if (kind.config->color_swap_x || kind.config->color_swap_y || kind.config->teardown) {
      return false;
    }
  }
  Spread();
  return true;
}

void RouteMap::Configure() {
  kinds_.clear();
  kind_of_.assign(static_cast<size_t>(width_) * height_, kNone);
  // A configuration at each place of the source that sets it.
  std::map<std::pair<const image::ColorConfig*, uint32_t>, uint32_t> known;
  const auto kind_for = [&](const image::ColorConfig& config, source::Span span) {
    const auto [found, is_new] =
        known.try_emplace({&config, span.begin.position}, static_cast<uint32_t>(kinds_.size()));
    if (is_new) kinds_.push_back(KindOf(config, span));
    return found->second;
  };
  for (size_t n = first_run_[color_]; n < first_run_[color_ + 1]; ++n) {
    const layout::ColorRun& run = layout_.color_runs[n];
    const auto first = kind_of_.begin() + static_cast<std::ptrdiff_t>(run.y) * width_ + run.x;
    std::fill(first, first + run.count, kind_for(layout_.color_configs[run.config], run.span));
  }
  std::vector<uint32_t> local(facts_.size(), kNone);
  bool has_local = false;
  for (size_t p = 0; p < facts_.size(); ++p) {
    for (size_t n = 0; n < facts_[p].local_colors.size(); ++n) {
      if (facts_[p].local_colors[n].color != color_) continue;
      local[p] = kind_for(facts_[p].local_colors[n].config, facts_[p].local_spans[n]);
      has_local = true;
    }
  }
  if (!has_local) return;
  for (size_t tile = 0; tile < kind_of_.size(); ++tile) {
    if (local[programs_[tile]] != kNone) kind_of_[tile] = local[programs_[tile]];
  }
}

uint32_t RouteMap::Neighbour(uint32_t tile, const Side& side) const {
  const int x = static_cast<int>(tile % width_) + side.dx;
  const int y = static_cast<int>(tile / width_) + side.dy;
  if (x < 0 || y < 0 || x >= static_cast<int>(width_) || y >= static_cast<int>(height_)) {
    return kNone;
  }
  return static_cast<uint32_t>(y) * width_ + static_cast<uint32_t>(x);
}

// Visits from the routers of `front` on those that their outputs lead to and that receive from
// there, along all positions of all switches. take(tile, next): whether what comes is new to next,
// so that the path continues from there.
template <typename Take>
void RouteMap::Follow(std::vector<uint32_t> front, Take take) const {
  while (!front.empty()) {
    const uint32_t tile = front.back();
    front.pop_back();
    for (const Side& side : kSides) {
      if ((router(tile)->tx & side.bit) == 0) continue;
      const uint32_t next = Neighbour(tile, side);
      if (next == kNone) continue;
      const RouterKind* there = router(next);
      if (there == nullptr || (there->rx & side.opposite) == 0) continue;
      if (take(tile, next)) front.push_back(next);
    }
  }
}

// From the routers whose programs send.
void RouteMap::Spread() {
  is_live_.assign(kind_of_.size(), false);
  entries_.clear();
  const uint32_t bit = uint32_t{1} << color_;
  std::vector<uint32_t> front;
  for (uint32_t tile = 0; tile < size(); ++tile) {
    const RouterKind* here = router(tile);
    if (here == nullptr) continue;
    const bool sends = (here->rx & image::kRamp) != 0 && (facts(tile).sends & bit) != 0;
    if (!sends && (here->rx & image::kHost) == 0) continue;
    is_live_[tile] = true;
    front.push_back(tile);
  }
  Follow(std::move(front), [this](uint32_t, uint32_t next) {
    if (is_live_[next]) return false;
    is_live_[next] = true;
    return true;
  });
}

uint8_t RouteMap::LiveInputs(uint32_t tile) const {
  const RouterKind* here = router(tile);
  if (here == nullptr) return 0;
  uint8_t inputs = 0;
  const bool sends = (facts(tile).sends >> color_ & 1) != 0;
  if ((here->rx & image::kRamp) != 0 && sends) inputs |= image::kRamp;
  for (const Side& side : kSides) {
    if ((here->rx & side.bit) == 0) continue;
    const uint32_t from = Neighbour(tile, side);
    if (from == kNone || !is_live_[from]) continue;
    if ((router(from)->tx & side.opposite) != 0) inputs |= side.bit;
  }
  return inputs;
}

void RouteMap::SpreadEntries() {
  entries_.assign(kind_of_.size(), 0);
  std::vector<uint32_t> front;
  for (uint32_t tile = 0; tile < size(); ++tile) {
    const RouterKind* here = router(tile);
    if (here == nullptr || (here->rx & image::kRamp) == 0) continue;
    entries_[tile] = facts(tile).PromptEntries(color_);
    if (entries_[tile] != 0) front.push_back(tile);
  }
  Follow(std::move(front), [this](uint32_t tile, uint32_t next) {
    if ((entries_[tile] & ~entries_[next]) == 0) return false;
    entries_[next] |= entries_[tile];
    return true;
  });
}

uint8_t RouteMap::InputsThatMeet(uint32_t tile, uint8_t inputs) {
  if (entries_.empty()) SpreadEntries();
  std::vector<std::pair<uint8_t, uint64_t>> sides;
  if ((inputs & image::kRamp) != 0) {
    sides.emplace_back(image::kRamp, facts(tile).PromptEntries(color_));
  }
  for (const Side& side : kSides) {
    if ((inputs & side.bit) != 0) sides.emplace_back(side.bit, entries_[Neighbour(tile, side)]);
  }
  uint8_t meet = 0;
  for (const auto& [side, entries] : sides) {
    for (const auto& [other, its] : sides) {
      if (side != other && (entries & its) != 0) meet |= side;
    }
  }
  return meet;
}

}  // namespace csl::link
