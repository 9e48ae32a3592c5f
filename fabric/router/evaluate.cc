// SPDX-License-Identifier: Apache-2.0
// What can move, and who wins.
#include "fabric/router/rules.h"
#include "fabric/router/word_step.h"

namespace csl::fabric::router {

template <isa::Arch kArch>
WordStep<kArch>::WordStep(Grid* grid, int64_t t, StepResults* results)
    : grid_(*grid), t_(t), results_(results) {}

template <isa::Arch kArch>
void WordStep<kArch>::Run(uint32_t word) {
  index_ = word;
  word_ = &grid_.words[word];
  uint32_t colors = word_->active;
  word_->active = 0;
  word_->awake = 0;
  if (grid_.tracer == nullptr && RunFew(colors)) {
    if ((landed_ | departed_) != 0) Emit();
    return;
  }
  num_requests_ = 0;
  special_moves_.clear();
  for (; colors != 0; colors &= colors - 1) Evaluate(static_cast<int>(LowestLane(colors)));
  if (num_requests_ > 1) Arbitrate();
  for (int i = 0; i < num_requests_; ++i) {
    if (requests_[i].plain != 0) MovePlain(requests_[i]);
  }
  for (const SpecialMove& move : special_moves_) {
    const Request& request = requests_[move.request];
    if ((request.special >> move.lane & 1) != 0) MoveSpecial(request, move);
  }
  if ((landed_ | departed_) != 0) Emit();
}

// Lanes whose neighbour's ring is full.
template <isa::Arch kArch>
CSL_ROUTER_INLINE uint64_t WordStep<kArch>::FullBeyond(const Block& block, int color,
                                                       int link) const {
  const int side = OppositeSide(link);
  const auto full = [side](const Block* b) {
    const Ring* ring = b == nullptr ? nullptr : b->ring(side);
    return ring == nullptr ? 0 : ring->full;
  };
  switch (static_cast<Side>(link)) {
    case Side::kWest: {
      const uint64_t here = full(&block) << 1;
      return (block.tx[link] & 1) == 0 ? here : here | full(grid_.Find(index_ - 1, color)) >> 63;
    }
    case Side::kEast: {
      const uint64_t here = full(&block) >> 1;
      return (block.tx[link] >> 63) == 0 ? here : here | full(grid_.Find(index_ + 1, color)) << 63;
    }
    default: {
      const Ring* ring = block.beyond[link];
      return ring == nullptr ? 0 : ring->full;
    }
  }
}

// Lanes with an output that is not free, if all outputs are those of the routes and the color does
// not change.
template <isa::Arch kArch>
CSL_ROUTER_INLINE uint64_t WordStep<kArch>::Blocked(const Block& block, int color) const {
  uint64_t blocked =
      (block.tx[kRampSide] & block.ramp_blocked) | (block.tx[kIoSide] & ~block.io_open);
  for (unsigned links = block.tx_sides & 15u; links != 0; links &= links - 1) {
    const auto link = static_cast<int>(LowestLane(links));
    blocked |= block.tx[link] & FullBeyond(block, color, link);
  }
  return blocked;
}

template <isa::Arch kArch>
void WordStep<kArch>::Evaluate(int color) {
  Block* block = grid_.Find(index_, color);
  if (block == nullptr) return;
  Request& request = requests_[num_requests_];
  uint64_t any = 0;
  uint64_t twice = 0;
  uint64_t marked = block->near_swap | block->filtered | block->messages | grid_.traced_lanes;
  for (unsigned sides = block->rx_sides; sides != 0; sides &= sides - 1) {
    const auto side = static_cast<int>(LowestLane(sides));
    const Ring* ring = block->ring(side);
    const uint64_t ready = ring == nullptr ? 0 : ring->nonempty & block->rx[side];
    request.ready[side] = ready;
    if (ready == 0) continue;
    twice |= any & ready;
    any |= ready;
    marked |= ring->MarkedHeads<T>(ready);
  }
  if (any == 0) return;
  const uint64_t free = ~Blocked(*block, color);
  request.block = block;
  request.color = color;
  request.rx_sides = block->rx_sides;
  request.tx_sides = block->tx_sides;
  request.plain = any & ~marked & ~twice & free;
  request.special = 0;
  for (uint64_t rest = any & (marked | (twice & free)); rest != 0; rest &= rest - 1) {
    EvaluateLane(&request, LowestLane(rest));
  }
  if ((request.plain | request.special) != 0) ++num_requests_;
}

template <isa::Arch kArch>
void WordStep<kArch>::EvaluateLane(Request* request, unsigned lane) {
  const Block& block = *request->block;
  if ((block.messages >> lane & 1) != 0) return EvaluateMessage(request, lane);
  int found = -1;
  uint8_t found_outputs = 0;
  for (unsigned sides = request->rx_sides; sides != 0; sides &= sides - 1) {
    const auto side = static_cast<int>(LowestLane(sides));
    if ((request->ready[side] >> lane & 1) == 0) continue;
    const uint8_t outputs = Outputs(block, lane, block.ring(side)->Head(lane, T::kWords));
    bool is_free = true;
    for (int o = 0; o < kNumSides && is_free; ++o) {
      if ((outputs >> o & 1) != 0) is_free = IsFree(block, request->color, lane, o);
    }
    if (!is_free) continue;
    if (found >= 0) {
      results_->collisions.push_back({t_, Pe(lane), static_cast<uint8_t>(request->color),
                                      static_cast<Side>(found), static_cast<Side>(side)});
      return;
    }
    found = side;
    found_outputs = outputs;
  }
  if (found < 0) return;
  special_moves_.push_back({static_cast<uint8_t>(num_requests_), static_cast<uint8_t>(lane),
                            static_cast<uint8_t>(found), found_outputs});
  request->special |= Bit(lane);
}

template <isa::Arch kArch>
uint8_t WordStep<kArch>::Outputs(const Block& block, unsigned lane, const Wavelet& wavelet) const {
  unsigned outputs = 0;
  for (int o = 0; o < kNumSides; ++o) {
    outputs |= static_cast<unsigned>(block.tx[o] >> lane & 1) << o;
  }
  const bool skips_ramp =
      (wavelet.control && FirstCommandIgnoresCe(wavelet.payload)) ||
      ((block.filtered >> lane & 1) != 0 && !FilterPasses(block.Config(lane)->filter, wavelet));
  return static_cast<uint8_t>(skips_ramp ? outputs & ~unsigned{image::kRamp} : outputs);
}

template <isa::Arch kArch>
bool WordStep<kArch>::IsFree(const Block& block, int color, unsigned lane, int output) const {
  if (output == kRampSide) return (block.ramp_blocked >> lane & 1) == 0;
  if (output == kIoSide) return (block.io_open >> lane & 1) != 0;
  const Grid::Lane beyond = grid_.Beyond({index_, lane}, output);
  const int there = grid_.ColorBeyond(beyond, color, output);
  const Ring* ring = grid_.FindRing(beyond.word, there, OppositeSide(output));
  return ring == nullptr || (ring->full >> beyond.lane & 1) == 0;
}

template <isa::Arch kArch>
void WordStep<kArch>::Arbitrate() {
  uint64_t contested = 0;
  std::array<uint64_t, kNumSides> taken = {};
  for (int i = 0; i < num_requests_; ++i) {
    Request& request = requests_[i];
    request.wants = {};
    for (unsigned sides = request.tx_sides; sides != 0; sides &= sides - 1) {
      const auto o = static_cast<int>(LowestLane(sides));
      request.wants[o] = request.plain & request.block->tx[o];
    }
  }
  for (const SpecialMove& move : special_moves_) {
    for (unsigned outputs = move.outputs; outputs != 0; outputs &= outputs - 1) {
      requests_[move.request].wants[LowestLane(outputs)] |= Bit(move.lane);
    }
  }
  for (int i = 0; i < num_requests_; ++i) {
    for (unsigned sides = requests_[i].tx_sides; sides != 0; sides &= sides - 1) {
      const auto o = static_cast<int>(LowestLane(sides));
      contested |= taken[o] & requests_[i].wants[o];
      taken[o] |= requests_[i].wants[o];
    }
  }
  if (contested == 0) return;
  if (!word_->pointers) word_->pointers = std::make_unique<std::array<uint8_t, kLanes>>();
  for (; contested != 0; contested &= contested - 1) {
    ArbitrateLane(LowestLane(contested));
  }
}

template <isa::Arch kArch>
void WordStep<kArch>::ArbitrateLane(unsigned lane) {
  uint8_t& pointer = (*word_->pointers)[lane];
  int first = 0;
  while (first < num_requests_ && requests_[first].color < pointer) ++first;
  unsigned taken = 0;
  int loser = -1;
  for (int n = 0; n < num_requests_; ++n) {
    const int i = first + n < num_requests_ ? first + n : first + n - num_requests_;
    Request& request = requests_[i];
    if (((request.plain | request.special) >> lane & 1) == 0) continue;
    unsigned outputs = 0;
    for (unsigned sides = request.tx_sides; sides != 0; sides &= sides - 1) {
      const auto o = static_cast<int>(LowestLane(sides));
      outputs |= static_cast<unsigned>(request.wants[o] >> lane & 1) << o;
    }
    if ((taken & outputs) == 0) {
      taken |= outputs;
      continue;
    }
    if (loser < 0) loser = request.color;
    request.plain &= ~Bit(lane);
    request.special &= ~Bit(lane);
    grid_.Activate(index_, request.color, Bit(lane));
  }
  if (loser >= 0) pointer = static_cast<uint8_t>(loser);
}

template class WordStep<isa::Arch::kWse2>;
template class WordStep<isa::Arch::kWse3>;

}  // namespace csl::fabric::router
