// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/testing/slow_fabric.h"

#include <algorithm>
#include <vector>

#include "fabric/router/testing/commands.h"

namespace csl::fabric::router::testing {

using image::ColorConfig;
using image::Filter;
using image::FilterKind;

namespace {

constexpr int kNumColors = 24;

Side Facing(Side link) {
  switch (link) {
    case Side::kWest:
      return Side::kEast;
    case Side::kEast:
      return Side::kWest;
    case Side::kSouth:
      return Side::kNorth;
    default:
      return Side::kSouth;
  }
}

bool Has(uint8_t mask, Side side) { return (mask >> static_cast<int>(side) & 1) != 0; }

}  // namespace

SlowFabric::SlowFabric(isa::Arch arch, int width, int height, FeatureCounts* seen)
    : costs_(isa::MachineCostsOf(arch)),
      width_(width),
      height_(height),
      routers_(static_cast<size_t>(width * height)),
      seen_(seen) {}

int SlowFabric::Store::SeenAt(int64_t t) const {
  return words +
         static_cast<int>(std::ranges::count_if(gone_at, [t](int64_t at) { return at > t; }));
}

SlowFabric::Color& SlowFabric::Use(int pe, int color) {
  Color& out = routers_[static_cast<size_t>(pe)].colors[static_cast<size_t>(color)];
  out.is_used = true;
  return out;
}

std::optional<int> SlowFabric::Neighbour(int pe, Side link) const {
  const int x = pe % width_;
  const int y = pe / width_;
  switch (link) {
    case Side::kWest:
      return x > 0 ? std::optional(pe - 1) : std::nullopt;
    case Side::kEast:
      return x + 1 < width_ ? std::optional(pe + 1) : std::nullopt;
    case Side::kSouth:
      return y + 1 < height_ ? std::optional(pe + width_) : std::nullopt;
    default:
      return y > 0 ? std::optional(pe - width_) : std::nullopt;
  }
}

// The ring that a color fills over a link.
SlowFabric::Ring* SlowFabric::RingBeyond(int pe, int color, Side link) {
  const std::optional<int> next = Neighbour(pe, link);
  if (!next) return nullptr;
  const Color& partner = Use(*next, color ^ 1);
  const bool is_x = link == Side::kWest || link == Side::kEast;
  if (is_x ? partner.swaps_seen_x : partner.swaps_seen_y) {
    See(is_x ? Feature::kSwapX : Feature::kSwapY);
    color ^= 1;
  }
  return &Use(*next, color).rings[static_cast<size_t>(Facing(link))];
}

int SlowFabric::RampRing(int pe, int color) const {
  const ColorConfig& partner = GetColor(pe, color ^ 1);
  return partner.color_swap_x && partner.color_swap_y ? color ^ 1 : color;
}

void SlowFabric::SetColor(int pe, int color, const ColorConfig& config) {
  Color& c = Use(pe, color);
  if (c.config.teardown && !config.teardown) See(Feature::kTeardownEnded);
  c.config = config;
}

void SlowFabric::SetRoutes(int pe, int color, uint8_t rx, uint8_t tx) {
  Color& c = Use(pe, color);
  const uint8_t before_rx = Inputs(c);
  const uint8_t before_tx = OutputsOfRoute(c);
  c.config.positions[0].rx = rx;
  c.config.positions[0].tx = tx;
  if (c.config.current_position > 0 && (Inputs(c) != before_rx || OutputsOfRoute(c) != before_tx)) {
    See(Feature::kRoutesChangedUnderInheritance);
  }
}

const ColorConfig& SlowFabric::GetColor(int pe, int color) const {
  return routers_[static_cast<size_t>(pe)].colors[static_cast<size_t>(color)].config;
}

void SlowFabric::BindChannel(int pe, int color, int channel, int depth, bool filter_enable) {
  for (int other = 0; other < kNumColors; ++other) {
    if (routers_[static_cast<size_t>(pe)].colors[static_cast<size_t>(other)].channel == channel) {
      UnbindChannel(pe, other);
    }
  }
  Color& c = Use(pe, color);
  c.channel = channel;
  c.filter_enable = filter_enable;
  routers_[static_cast<size_t>(pe)].channels[static_cast<size_t>(channel)].depth = depth;
}

void SlowFabric::UnbindChannel(int pe, int color) {
  Use(pe, color).channel = -1;
  Use(pe, color).filter_enable = true;
}

void SlowFabric::PopChannel(int pe, int channel, int64_t t) {
  Store& store = routers_[static_cast<size_t>(pe)].channels[static_cast<size_t>(channel)].store;
  --store.words;
  store.gone_at.push_back(t + costs_.ramp_credit_cycles);
}

bool SlowFabric::HasRoom(int pe, int color, Side side, int64_t t) const {
  if (side == Side::kRamp) color = RampRing(pe, color);
  const Color& c = routers_[static_cast<size_t>(pe)].colors[static_cast<size_t>(color)];
  return c.rings[static_cast<size_t>(side)].store.SeenAt(t) < costs_.router_ring_words;
}

void SlowFabric::Push(int pe, int color, Side side, const Wavelet& wavelet, int64_t t) {
  if (side == Side::kIo) See(Feature::kIoIn);
  if (side == Side::kRamp && RampRing(pe, color) != color) {
    See(Feature::kSwapRamp);
    color ^= 1;
  }
  Ring& ring = Use(pe, color).rings[static_cast<size_t>(side)];
  ring.wavelets.push_back({wavelet, t + costs_.hop_cycles});
  ++ring.store.words;
}

void SlowFabric::WaitForRoom(int pe, int color, Side side) {
  Use(pe, color).is_waited_for[static_cast<size_t>(side)] = true;
}

void SlowFabric::SetIoOpen(int pe, int color, bool open) { Use(pe, color).io_open = open; }

// rx of the position in force: the position's own, or that of the nearest position before with one.
uint8_t SlowFabric::Inputs(const Color& color) const {
  int position = color.config.current_position;
  while (color.config.positions[static_cast<size_t>(position)].rx == image::kInherited) --position;
  return color.config.positions[static_cast<size_t>(position)].rx;
}

uint8_t SlowFabric::OutputsOfRoute(const Color& color) const {
  int position = color.config.current_position;
  while (color.config.positions[static_cast<size_t>(position)].tx == image::kInherited) --position;
  return color.config.positions[static_cast<size_t>(position)].tx;
}

bool SlowFabric::Passes(const Color& color, const Wavelet& wavelet) const {
  const Filter& f = color.config.filter;
  const int index = static_cast<int>(wavelet.payload >> 16);
  switch (f.kind) {
    case FilterKind::kNone:
      return true;
    case FilterKind::kRange:
      return wavelet.control || (index >= f.min_index && index <= f.max_index);
    case FilterKind::kSparseCounter:
      if (!f.has_limit1) return true;
      [[fallthrough]];
    case FilterKind::kCounter:
      if (!f.filter_control) return f.init_counter <= f.max_counter;
      return wavelet.control ? f.init_counter == f.max_counter : true;
  }
  return true;
}

// After a wavelet moved: the counter is in init_counter. A sparse counter without limit1 is off.
void SlowFabric::Count(Color* color, const Wavelet& wavelet) {
  Filter& f = color->config.filter;
  if (f.kind == FilterKind::kNone || f.kind == FilterKind::kRange) return;
  if (f.kind == FilterKind::kSparseCounter && !f.has_limit1) return;
  const bool is_counted = wavelet.control ? f.count_control : f.count_data;
  if (!is_counted) return;
  const bool at_limit = f.init_counter == f.limit1;
  f.init_counter = at_limit ? 0 : static_cast<uint16_t>(f.init_counter + 1);
  if (!at_limit) return;
  See(Feature::kCounterWrapped);
  if (f.kind == FilterKind::kCounter) return;
  if (f.has_limit2) {
    See(Feature::kSparseFirstLimit);
    f.limit1 = f.limit2;
    f.has_limit2 = false;
  } else {
    See(Feature::kSparseEnded);
    f.has_limit1 = false;
  }
}

bool SlowFabric::Advance(Color* color) {
  ColorConfig& c = color->config;
  const int last = c.num_positions - 1;
  if (last == 0) {
    See(Feature::kAdvanceWithOnePosition);
    return false;
  }
  if (c.current_position < last) {
    ++c.current_position;
    See(Feature::kAdvance);
    return true;
  }
  if (!c.ring_mode) {
    See(Feature::kAdvanceAtTheEnd);
    return false;
  }
  c.current_position = 0;
  See(Feature::kAdvanceWrapped);
  return true;
}

bool SlowFabric::IsFree(int pe, int color, Side output, int64_t t) const {
  const Router& router = routers_[static_cast<size_t>(pe)];
  const Color& c = router.colors[static_cast<size_t>(color)];
  if (output == Side::kIo) {
    if (!c.io_open) See(Feature::kBlockedByIo);
    return c.io_open;
  }
  if (output == Side::kRamp) {
    if (c.channel < 0) {
      See(Feature::kBlockedWithoutChannel);
      return false;
    }
    const Channel& channel = router.channels[static_cast<size_t>(c.channel)];
    if (channel.store.SeenAt(t) >= channel.depth) See(Feature::kBlockedByChannel);
    return channel.store.SeenAt(t) < channel.depth;
  }
  const Ring* ring = RingBeyond(pe, color, output);
  const bool is_free = ring == nullptr || ring->store.SeenAt(t) < costs_.router_ring_words;
  if (!is_free) See(Feature::kBlockedByRing);
  return is_free;
}

std::vector<Side> SlowFabric::Outputs(const Color& color, const Wavelet& wavelet) const {
  std::vector<Side> out;
  for (int o = 0; o < kNumSides; ++o) {
    const Side side = static_cast<Side>(o);
    if (!Has(OutputsOfRoute(color), side)) continue;
    if (side == Side::kRamp && wavelet.control && Commands(wavelet.payload).list[0].ce_ignore) {
      continue;
    }
    if (side == Side::kRamp && color.filter_enable && !Passes(color, wavelet)) continue;
    out.push_back(side);
  }
  return out;
}

// The inputs of a color that could send now.
std::vector<SlowFabric::Candidate> SlowFabric::Unblocked(int pe, int color, int64_t t) const {
  const Color& c = routers_[static_cast<size_t>(pe)].colors[static_cast<size_t>(color)];
  std::vector<Candidate> out;
  int ready = 0;
  for (int s = 0; s < kNumSides; ++s) {
    const Ring& ring = c.rings[static_cast<size_t>(s)];
    if (ring.wavelets.empty() || ring.wavelets[0].visible_at > t) continue;
    if (c.config.teardown) See(Feature::kHeldByTeardown);
    if (c.config.teardown || !Has(Inputs(c), static_cast<Side>(s))) continue;
    ++ready;
    const Candidate candidate{color, static_cast<Side>(s), Outputs(c, ring.wavelets[0].wavelet)};
    if (std::ranges::all_of(candidate.outputs,
                            [&](Side output) { return IsFree(pe, color, output, t); })) {
      out.push_back(candidate);
    }
  }
  if (ready > 1 && out.size() == 1) See(Feature::kTwoInputsOneBlocked);
  return out;
}

// Of one candidate a color: those that are served before others want the same output.
std::vector<SlowFabric::Candidate> SlowFabric::Winners(int pe, std::vector<Candidate> candidates) {
  int& pointer = routers_[static_cast<size_t>(pe)].pointer;
  const auto turn = [&](const Candidate& c) {
    return (c.color - pointer + kNumColors) % kNumColors;
  };
  std::ranges::sort(candidates, {}, turn);
  std::vector<Candidate> winners;
  std::optional<int> first_loser;
  for (const Candidate& c : candidates) {
    const bool is_taken = std::ranges::any_of(winners, [&](const Candidate& winner) {
      return std::ranges::any_of(
          c.outputs, [&](Side output) { return std::ranges::count(winner.outputs, output) > 0; });
    });
    if (!is_taken) {
      winners.push_back(c);
      continue;
    }
    See(Feature::kLostArbitration);
    if (pointer != 0 && c.color < pointer) See(Feature::kServedFromPointer);
    if (!first_loser) first_loser = c.color;
  }
  if (first_loser) pointer = *first_loser;
  return winners;
}

StepResults SlowFabric::Step(int64_t t) {
  StepResults results;
  std::vector<Move> moves;
  for (int pe = 0; pe < width_ * height_; ++pe) {
    std::vector<Candidate> candidates;
    for (int color = 0; color < kNumColors; ++color) {
      if (!routers_[static_cast<size_t>(pe)].colors[static_cast<size_t>(color)].is_used) continue;
      const std::vector<Candidate> unblocked = Unblocked(pe, color, t);
      if (unblocked.size() == 1) candidates.push_back(unblocked[0]);
      if (unblocked.size() < 2) continue;
      See(Feature::kCollision);
      results.collisions.push_back({t, static_cast<uint32_t>(pe), static_cast<uint8_t>(color),
                                    unblocked[0].input, unblocked[1].input});
    }
    std::vector<Candidate> winners = Winners(pe, candidates);
    std::ranges::sort(winners, {}, &Candidate::color);
    for (const Candidate& winner : winners) moves.push_back({pe, winner});
  }
  for (const Move& move : moves) Apply(move, t, &results);
  ReportRooms(t, &results);
  return results;
}

void SlowFabric::ReportRooms(int64_t t, StepResults* results) {
  for (int pe = 0; pe < width_ * height_; ++pe) {
    for (int color = 0; color < kNumColors; ++color) {
      Color& c = routers_[static_cast<size_t>(pe)].colors[static_cast<size_t>(color)];
      if (!c.is_used) continue;
      for (const Side side : {Side::kRamp, Side::kIo}) {
        bool& is_waited_for = c.is_waited_for[static_cast<size_t>(side)];
        const int ring = side == Side::kRamp ? RampRing(pe, color) : color;
        const Store& store = routers_[static_cast<size_t>(pe)]
                                 .colors[static_cast<size_t>(ring)]
                                 .rings[static_cast<size_t>(side)]
                                 .store;
        if (!is_waited_for || store.words >= costs_.router_ring_words) continue;
        is_waited_for = false;
        See(Feature::kRoomReported);
        int64_t cycle = t + 1;
        while (store.SeenAt(cycle) >= costs_.router_ring_words) ++cycle;
        results->rooms.push_back(
            {cycle, static_cast<uint32_t>(pe), static_cast<uint8_t>(color), side == Side::kIo});
      }
      c.swaps_seen_x = c.config.color_swap_x;
      c.swaps_seen_y = c.config.color_swap_y;
    }
  }
}

int SlowFabric::num_waiting(int pe, int color, Side side) const {
  return static_cast<int>(routers_[static_cast<size_t>(pe)]
                              .colors[static_cast<size_t>(color)]
                              .rings[static_cast<size_t>(side)]
                              .wavelets.size());
}

}  // namespace csl::fabric::router::testing
