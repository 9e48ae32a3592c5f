// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/router_shard.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "fabric/router/grid_step.h"
#include "fabric/router/trace_moves.h"

namespace csl::fabric::router {

using image::ColorConfig;

namespace {

constexpr bool HoldsEveryQueue() {
  for (size_t arch = 0; arch < isa::kNumArchs; ++arch) {
    if (isa::kMachineCosts[arch].implicit_queue_words > kMaxChannelWords) return false;
    for (const int words : isa::kInputQueueWords[arch]) {
      if (words > kMaxChannelWords) return false;
    }
  }
  return true;
}
static_assert(HoldsEveryQueue(), "an input queue is deeper than a channel can be");

void SetBit(uint64_t* word, unsigned lane, bool value) {
  *word = (*word & ~Bit(lane)) | uint64_t{value} << lane;
}

}  // namespace

RouterShard::RouterShard(const ShardPlace& place) : grid_(place) {}

void RouterShard::Connect(Side side, RouterShard* neighbour) {
  neighbours_[static_cast<size_t>(side)] = neighbour;
  grid_.has_neighbour[static_cast<size_t>(side)] = neighbour != nullptr;
}

void RouterShard::SetTracer(const trace::Tracer* tracer) {
  grid_.tracer = tracer;
  grid_.traced_lanes = tracer == nullptr ? 0 : ~uint64_t{0};
}

void RouterShard::SetColor(uint32_t pe, int color, const ColorConfig& config) {
  const Grid::Lane at = grid_.LaneOf(pe);
  Block& block = grid_.At(at.word, color);
  const ColorConfig* before = block.Config(at.lane);
  const bool swaps_change = config.color_swap_x != (before != nullptr && before->color_swap_x) ||
                            config.color_swap_y != (before != nullptr && before->color_swap_y);
  // Who waits for room then waits for that of another ring.
  bool waits = false;
  bool partner_waits = false;
  if (swaps_change) {
    waits = StopWaiting(at, color);
    partner_waits = StopWaiting(at, color ^ 1);
    grid_.changed_swaps.emplace_back(pe, static_cast<uint8_t>(color));
  }
  grid_.any_ramp_swap = grid_.any_ramp_swap || (config.color_swap_x && config.color_swap_y);
  block.SetLane(at.lane, config);
  if (waits) WaitForRampRoom(pe, color);
  if (partner_waits) WaitForRampRoom(pe, color ^ 1);
  grid_.Activate(at.word, color);
}

void RouterShard::SetRoutes(uint32_t pe, int color, uint8_t rx, uint8_t tx) {
  const Grid::Lane at = grid_.LaneOf(pe);
  Block& block = grid_.At(at.word, color);
  ColorConfig config = block.GetLane(at.lane);
  config.positions[0] = {rx, tx};
  block.SetLane(at.lane, config);
  grid_.Activate(at.word, color);
}

bool RouterShard::HasColor(uint32_t pe, int color) const {
  const ColorConfig config = GetColor(pe, color);
  for (int i = 0; i < config.num_positions; ++i) {
    const image::Route route = config.RouteOf(i);
    if ((route.rx | route.tx) != 0) return true;
  }
  return false;
}

ColorConfig RouterShard::GetColor(uint32_t pe, int color) const {
  const Grid::Lane at = grid_.LaneOf(pe);
  const Block* block = grid_.Find(at.word, color);
  return block == nullptr ? ColorConfig() : block->GetLane(at.lane);
}

void RouterShard::SetMessageRouter(uint32_t pe, bool enabled, bool bare) {
  if (!enabled && grid_.messages_of.empty()) return;
  grid_.MessageRouterOf(pe).SetBare(bare);
  const Grid::Lane at = grid_.LaneOf(pe);
  for (int color = kFirstMessageColor; color < kFirstMessageColor + kNumMessageColors; ++color) {
    Block& block = grid_.At(at.word, color);
    const ColorConfig config = block.GetLane(at.lane);
    SetBit(&block.messages, at.lane, enabled);
    block.messages_rx = static_cast<uint8_t>(1u << static_cast<int>(MessageInput(color)));
    block.messages_tx = 31;
    block.SetLane(at.lane, config);
    grid_.Activate(at.word, color);
  }
}

void RouterShard::BindChannel(uint32_t pe, int color, int channel, int depth, bool filter_enable) {
  const auto n = static_cast<uint32_t>(channel);
  CHECK(n < Grid::kNumQueues || n == Grid::kNumQueues + static_cast<uint32_t>(color))
      << "channel " << channel << " cannot take color " << color;
  grid_.AddChannels(pe);
  if (const int before = grid_.ColorOf(pe, n); before != kNoChannel) UnbindChannel(pe, before);
  UnbindChannel(pe, color);
  grid_.SetColorOf(pe, n, static_cast<uint8_t>(color));
  CHECK(depth > 0 && depth <= kMaxChannelWords) << "a channel of " << depth << " words";
  Grid::ChannelWords& words = grid_.WordsOf(pe, n);
  words.SetDepth(depth);
  const Grid::Lane at = grid_.LaneOf(pe);
  Block& block = grid_.At(at.word, color);
  if (!block.channels) {
    block.channels = std::make_unique<std::array<uint8_t, kLanes>>();
    block.channels->fill(kNoChannel);
  }
  (*block.channels)[at.lane] = static_cast<uint8_t>(channel);
  SetBit(&block.ramp_blocked, at.lane, words.full());
  SetBit(&block.filter_off, at.lane, !filter_enable);
  block.Refresh(at.lane);
  grid_.Activate(at.word, color);
}

void RouterShard::UnbindChannel(uint32_t pe, int color) {
  const Grid::Lane at = grid_.LaneOf(pe);
  Block& block = grid_.At(at.word, color);
  const uint8_t channel = block.Channel(at.lane);
  if (channel == kNoChannel) return;
  grid_.SetColorOf(pe, channel, kNoChannel);
  (*block.channels)[at.lane] = kNoChannel;
  block.ramp_blocked |= Bit(at.lane);
  block.filter_off &= ~Bit(at.lane);
  block.Refresh(at.lane);
  grid_.Activate(at.word, color);
}

void RouterShard::FailSecondPush(uint32_t pe, int color, int64_t t) {
  CHECK(false) << "a second wavelet of color " << color << " of PE " << pe << " in cycle " << t;
  __builtin_unreachable();
}

Ring* RouterShard::AddRampRing(Grid::Lane at, int color) {
  return &grid_.RingAt(at.word, grid_.RampColor(at, color), kRampSide);
}

void RouterShard::BeginRamps(int64_t t) {
  if (grid_.place.arch == isa::Arch::kWse2) {
    router::BeginRamps<isa::Arch::kWse2>(&grid_, t);
  } else {
    router::BeginRamps<isa::Arch::kWse3>(&grid_, t);
  }
}

void RouterShard::PushRamp(uint32_t pe, int color, const Wavelet& wavelet, int64_t t) {
  CHECK(TryPushRamp(pe, color, wavelet, t))
      << "no room for color " << color << " of PE " << pe << " in cycle " << t;
}

void RouterShard::PushIo(uint32_t pe, int color, const Wavelet& wavelet, int64_t t) {
  const Grid::Lane at = grid_.LaneOf(pe);
  Ring& ring = grid_.RingAt(at.word, color, kIoSide);
  CHECK((ring.pushed >> at.lane & 1) == 0 && HasRoom(&ring, at.lane))
      << "no room for color " << color << " of PE " << pe << " in cycle " << t;
  if (grid_.tracer != nullptr) TraceIo(grid_, at, color, wavelet, t);
  if (grid_.place.arch == isa::Arch::kWse2) {
    PushInto<isa::Arch::kWse2>(&grid_, &ring, at.lane, wavelet, t);
  } else {
    PushInto<isa::Arch::kWse3>(&grid_, &ring, at.lane, wavelet, t);
  }
}

void RouterShard::WaitForRoom(Ring* ring, unsigned lane, int partner) {
  ring->waiting[static_cast<size_t>(partner)] |= Bit(lane);
  ring->waited_for = true;
  const int words = grid_.costs.router_ring_words;
  if (ring->Size(lane, words) < words) grid_.asked.push_back(ring);
}

void RouterShard::WaitForRampRoom(uint32_t pe, int color) {
  const Grid::Lane at = grid_.LaneOf(pe);
  const int filled = grid_.RampColor(at, color);
  WaitForRoom(&grid_.RingAt(at.word, filled, kRampSide), at.lane, filled ^ color);
}

void RouterShard::WaitForIoRoom(uint32_t pe, int color) {
  const Grid::Lane at = grid_.LaneOf(pe);
  WaitForRoom(&grid_.RingAt(at.word, color, kIoSide), at.lane, 0);
}

bool RouterShard::StopWaiting(Grid::Lane at, int color) {
  const int filled = grid_.RampColor(at, color);
  Ring* ring = grid_.FindRing(at.word, filled, kRampSide);
  if (ring == nullptr) return false;
  uint64_t& waiting = ring->waiting[static_cast<size_t>(filled ^ color)];
  const bool waits = (waiting >> at.lane & 1) != 0;
  waiting &= ~Bit(at.lane);
  return waits;
}

void RouterShard::SetIoOpen(uint32_t pe, int color, bool open) {
  const Grid::Lane at = grid_.LaneOf(pe);
  SetBit(&grid_.At(at.word, color).io_open, at.lane, open);
  if (open) grid_.Activate(at.word, color);
}

void RouterShard::Exchange(int64_t t) {
  for (int side = 0; side < kNumLinks; ++side) {
    const RouterShard* other = neighbours_[static_cast<size_t>(side)];
    if (other == nullptr) continue;
    const Outbox& box = other->grid_.outboxes[static_cast<size_t>(OppositeSide(side))][(t - 1) & 1];
    if (box.cycle != t - 1 || box.empty()) continue;
    if (grid_.place.arch == isa::Arch::kWse2) {
      TakeOver<isa::Arch::kWse2>(&grid_, side, box, t);
    } else {
      TakeOver<isa::Arch::kWse3>(&grid_, side, box, t);
    }
  }
}

void RouterShard::Step(int64_t t, StepResults* results) {
  if (grid_.place.arch == isa::Arch::kWse2) {
    StepGrid<isa::Arch::kWse2>(&grid_, t, results);
  } else {
    StepGrid<isa::Arch::kWse3>(&grid_, t, results);
  }
}

int64_t RouterShard::NextStepCycle() const {
  if (grid_.any_active || !grid_.ready.empty() || !grid_.asked.empty() ||
      !grid_.changed_swaps.empty()) {
    return grid_.last + 1;
  }
  int64_t next = kNeverStep;
  if (grid_.num_touched != 0) next = grid_.touched_at;
  if (!grid_.due.empty()) next = std::min(next, grid_.due_at);
  if (grid_.first_pop < grid_.num_pops) {
    next = std::min(next, grid_.channel_pops[grid_.first_pop].seen_at);
  }
  return next;
}

bool RouterShard::HasOutgoing(Side side) const {
  const Outbox& box = grid_.outboxes[static_cast<size_t>(side)][grid_.last & 1];
  return box.cycle == grid_.last && !box.empty();
}

std::vector<RouterShard::Waiting> RouterShard::ListWaiting() const {
  const int words = grid_.costs.router_ring_words;
  std::vector<Waiting> out;
  for (const auto& block : grid_.blocks) {
    if (block == nullptr) continue;
    for (const RingPtr& ring : block->rings) {
      if (ring == nullptr) continue;
      const Grid::Word& word = grid_.words[ring->word];
      for (uint64_t lanes = ring->Holding() & ~word.ghost; lanes != 0; lanes &= lanes - 1) {
        const unsigned lane = LowestLane(lanes);
        out.push_back({word.first_pe + lane, ring->color, static_cast<Side>(ring->side),
                       ring->Size(lane, words), ring->Head(lane, words)});
      }
    }
  }
  std::sort(out.begin(), out.end(), [](const Waiting& a, const Waiting& b) {
    return std::tie(a.pe, a.color, a.side) < std::tie(b.pe, b.color, b.side);
  });
  return out;
}

std::vector<RouterShard::Left> RouterShard::ListLeft() const {
  std::vector<Left> out;
  for (const auto& [key, counts] : grid_.left) {
    const auto [side, color] = key;
    for (uint32_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      const Grid::Lane at = grid_.EdgeLane(side, i);
      out.push_back(
          {grid_.words[at.word].first_pe + at.lane, static_cast<Side>(side), color, counts[i]});
    }
  }
  std::sort(out.begin(), out.end(), [](const Left& a, const Left& b) {
    return std::tie(a.pe, a.side, a.color) < std::tie(b.pe, b.side, b.color);
  });
  return out;
}

size_t RouterShard::FootprintBytes() const {
  const auto bytes = [](const auto& list) { return list.capacity() * sizeof(list[0]); };
  size_t sum = sizeof(*this) + bytes(grid_.words) + bytes(grid_.lanes) + bytes(grid_.blocks) +
               bytes(grid_.channels_of) + bytes(grid_.touched) + bytes(grid_.ticking);
  for (const auto& group : grid_.channel_groups) sum += group.size() * sizeof(group[0]);
  sum += grid_.queue_colors.size() * sizeof(grid_.queue_colors[0]);
  for (const auto& block : grid_.blocks) {
    if (block == nullptr) continue;
    sum += sizeof(Block) + bytes(block->configs);
    if (block->channels) sum += sizeof(*block->channels);
    for (const RingPtr& ring : block->rings) {
      if (ring != nullptr) sum += RingBytes(grid_.costs.router_ring_words);
    }
  }
  return sum;
}

}  // namespace csl::fabric::router
