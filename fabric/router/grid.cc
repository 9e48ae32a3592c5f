// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/grid.h"

#include <algorithm>

#include "base/check.h"

namespace csl::fabric::router {
namespace {

constexpr int kWest = static_cast<int>(Side::kWest);
constexpr int kEast = static_cast<int>(Side::kEast);
constexpr int kSouth = static_cast<int>(Side::kSouth);
constexpr int kNorth = static_cast<int>(Side::kNorth);

// Lanes from first on, up to the lane of `end`, of a word of lanes that begins at x.
uint64_t LanesFrom(int x, int end) {
  if (x >= end) return 0;
  return end - x >= kLanes ? ~uint64_t{0} : Bit(static_cast<unsigned>(end - x)) - 1;
}

}  // namespace

// Words -1 .. ceil(width / 64) of rows -1 .. height; the lane right of the last router may lie in
// the last word.
Grid::Grid(const ShardPlace& p)
    : place(p),
      costs(isa::MachineCostsOf(p.arch)),
      stride(static_cast<uint32_t>((p.width + kLanes - 1) / kLanes) + 2) {
  CHECK(p.width > 0 && p.height > 0) << "a shard of " << p.width << " x " << p.height;
  for (size_t color = 0; color < kNumColors; ++color) wakes[color] = 1u << color;
  words.resize(stride * static_cast<uint32_t>(p.height + 2));
  blocks.resize(words.size() * kNumColors);
  active.resize((words.size() + 63) / 64);
  lanes.resize(static_cast<size_t>(p.width) * static_cast<size_t>(p.height));
  channels_of.resize(lanes.size());
  for (uint32_t i = 0; i < words.size(); ++i) {
    Word& word = words[i];
    const int x = (static_cast<int>(i % stride) - 1) * kLanes;
    const int y = static_cast<int>(i / stride) - 1;
    word.x = static_cast<uint32_t>(x);
    word.y = static_cast<uint32_t>(y);
    word.first_pe = static_cast<uint32_t>(y * p.width + x);
    const bool is_row = y >= 0 && y < p.height && x >= 0;
    const uint64_t real = is_row ? LanesFrom(x, p.width) : 0;
    word.ghost = ~real;
    if (real == 0) continue;
    if (x == 0) word.edge[kWest] = 1;
    if (x + kLanes >= p.width) word.edge[kEast] = Bit(static_cast<unsigned>(p.width - 1 - x));
    if (y == 0) word.edge[kNorth] = real;
    if (y == p.height - 1) word.edge[kSouth] = real;
    for (unsigned lane = 0; lane < kLanes && (real >> lane & 1) != 0; ++lane) {
      lanes[word.first_pe + lane] = i << 6 | lane;
    }
  }
}

Grid::Lane Grid::Beyond(Lane at, int link) const {
  switch (link) {
    case kWest:
      return at.lane > 0 ? Lane{at.word, at.lane - 1} : Lane{at.word - 1, kLanes - 1};
    case kEast:
      return at.lane + 1 < kLanes ? Lane{at.word, at.lane + 1} : Lane{at.word + 1, 0};
    case kSouth:
      return {at.word + stride, at.lane};
    default:
      return {at.word - stride, at.lane};
  }
}

Grid::Lane Grid::EdgeLane(int side, uint32_t index) const {
  const auto width = static_cast<uint32_t>(place.width);
  const auto height = static_cast<uint32_t>(place.height);
  switch (side) {
    case kWest:
      return LaneOf(index * width);
    case kEast:
      return LaneOf(index * width + width - 1);
    case kSouth:
      return LaneOf((height - 1) * width + index);
    default:
      return LaneOf(index);
  }
}

Block& Grid::AddBlock(uint32_t word, int color) {
  std::unique_ptr<Block>& block = blocks[word * kNumColors + static_cast<uint32_t>(color)];
  block = std::make_unique<Block>();
  if (word + stride < words.size()) block->beyond[kSouth] = FindRing(word + stride, color, kNorth);
  if (word >= stride) block->beyond[kNorth] = FindRing(word - stride, color, kSouth);
  return *block;
}

Ring& Grid::AddRing(Block* block, uint32_t word, int color, int side) {
  RingPtr& ring = block->rings[static_cast<size_t>(side)];
  ring = NewRing(costs.router_ring_words);
  ring->word = word;
  ring->color = static_cast<uint8_t>(color);
  ring->side = static_cast<uint8_t>(side);
  ring->block = block;
  Block* filler = side < 2 ? block : nullptr;
  if (side == kNorth && word >= stride) filler = Find(word - stride, color);
  if (side == kSouth && word + stride < words.size()) filler = Find(word + stride, color);
  if (filler != nullptr) filler->beyond[static_cast<size_t>(OppositeSide(side))] = ring.get();
  touched.push_back(nullptr);
  ticking.push_back(nullptr);
  return *ring;
}

void Grid::WakeFillers(const Ring& ring, uint64_t freed) {
  const auto wake = [&](uint32_t word) {
    Activate(word, ring.color);
    if (any_swap) Activate(word, ring.color ^ 1);
  };
  switch (ring.side) {
    case kWest:
      if ((freed & ~uint64_t{1}) != 0) wake(ring.word);
      if ((freed & 1) != 0) wake(ring.word - 1);
      break;
    case kEast:
      if ((freed & ~Bit(63)) != 0) wake(ring.word);
      if ((freed & Bit(63)) != 0) wake(ring.word + 1);
      break;
    case kSouth:
      wake(ring.word + stride);
      break;
    case kNorth:
      wake(ring.word - stride);
      break;
    default:
      break;
  }
}

void Grid::CountLeft(const Ring& ring, uint64_t lanes) {
  const int output = OppositeSide(ring.side);
  std::vector<uint64_t>& counts = left[{static_cast<uint8_t>(output), ring.color}];
  if (counts.empty()) {
    counts.resize(static_cast<size_t>(output < 2 ? place.height : place.width));
  }
  for (; lanes != 0; lanes &= lanes - 1) {
    ++counts[EdgeIndex(output, {ring.word, LowestLane(lanes)})];
  }
}

int Grid::ColorBeyond(Lane beyond, int color, int link) const {
  const Block* partner = Find(beyond.word, color ^ 1);
  if (partner == nullptr) return color;
  const uint64_t swaps = link < 2 ? partner->swap_x : partner->swap_y;
  return (swaps >> beyond.lane & 1) != 0 ? color ^ 1 : color;
}

void Grid::SetSwaps(Lane at, int color, uint8_t swaps) {
  Block& block = At(at.word, color);
  block.swap_x = (block.swap_x & ~Bit(at.lane)) | uint64_t{swaps & 1u} << at.lane;
  block.swap_y = (block.swap_y & ~Bit(at.lane)) | uint64_t{swaps >> 1 & 1u} << at.lane;
  any_swap = any_swap || swaps != 0;
}

void Grid::PublishSwaps(Outbox* out[kNumLinks]) {
  for (const auto& [pe, color] : changed_swaps) {
    const Lane at = LaneOf(pe);
    const image::ColorConfig* config = At(at.word, color).Config(at.lane);
    const auto swaps = static_cast<uint8_t>(
        config == nullptr ? 0 : config->color_swap_x | config->color_swap_y << 1);
    SetSwaps(at, color, swaps);
    for (int link = 0; link < kNumLinks; ++link) {
      const Lane beyond = Beyond(at, link);
      if (IsGhost(beyond)) {
        out[link]->swaps.push_back({EdgeIndex(link, at), color, swaps});
      } else {
        At(beyond.word, color ^ 1).near_swap |= Bit(beyond.lane);
        Activate(beyond.word, color ^ 1);
      }
    }
  }
  changed_swaps.clear();
}

MessageRouter& Grid::MessageRouterOf(uint32_t pe) {
  if (messages_of.empty()) {
    messages_of.resize(lanes.size());
    for (size_t color = 0; color < kNumColors; ++color) {
      if (IsMessageColor(static_cast<int>(color))) wakes[color] = kMessageColors;
    }
  }
  uint32_t& index = messages_of[pe];
  if (index == 0) {
    const auto width = static_cast<uint32_t>(place.width);
    message_routers.emplace_back(static_cast<uint32_t>(place.x) + pe % width,
                                 static_cast<uint32_t>(place.y) + pe / width);
    index = static_cast<uint32_t>(message_routers.size());
  }
  return message_routers[index - 1];
}

void Grid::AddChannels(uint32_t pe) {
  if (channels_of[pe] != 0) return;
  for (auto& group : channel_groups) {
    // At once for all PEs: growing step by step leaves holes behind.
    if (group.empty()) group.reserve(lanes.size());
    group.emplace_back();
  }
  if (queue_colors.empty()) queue_colors.reserve(lanes.size());
  queue_colors.emplace_back().fill(kNoChannel);
  channels_of[pe] = static_cast<uint32_t>(queue_colors.size());
}

void Grid::PopChannels(int64_t t) {
  constexpr ptrdiff_t kPopsAhead = 16;
  const ChannelPop* pop = channel_pops.data() + first_pop;
  const ChannelPop* const end = channel_pops.data() + num_pops;
  for (; pop != end && pop->seen_at <= t; ++pop) {
    // A busy fabric does not fit into the nearer caches.
    if (end - pop > 2 * kPopsAhead) {
      __builtin_prefetch(&channels_of[pop[2 * kPopsAhead].pe]);
      __builtin_prefetch(&WordsOf(pop[kPopsAhead].pe, pop[kPopsAhead].channel), 1);
    }
    ChannelWords& words = WordsOf(pop->pe, pop->channel);
    CHECK(!words.empty()) << "channel " << pop->channel << " of PE " << pop->pe << " is empty";
    const bool was_full = words.full();
    words.Free();
    // Its color is blocked as long as the channel is full, so that there is nothing to unblock.
    if (!was_full || words.full()) continue;
    const uint8_t color = ColorOf(pop->pe, pop->channel);
    if (color == kNoChannel) continue;
    const Lane at = LaneOf(pop->pe);
    Block& block = At(at.word, color);
    if ((block.ramp_blocked >> at.lane & 1) == 0) continue;
    block.ramp_blocked &= ~Bit(at.lane);
    Activate(at.word, color, Bit(at.lane));
  }
  first_pop = static_cast<size_t>(pop - channel_pops.data());
  if (first_pop * 2 < num_pops) return;
  std::copy(pop, end, channel_pops.begin());
  num_pops -= first_pop;
  first_pop = 0;
}

}  // namespace csl::fabric::router
