// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/router_shard.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "fabric/router/rules.h"

namespace csl::fabric::router {
namespace {

using image::ColorConfig;

constexpr int kNumColors = 24;
constexpr int kNumChannels = 32;
constexpr uint8_t kNoChannel = 0xff;

constexpr Side Opposite(int side) { return static_cast<Side>(side ^ 1); }

// A counter of words whose leaving is seen later.
struct Counter {
  int words = 0;                   // in there
  std::vector<int64_t> leaves_at;  // cycles from which on words that left are seen to be gone

  int Seen(int64_t t) const {
    int seen = words;
    for (const int64_t at : leaves_at) seen += at > t;
    return seen;
  }
  void Leave(int64_t seen_at) {
    --words;
    std::erase_if(leaves_at, [&](int64_t at) { return at + 8 < seen_at; });
    leaves_at.push_back(seen_at);
  }
  // The first cycle after t in which fewer than `most` are seen.
  int64_t RoomAt(int64_t t, int most) const {
    while (Seen(++t) >= most) continue;
    return t;
  }
};

struct Entry {
  Wavelet wavelet;
  int64_t visible_at;
};

struct Ring {
  std::vector<Entry> entries;
  Counter counter;
  uint8_t waiting = 0;  // 1: color wants to know of room; 2: its partner does
};

struct ColorState {
  ColorConfig config;
  std::array<Ring, kNumSides> rings;
  uint8_t channel = kNoChannel;
  bool filter_enable = true;
  bool io_open = false;
  uint8_t swaps = 0;  // 1: x, 2: y, as neighbours see it
};

struct Channel {
  Counter counter;
  int depth = 0;
};

struct Router {
  std::array<std::unique_ptr<ColorState>, kNumColors> colors;
  std::array<Channel, kNumChannels> channels;
  int pointer = 0;
};

uint8_t SwapBits(const ColorConfig& c) {
  return static_cast<uint8_t>(c.color_swap_x | c.color_swap_y << 1);
}

// What a step sends across one edge.
struct Outbox {
  struct Push {
    uint32_t lane;
    uint8_t color;  // of the ring
    Wavelet wavelet;
  };
  struct Place {
    uint32_t lane;
    uint8_t color;
    uint8_t swaps;
  };
  int64_t cycle = -1;
  std::vector<Push> pushes;
  std::vector<Place> pops;
  std::vector<Place> swaps;
};

// What is known of a ring beyond an edge.
struct Beyond {
  std::array<Counter, kNumColors> counters;
  std::array<uint8_t, kNumColors> swaps = {};
};

struct Candidate {
  uint32_t pe;
  uint8_t color;
  Side side;
  uint8_t outputs;  // mask of sides
};

}  // namespace

struct RouterShard::Impl {
  explicit Impl(const ShardPlace& p)
      : place(p),
        costs(isa::MachineCostsOf(p.arch)),
        routers(static_cast<size_t>(p.width) * static_cast<size_t>(p.height)) {
    for (int side = 0; side < 4; ++side) beyond[side].resize(EdgeLanes(side));
  }

  size_t EdgeLanes(int side) const {
    return static_cast<size_t>(side < 2 ? place.height : place.width);
  }
  ColorState& At(uint32_t pe, int color) {
    auto& state = routers[pe].colors[static_cast<size_t>(color)];
    if (!state) state = std::make_unique<ColorState>();
    return *state;
  }
  const ColorState* Find(uint32_t pe, int color) const {
    return routers[pe].colors[static_cast<size_t>(color)].get();
  }
  // The router beyond a side, or none: then `lane` is that of the edge.
  std::optional<uint32_t> Next(uint32_t pe, int side, uint32_t* lane) const;
  uint8_t SwapsSeen(uint32_t pe, int color) const {
    const ColorState* state = Find(pe, color);
    return state == nullptr ? 0 : state->swaps;
  }
  // The color of the ring that `color` fills over a link.
  int ColorBeyond(uint32_t pe, int color, int side) const;
  int RampColor(uint32_t pe, int color) const;
  Counter& CounterBeyond(uint32_t pe, int color, int side);
  bool IsFree(uint32_t pe, int color, int output, int64_t t);
  uint8_t Outputs(const ColorState& state, const Wavelet& wavelet) const;
  void FindCandidates(uint32_t pe, int64_t t, std::vector<Candidate>* out, StepResults* results);
  void StepRouter(uint32_t pe, int64_t t, StepResults* results);
  void Move(const Candidate& c, int64_t t, StepResults* results);
  void Send(const Candidate& c, int output, const Wavelet& wavelet, int64_t t,
            StepResults* results);
  void Fill(uint32_t pe, int color, Side side, const Wavelet& wavelet, int64_t visible_at);
  void ReportRooms(uint32_t pe, int64_t t, StepResults* results);
  void PublishSwaps(int64_t t);
  bool HasRoom(uint32_t pe, int color, Side side, int64_t t) const;
  void Wake(int64_t t) { next = std::min(next, t); }

  ShardPlace place;
  const isa::MachineCosts& costs;
  std::vector<Router> routers;
  std::array<RouterShard*, 4> neighbours = {};
  std::array<std::vector<Beyond>, 4> beyond;
  std::array<std::array<Outbox, 2>, 4> outboxes;  // by side, parity of the cycle
  std::vector<std::pair<uint32_t, uint8_t>> changed_swaps;
  int64_t next = kNeverStep;
  int64_t last = -1;   // cycle of the last step
  int64_t quiet = -1;  // from this cycle on everything that was done is seen
  bool moved = false;
  int64_t last_move = -1;
  int64_t hops = 0;
};

std::optional<uint32_t> RouterShard::Impl::Next(uint32_t pe, int side, uint32_t* lane) const {
  const int x = static_cast<int>(pe) % place.width;
  const int y = static_cast<int>(pe) / place.width;
  const int nx = x + (side == 1) - (side == 0);
  const int ny = y + (side == 2) - (side == 3);
  *lane = static_cast<uint32_t>(side < 2 ? y : x);
  if (nx < 0 || ny < 0 || nx >= place.width || ny >= place.height) return std::nullopt;
  return static_cast<uint32_t>(ny * place.width + nx);
}

int RouterShard::Impl::ColorBeyond(uint32_t pe, int color, int side) const {
  uint32_t lane = 0;
  const auto next_pe = Next(pe, side, &lane);
  const uint8_t swaps = next_pe ? SwapsSeen(*next_pe, color ^ 1)
                                : beyond[static_cast<size_t>(side)][lane].swaps[color ^ 1];
  return (swaps & (side < 2 ? 1 : 2)) != 0 ? color ^ 1 : color;
}

int RouterShard::Impl::RampColor(uint32_t pe, int color) const {
  const ColorState* partner = Find(pe, color ^ 1);
  return partner != nullptr && SwapBits(partner->config) == 3 ? color ^ 1 : color;
}

Counter& RouterShard::Impl::CounterBeyond(uint32_t pe, int color, int side) {
  const int there = ColorBeyond(pe, color, side);
  uint32_t lane = 0;
  if (const auto next_pe = Next(pe, side, &lane)) {
    return At(*next_pe, there).rings[static_cast<size_t>(Opposite(side))].counter;
  }
  return beyond[static_cast<size_t>(side)][lane].counters[static_cast<size_t>(there)];
}

bool RouterShard::Impl::IsFree(uint32_t pe, int color, int output, int64_t t) {
  const ColorState& state = At(pe, color);
  if (output == static_cast<int>(Side::kIo)) return state.io_open;
  if (output == static_cast<int>(Side::kRamp)) {
    if (state.channel == kNoChannel) return false;
    const Channel& channel = routers[pe].channels[state.channel];
    return channel.counter.Seen(t) < channel.depth;
  }
  return CounterBeyond(pe, color, output).Seen(t) < costs.router_ring_words;
}

uint8_t RouterShard::Impl::Outputs(const ColorState& state, const Wavelet& wavelet) const {
  const uint8_t tx = state.config.RouteOf(state.config.current_position).tx;
  const bool skips_ramp = (wavelet.control && FirstCommandIgnoresCe(wavelet.payload)) ||
                          (state.filter_enable && !FilterPasses(state.config.filter, wavelet));
  return skips_ramp ? static_cast<uint8_t>(tx & ~image::kRamp) : tx;
}

void RouterShard::Impl::FindCandidates(uint32_t pe, int64_t t, std::vector<Candidate>* out,
                                       StepResults* results) {
  for (int color = 0; color < kNumColors; ++color) {
    if (Find(pe, color) == nullptr || Find(pe, color)->config.teardown) continue;
    const ColorState& state = At(pe, color);
    const uint8_t rx = state.config.RouteOf(state.config.current_position).rx;
    std::vector<Candidate> free;
    for (int side = 0; side < kNumSides; ++side) {
      const Ring& ring = state.rings[static_cast<size_t>(side)];
      if ((rx >> side & 1) == 0 || ring.entries.empty() || ring.entries[0].visible_at > t) continue;
      const uint8_t outputs = Outputs(state, ring.entries[0].wavelet);
      bool is_free = true;
      for (int output = 0; output < kNumSides; ++output) {
        if (outputs >> output & 1) is_free = is_free && IsFree(pe, color, output, t);
      }
      if (is_free) {
        free.push_back({pe, static_cast<uint8_t>(color), static_cast<Side>(side), outputs});
      }
    }
    if (free.size() == 1) out->push_back(free[0]);
    if (free.size() > 1) {
      results->collisions.push_back(
          {t, pe, static_cast<uint8_t>(color), free[0].side, free[1].side});
    }
  }
}

void RouterShard::Impl::StepRouter(uint32_t pe, int64_t t, StepResults* results) {
  std::vector<Candidate> candidates;
  FindCandidates(pe, t, &candidates, results);
  Router& router = routers[pe];
  // In the order in which they are served.
  const auto first = std::ranges::find_if(
      candidates, [&](const Candidate& c) { return c.color >= router.pointer; });
  std::rotate(candidates.begin(), first, candidates.end());
  uint8_t taken = 0;
  std::vector<Candidate> winners;
  std::optional<int> loser;
  for (const Candidate& c : candidates) {
    if ((taken & c.outputs) == 0) {
      taken |= c.outputs;
      winners.push_back(c);
    } else if (!loser) {
      loser = c.color;
    }
  }
  if (loser) router.pointer = *loser;
  std::ranges::sort(winners, {}, &Candidate::color);
  for (const Candidate& c : winners) Move(c, t, results);
  moved = moved || !winners.empty();
  if (!winners.empty()) last_move = t;
}

void RouterShard::Impl::Move(const Candidate& c, int64_t t, StepResults* results) {
  ColorState& state = At(c.pe, c.color);
  Ring& ring = state.rings[static_cast<size_t>(c.side)];
  Wavelet wavelet = ring.entries[0].wavelet;
  ring.entries.erase(ring.entries.begin());
  ring.counter.Leave(t + costs.credit_cycles);
  quiet = std::max(quiet, t + costs.credit_cycles);
  uint32_t lane = 0;
  if (c.side < Side::kRamp && !Next(c.pe, static_cast<int>(c.side), &lane)) {
    outboxes[static_cast<size_t>(c.side)][t & 1].pops.push_back({lane, c.color, 0});
  }
  if (state.filter_enable) CountInFilter(&state.config.filter, wavelet);
  if (wavelet.control) {
    if (FirstCommand(wavelet.payload) == Command::kTeardown) {
      results->teardowns.push_back({c.pe, c.color});
    }
    wavelet.payload = ApplyCommand(&state.config, wavelet.payload);
  }
  if (wavelet.advance && c.side == Side::kRamp) AdvanceSwitch(&state.config);
  wavelet.advance = false;
  for (int output = 0; output < kNumSides; ++output) {
    if (c.outputs >> output & 1) Send(c, output, wavelet, t, results);
  }
}

void RouterShard::Impl::Send(const Candidate& c, int output, const Wavelet& wavelet, int64_t t,
                             StepResults* results) {
  const ColorState& state = At(c.pe, c.color);
  if (output == static_cast<int>(Side::kIo)) {
    results->departures.push_back({c.pe, c.color, wavelet});
    return;
  }
  if (output == static_cast<int>(Side::kRamp)) {
    ++routers[c.pe].channels[state.channel].counter.words;
    results->landings.push_back({c.pe, c.color, state.channel, wavelet});
    return;
  }
  ++hops;
  const int there = ColorBeyond(c.pe, c.color, output);
  uint32_t lane = 0;
  if (const auto next_pe = Next(c.pe, output, &lane)) {
    Fill(*next_pe, there, Opposite(output), wavelet, t + costs.hop_cycles);
    return;
  }
  ++CounterBeyond(c.pe, c.color, output).words;
  outboxes[static_cast<size_t>(output)][t & 1].pushes.push_back(
      {lane, static_cast<uint8_t>(there), wavelet});
}

void RouterShard::Impl::Fill(uint32_t pe, int color, Side side, const Wavelet& wavelet,
                             int64_t visible_at) {
  Ring& ring = At(pe, color).rings[static_cast<size_t>(side)];
  ++ring.counter.words;
  ring.entries.push_back({wavelet, visible_at});
  quiet = std::max(quiet, visible_at);
}

void RouterShard::Impl::ReportRooms(uint32_t pe, int64_t t, StepResults* results) {
  for (int asked = 0; asked < kNumColors; ++asked) {
    for (const Side side : {Side::kRamp, Side::kIo}) {
      for (const int color : {asked, asked ^ 1}) {
        if (Find(pe, color) == nullptr) continue;
        Ring& ring = At(pe, color).rings[static_cast<size_t>(side)];
        const uint8_t bit = color == asked ? 1 : 2;
        if ((ring.waiting & bit) == 0 || ring.counter.words >= costs.router_ring_words) continue;
        ring.waiting &= static_cast<uint8_t>(~bit);
        results->rooms.push_back({ring.counter.RoomAt(t, costs.router_ring_words), pe,
                                  static_cast<uint8_t>(asked), side == Side::kIo});
      }
    }
  }
}

void RouterShard::Impl::PublishSwaps(int64_t t) {
  for (const auto& [pe, color] : changed_swaps) {
    ColorState& state = At(pe, color);
    state.swaps = SwapBits(state.config);
    for (int side = 0; side < 4; ++side) {
      uint32_t lane = 0;
      if (Next(pe, side, &lane)) continue;
      outboxes[static_cast<size_t>(side)][t & 1].swaps.push_back({lane, color, state.swaps});
    }
    quiet = std::max(quiet, t + 1);
  }
  changed_swaps.clear();
}

bool RouterShard::Impl::HasRoom(uint32_t pe, int color, Side side, int64_t t) const {
  const ColorState* state = Find(pe, color);
  if (state == nullptr) return true;
  return state->rings[static_cast<size_t>(side)].counter.Seen(t) < costs.router_ring_words;
}

RouterShard::RouterShard(const ShardPlace& place) : impl_(std::make_unique<Impl>(place)) {}
RouterShard::~RouterShard() = default;

void RouterShard::Connect(Side side, RouterShard* neighbour) {
  impl_->neighbours[static_cast<size_t>(side)] = neighbour;
}

void RouterShard::SetColor(uint32_t pe, int color, const ColorConfig& config) {
  ColorState& state = impl_->At(pe, color);
  // Who waits for room waits for that of the ring that the color fills now.
  std::array<bool, 2> waits = {};
  if (SwapBits(state.config) != SwapBits(config)) {
    for (const int c : {color, color ^ 1}) {
      uint8_t& waiting = impl_->At(pe, c).rings[static_cast<size_t>(Side::kRamp)].waiting;
      waits[static_cast<size_t>(c & 1)] |= (waiting & 1) != 0;
      waits[static_cast<size_t>(~c & 1)] |= (waiting & 2) != 0;
      waiting = 0;
    }
    impl_->changed_swaps.emplace_back(pe, static_cast<uint8_t>(color));
  }
  state.config = config;
  for (const int c : {color, color ^ 1}) {
    if (waits[static_cast<size_t>(c & 1)]) WaitForRampRoom(pe, c);
  }
  impl_->Wake(0);
}

void RouterShard::SetRoutes(uint32_t pe, int color, uint8_t rx, uint8_t tx) {
  impl_->At(pe, color).config.positions[0] = {rx, tx};
  impl_->Wake(0);
}

bool RouterShard::HasColor(uint32_t pe, int color) const {
  const ColorState* state = impl_->Find(pe, color);
  if (state == nullptr) return false;
  for (int i = 0; i < state->config.num_positions; ++i) {
    const image::Route route = state->config.RouteOf(i);
    if ((route.rx | route.tx) != 0) return true;
  }
  return false;
}

ColorConfig RouterShard::GetColor(uint32_t pe, int color) const {
  const ColorState* state = impl_->Find(pe, color);
  return state == nullptr ? ColorConfig() : state->config;
}

void RouterShard::BindChannel(uint32_t pe, int color, int channel, int depth, bool filter_enable) {
  for (auto& other : impl_->routers[pe].colors) {
    if (!other || other->channel != channel) continue;
    other->channel = kNoChannel;
    other->filter_enable = true;
  }
  impl_->routers[pe].channels[static_cast<size_t>(channel)].depth = depth;
  ColorState& state = impl_->At(pe, color);
  state.channel = static_cast<uint8_t>(channel);
  state.filter_enable = filter_enable;
  impl_->Wake(0);
}

void RouterShard::UnbindChannel(uint32_t pe, int color) {
  ColorState& state = impl_->At(pe, color);
  state.channel = kNoChannel;
  state.filter_enable = true;
  impl_->Wake(0);
}

void RouterShard::PopChannel(uint32_t pe, int channel, int64_t t) {
  Counter& counter = impl_->routers[pe].channels[static_cast<size_t>(channel)].counter;
  CHECK(counter.words > 0) << "channel " << channel << " of PE " << pe << " is empty";
  counter.Leave(t + impl_->costs.ramp_credit_cycles);
  impl_->quiet = std::max(impl_->quiet, t + impl_->costs.ramp_credit_cycles);
  impl_->Wake(t + impl_->costs.ramp_credit_cycles);
}

bool RouterShard::RampHasRoom(uint32_t pe, int color, int64_t t) const {
  return impl_->HasRoom(pe, impl_->RampColor(pe, color), Side::kRamp, t);
}

void RouterShard::PushRamp(uint32_t pe, int color, const Wavelet& wavelet, int64_t t) {
  impl_->Fill(pe, impl_->RampColor(pe, color), Side::kRamp, wavelet, t + impl_->costs.hop_cycles);
  impl_->Wake(t + impl_->costs.hop_cycles);
}

void RouterShard::WaitForRampRoom(uint32_t pe, int color) {
  const int ring = impl_->RampColor(pe, color);
  impl_->At(pe, ring).rings[static_cast<size_t>(Side::kRamp)].waiting |= ring == color ? 1 : 2;
  impl_->Wake(0);
}

bool RouterShard::IoHasRoom(uint32_t pe, int color, int64_t t) const {
  return impl_->HasRoom(pe, color, Side::kIo, t);
}

void RouterShard::PushIo(uint32_t pe, int color, const Wavelet& wavelet, int64_t t) {
  impl_->Fill(pe, color, Side::kIo, wavelet, t + impl_->costs.hop_cycles);
  impl_->Wake(t + impl_->costs.hop_cycles);
}

void RouterShard::WaitForIoRoom(uint32_t pe, int color) {
  impl_->At(pe, color).rings[static_cast<size_t>(Side::kIo)].waiting |= 1;
  impl_->Wake(0);
}

void RouterShard::SetIoOpen(uint32_t pe, int color, bool open) {
  impl_->At(pe, color).io_open = open;
  if (open) impl_->Wake(0);
}

void RouterShard::Exchange(int64_t t) {
  for (int side = 0; side < 4; ++side) {
    const RouterShard* other = impl_->neighbours[static_cast<size_t>(side)];
    if (other == nullptr) continue;
    const Outbox& box = other->impl_->outboxes[static_cast<size_t>(Opposite(side))][(t - 1) & 1];
    if (box.cycle != t - 1) continue;
    auto& beyond = impl_->beyond[static_cast<size_t>(side)];
    const auto edge_pe = [&](uint32_t lane) {
      const auto w = static_cast<uint32_t>(impl_->place.width);
      const auto h = static_cast<uint32_t>(impl_->place.height);
      if (side < 2) return lane * w + (side == 0 ? 0 : w - 1);
      return side == 2 ? (h - 1) * w + lane : lane;
    };
    for (const auto& push : box.pushes) {
      impl_->Fill(edge_pe(push.lane), push.color, static_cast<Side>(side), push.wavelet,
                  t - 1 + impl_->costs.hop_cycles);
    }
    const int64_t seen_at = t - 1 + impl_->costs.credit_cycles;
    for (const auto& pop : box.pops) beyond[pop.lane].counters[pop.color].Leave(seen_at);
    for (const auto& swap : box.swaps) beyond[swap.lane].swaps[swap.color] = swap.swaps;
    if (box.pushes.empty() && box.pops.empty() && box.swaps.empty()) continue;
    impl_->quiet = std::max(impl_->quiet, seen_at);
    impl_->Wake(t);
  }
}

void RouterShard::Step(int64_t t, StepResults* results) {
  impl_->moved = false;
  for (auto& boxes : impl_->outboxes) {
    Outbox& box = boxes[t & 1];
    box.cycle = t;
    box.pushes.clear();
    box.pops.clear();
    box.swaps.clear();
  }
  for (uint32_t pe = 0; pe < impl_->routers.size(); ++pe) {
    impl_->StepRouter(pe, t, results);
    impl_->ReportRooms(pe, t, results);
  }
  impl_->PublishSwaps(t);
  impl_->last = t;
  impl_->next = impl_->moved || impl_->quiet > t ? t + 1 : kNeverStep;
}

int64_t RouterShard::NextStepCycle() const { return impl_->next; }

bool RouterShard::HasOutgoing(Side side) const {
  const Outbox& box = impl_->outboxes[static_cast<size_t>(side)][impl_->last & 1];
  return !box.pushes.empty() || !box.pops.empty() || !box.swaps.empty();
}

std::vector<RouterShard::Waiting> RouterShard::ListWaiting() const {
  std::vector<Waiting> out;
  for (uint32_t pe = 0; pe < impl_->routers.size(); ++pe) {
    for (int color = 0; color < kNumColors; ++color) {
      const ColorState* state = impl_->Find(pe, color);
      if (state == nullptr) continue;
      for (int side = 0; side < kNumSides; ++side) {
        const auto& entries = state->rings[static_cast<size_t>(side)].entries;
        if (entries.empty()) continue;
        out.push_back({pe, static_cast<uint8_t>(color), static_cast<Side>(side),
                       static_cast<int>(entries.size()), entries[0].wavelet});
      }
    }
  }
  return out;
}

int64_t RouterShard::last_move_cycle() const { return impl_->last_move; }

int64_t RouterShard::num_hops() const { return impl_->hops; }

}  // namespace csl::fabric::router
