// SPDX-License-Identifier: Apache-2.0
// Words in which few wavelets wait: these move one by one.
//
// A wavelet that is alone in its lane leaves without a tick of the ring, and one that enters an
// empty lane is remembered by itself (Grid::arrivals): no counter of the other lanes changes.
#include "fabric/router/word_step.h"

namespace csl::fabric::router {
namespace {

constexpr int kBlocked = -1;

CSL_ROUTER_INLINE unsigned LaneBeyond(unsigned lane, int link) {
  if (link >= 2) return lane;
  return (link == 0 ? lane - 1 : lane + 1) & (kLanes - 1);
}

}  // namespace

template <isa::Arch kArch>
bool WordStep<kArch>::RunFew(uint32_t colors) {
  int count = 0;
  int seen = 0;
  uint64_t lanes = 0;
  for (; colors != 0; colors &= colors - 1) {
    const auto color = static_cast<int>(LowestLane(colors));
    Block* block = grid_.Find(index_, color);
    if (block == nullptr) continue;
    const uint64_t special = block->near_swap | block->filtered | block->messages;
    for (unsigned sides = block->rx_sides; sides != 0; sides &= sides - 1) {
      const auto side = static_cast<int>(LowestLane(sides));
      Ring* ring = block->ring(side);
      if (ring == nullptr) continue;
      uint64_t ready = ring->nonempty & block->rx[side];
      if (ready == 0) continue;
      // Two inputs or colors of a router, or more than a route says.
      if ((ready & (lanes | special | ring->marks)) != 0) return false;
      lanes |= ready;
      seen += CountLanes(ready);
      if (seen > kFew) return false;
      for (; ready != 0; ready &= ready - 1) {
        const unsigned lane = LowestLane(ready);
        const int outputs = FreeOutputs(*block, color, lane);
        if (outputs == kBlocked) continue;
        singles_[count++] = {block, ring, static_cast<uint8_t>(color), static_cast<uint8_t>(lane),
                             static_cast<uint8_t>(outputs)};
      }
    }
  }
  for (int i = 0; i < count; ++i) MoveSingle(singles_[i]);
  return true;
}

// Whether nothing but the wavelet's own output can keep it from moving along its route.
template <isa::Arch kArch>
CSL_ROUTER_INLINE bool WordStep<kArch>::IsPlain(const Grid::Arrival& arrival) const {
  const Block& block = *arrival.block;
  const uint64_t bit = Bit(arrival.lane);
  if ((word_->awake & bit) != 0) return false;
  if (((block.near_swap | block.filtered | block.messages | arrival.ring->marks) & bit) != 0) {
    return false;
  }
  for (unsigned sides = block.rx_sides & ~(1u << arrival.ring->side); sides != 0;
       sides &= sides - 1) {
    const auto side = static_cast<int>(LowestLane(sides));
    if ((block.rx[side] & bit) == 0) continue;
    const Ring* other = block.ring(side);
    if (other != nullptr && (other->nonempty & bit) != 0) return false;
  }
  return true;
}

// Most arrivals: one that is alone in its lane goes straight on into an empty one.
template <isa::Arch kArch>
CSL_ROUTER_INLINE bool WordStep<kArch>::GoesStraight(const Grid::Arrival& arrival) {
  Ring& ring = *arrival.ring;
  const Block& block = *arrival.block;
  const Grid::Word& word = grid_.words[ring.word];
  const uint64_t bit = Bit(arrival.lane);
  const uint64_t special = block.near_swap | block.filtered | block.messages | ring.marks;
  if ((word.awake & bit) != 0 || (block.straight & block.rx[ring.side] & ~special & bit) == 0) {
    return false;
  }
  unsigned output = 0;
  while ((block.tx[output] & bit) == 0) ++output;
  constexpr unsigned kSteps[] = {~0u, 1, 0, 0};
  const unsigned lane = arrival.lane + kSteps[output];
  Ring* const to = block.beyond[output];
  if (lane >= kLanes || to == nullptr || (word.edge[output] & bit) != 0) return false;
  if (((to->occupied | to->pushed) & Bit(lane)) != 0 || !ring.IsAlone<T>(arrival.lane)) {
    return false;
  }
  to->PutAlone<T>(lane, ring.HeadPayload<T>(arrival.lane), t_);
  if (T::kHop == 2) to->pushed |= Bit(lane);
  ring.TakeAlone<T>(arrival.lane);
  grid_.arrivals.push_back({to, to->block, lane});
  ++grid_.num_hops;
  grid_.last_move = t_;
  return true;
}

template <isa::Arch kArch>
void WordStep<kArch>::RunArrivals() {
  grid_.moving.swap(grid_.ready);
  for (const Grid::Arrival& arrival : grid_.moving) {
    grid_.words[arrival.ring->word].arrived = 0;
    arrival.block->num_arrivals = 0;
    if (!GoesStraight(arrival)) RunArrival(arrival);
  }
  grid_.moving.clear();
}

template <isa::Arch kArch>
void WordStep<kArch>::RunArrival(const Grid::Arrival& arrival) {
  Ring* ring = arrival.ring;
  Block* block = arrival.block;
  const unsigned lane = arrival.lane;
  index_ = ring->word;
  word_ = &grid_.words[index_];
  if (!IsPlain(arrival)) {
    grid_.Activate(index_, ring->color, Bit(lane));
    return;
  }
  if ((block->rx[ring->side] >> lane & 1) == 0) return;
  const int outputs = FreeOutputs(*block, ring->color, lane);
  if (outputs == kBlocked) return;
  MoveSingle({block, ring, ring->color, static_cast<uint8_t>(lane), static_cast<uint8_t>(outputs)});
  if ((landed_ | departed_) == 0) return;
  is_unordered_ = true;
  Emit();
}

// The ring that a lane fills over a link, null: not there.
template <isa::Arch kArch>
CSL_ROUTER_INLINE const Ring* WordStep<kArch>::RingBeyond(const Block& block, int color,
                                                          unsigned lane, int link) const {
  const int side = OppositeSide(link);
  switch (static_cast<Side>(link)) {
    case Side::kWest:
      return lane > 0 ? block.ring(side) : grid_.FindRing(index_ - 1, color, side);
    case Side::kEast:
      return lane + 1 < kLanes ? block.ring(side) : grid_.FindRing(index_ + 1, color, side);
    default:
      return block.beyond[link];
  }
}

// The outputs of the lane's route, or kBlocked.
template <isa::Arch kArch>
CSL_ROUTER_INLINE int WordStep<kArch>::FreeOutputs(const Block& block, int color,
                                                   unsigned lane) const {
  int outputs = 0;
  for (unsigned sides = block.tx_sides; sides != 0; sides &= sides - 1) {
    const auto output = static_cast<int>(LowestLane(sides));
    if ((block.tx[output] >> lane & 1) == 0) continue;
    outputs |= 1 << output;
    if (output == kRampSide) {
      if ((block.ramp_blocked >> lane & 1) != 0) return kBlocked;
    } else if (output == kIoSide) {
      if ((block.io_open >> lane & 1) == 0) return kBlocked;
    } else {
      const Ring* ring = RingBeyond(block, color, lane, output);
      if (ring != nullptr && (ring->full >> LaneBeyond(lane, output) & 1) != 0) return kBlocked;
    }
  }
  return outputs;
}

template <isa::Arch kArch>
CSL_ROUTER_INLINE void WordStep<kArch>::MoveSingle(const Single& single) {
  Ring& ring = *single.ring;
  const unsigned lane = single.lane;
  const uint32_t payload = ring.HeadPayload<T>(lane);
  for (unsigned outputs = single.outputs; outputs != 0; outputs &= outputs - 1) {
    const auto output = static_cast<int>(LowestLane(outputs));
    if (output < kNumLinks) {
      FillSingle(single, output, payload);
    } else {
      SendOne(single.block, single.color, lane, output, {payload});
    }
  }
  grid_.last_move = t_;
  if (!ring.IsAlone<T>(lane)) {
    Ring::Increment<T>(&ring.head, Bit(lane));
    ring.popped |= Bit(lane);
    ring.nonempty &= ~Bit(lane);  // until the tick: one wavelet a step
    grid_.Touch(&ring, t_);
    return;
  }
  ring.TakeAlone<T>(lane);
  if (ring.side < kNumLinks && (word_->edge[ring.side] >> lane & 1) != 0) {
    ReturnCredit(ring, lane);
  }
}

template <isa::Arch kArch>
CSL_ROUTER_INLINE void WordStep<kArch>::FillSingle(const Single& single, int link,
                                                   uint32_t payload) {
  auto* ring = const_cast<Ring*>(RingBeyond(*single.block, single.color, single.lane, link));
  const unsigned lane = LaneBeyond(single.lane, link);
  const bool leaves = (word_->edge[link] >> single.lane & 1) != 0;
  if (leaves || ring == nullptr || ((ring->occupied | ring->pushed) >> lane & 1) != 0) {
    const Grid::Lane beyond = grid_.Beyond({index_, single.lane}, link);
    FillOne(beyond.word, single.color, OppositeSide(link), beyond.lane, {payload});
    return;
  }
  ring->PutAlone<T>(lane, payload, t_);
  // In the ticks of other lanes until it is seen.
  if (T::kHop == 2) ring->pushed |= Bit(lane);
  grid_.arrivals.push_back({ring, ring->block, lane});
  ++grid_.num_hops;
}

template <isa::Arch kArch>
void WordStep<kArch>::ReturnCredit(const Ring& ring, unsigned lane) {
  if (!grid_.has_neighbour[ring.side]) return;
  Outbox& box = grid_.outboxes[ring.side][t_ & 1];
  box.pops.push_back({grid_.EdgeIndex(ring.side, {ring.word, lane}), ring.color, 0});
}

template class WordStep<isa::Arch::kWse2>;
template class WordStep<isa::Arch::kWse3>;

}  // namespace csl::fabric::router
