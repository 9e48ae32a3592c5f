// SPDX-License-Identifier: Apache-2.0
// The moves of the winners.
#include <bit>

#include "fabric/router/move_lanes.h"
#include "fabric/router/rules.h"
#include "fabric/router/trace_moves.h"
#include "fabric/router/word_step.h"

namespace csl::fabric::router {

template <isa::Arch kArch>
void WordStep<kArch>::FillOne(uint32_t word, int color, int side, unsigned lane,
                              const Wavelet& wavelet) {
  Ring& ring = grid_.RingAt(word, color, side);
  ring.Push<T>(lane, wavelet, t_);
  ring.pushed |= Bit(lane);
  grid_.Touch(&ring, t_);
  ++grid_.num_hops;
  const int output = OppositeSide(side);
  if (!grid_.IsGhost({word, lane}) || !grid_.has_neighbour[output]) return;
  grid_.outboxes[output][t_ & 1].pushes.push_back({grid_.EdgeIndex(output, {word, lane}),
                                                   static_cast<uint8_t>(color), wavelet.control,
                                                   wavelet.payload});
}

// `lanes` of a ring get the first wavelets, data, of the lanes less `shift` of another.
template <isa::Arch kArch>
CSL_ROUTER_INLINE void WordStep<kArch>::Fill(Ring* ring, uint64_t lanes, const Ring& from,
                                             int shift) {
  ring->Align<T>(lanes, t_);
  if ((lanes & (lanes - 1)) == 0) {
    const unsigned lane = LowestLane(lanes);
    ring->slots[Ring::Slot(ring->tail, lane, T::kWords)][lane] =
        from.HeadPayload<T>(lane - static_cast<unsigned>(shift));
  } else {
    LanesOfSlots from_lanes = {};
    LanesOfSlots to_lanes = {};
    for (int slot = 0; slot < T::kWords; ++slot) {
      const uint64_t heads = Ring::At<T>(from.head, slot);
      const uint64_t shifted = shift == 0 ? heads : shift > 0 ? heads << 1 : heads >> 1;
      from_lanes[static_cast<size_t>(slot)] = shifted & lanes;
      to_lanes[static_cast<size_t>(slot)] = Ring::At<T>(ring->tail, slot) & lanes;
    }
    kLaneMoves.move(from.slots, from_lanes, ring->slots, to_lanes, T::kWords, shift);
  }
  grid_.num_hops += CountLanes(lanes);
  Ring::Increment<T>(&ring->tail, lanes);
  ring->pushed |= lanes;
  grid_.Touch(ring, t_);
  const uint64_t leaving = lanes & grid_.words[ring->word].ghost;
  if (leaving != 0) Leave(*ring, leaving, from, shift);
}

template <isa::Arch kArch>
CSL_ROUTER_INLINE void WordStep<kArch>::Land(Block* block, int color, unsigned lane,
                                             const Wavelet& wavelet) {
  const uint8_t channel = block->Channel(lane);
  landings_[lane] = {wavelet.payload, static_cast<uint8_t>(color), channel, wavelet.control};
  landed_ |= Bit(lane);
  grid_.FillChannel(Pe(lane), block, lane, channel);
}

// The first wavelets, data, of `lanes` of a ring.
template <isa::Arch kArch>
CSL_ROUTER_INLINE void WordStep<kArch>::Send(const Request& request, int output, uint64_t lanes,
                                             const Ring& from) {
  uint32_t word = index_;
  int shift = 0;
  const int side = OppositeSide(output);
  switch (static_cast<Side>(output)) {
    case Side::kWest:
      if ((lanes & 1) != 0) {
        FillOne(index_ - 1, request.color, side, 63, {from.HeadPayload<T>(0)});
      }
      lanes >>= 1;
      shift = -1;
      break;
    case Side::kEast:
      if ((lanes >> 63) != 0) {
        FillOne(index_ + 1, request.color, side, 0, {from.HeadPayload<T>(63)});
      }
      lanes <<= 1;
      shift = 1;
      break;
    case Side::kSouth:
      word += grid_.stride;
      break;
    case Side::kNorth:
      word -= grid_.stride;
      break;
    default:
      for (; lanes != 0; lanes &= lanes - 1) {
        const auto lane = LowestLane(lanes);
        SendOne(request.block, request.color, lane, output, {from.HeadPayload<T>(lane)});
      }
      return;
  }
  if (lanes == 0) return;
  Ring* ring = request.block->beyond[output];
  if (ring == nullptr) ring = &grid_.RingAt(word, request.color, side);
  Fill(ring, lanes, from, shift);
}

template <isa::Arch kArch>
void WordStep<kArch>::MovePlain(const Request& request) {
  Block& block = *request.block;
  for (unsigned sides = request.rx_sides; sides != 0; sides &= sides - 1) {
    const auto side = static_cast<int>(LowestLane(sides));
    const uint64_t moving = request.plain & request.ready[side];
    if (moving == 0) continue;
    grid_.last_move = t_;
    Ring& ring = *block.ring(side);
    for (unsigned outputs = request.tx_sides; outputs != 0; outputs &= outputs - 1) {
      const auto o = static_cast<int>(LowestLane(outputs));
      if ((moving & block.tx[o]) != 0) Send(request, o, moving & block.tx[o], ring);
    }
    Ring::Increment<T>(&ring.head, moving);
    ring.popped |= moving;
    grid_.Touch(&ring, t_);
  }
}

// Wavelets that filled lanes beyond the shard's edge, from lanes less `shift`.
template <isa::Arch kArch>
void WordStep<kArch>::Leave(const Ring& ring, uint64_t lanes, const Ring& from, int shift) {
  const int output = OppositeSide(ring.side);
  if (!grid_.has_neighbour[output]) return;
  Outbox& box = grid_.outboxes[output][t_ & 1];
  for (; lanes != 0; lanes &= lanes - 1) {
    const auto lane = LowestLane(lanes);
    box.pushes.push_back({grid_.EdgeIndex(output, {ring.word, lane}), ring.color, false,
                          from.HeadPayload<T>(lane - static_cast<unsigned>(shift))});
  }
}

template <isa::Arch kArch>
void WordStep<kArch>::MoveSpecial(const Request& request, const SpecialMove& move) {
  Block& block = *request.block;
  Ring& ring = *block.ring(move.side);
  const unsigned lane = move.lane;
  if ((block.messages >> lane & 1) != 0) return MoveMessage(request, move);
  Wavelet wavelet = ring.Pop<T>(lane);
  const Wavelet came = wavelet;
  grid_.Touch(&ring, t_);
  grid_.last_move = t_;
  // Only what would go to the CE without the filter counts.
  const bool ignores_ce = wavelet.control && FirstCommandIgnoresCe(wavelet.payload);
  if ((block.filtered & block.tx[kRampSide]) >> lane & 1 && !ignores_ce) {
    CountInFilter(&block.Config(lane)->filter, wavelet);
    grid_.Activate(index_, request.color);  // it may let another input pass
  }
  if (wavelet.control) wavelet.payload = Obey(request, lane, wavelet.payload);
  if (wavelet.advance && move.side == kRampSide) {
    image::ColorConfig* config = block.Config(lane);
    if (config != nullptr && AdvanceSwitch(config)) Switched(request, lane);
  }
  wavelet.advance = false;
  for (int o = 0; o < kNumSides; ++o) {
    if ((move.outputs >> o & 1) != 0) SendOne(&block, request.color, lane, o, wavelet);
  }
  if (grid_.tracer == nullptr) return;
  TraceMove(grid_, {{index_, lane}, request.color, move.side, move.outputs, came, wavelet}, t_);
}

// Command 0 of a control wavelet. Returns the payload that leaves.
template <isa::Arch kArch>
uint32_t WordStep<kArch>::Obey(const Request& request, unsigned lane, uint32_t payload) {
  Block& block = *request.block;
  image::ColorConfig* config = block.Config(lane);
  if (FirstCommand(payload) == Command::kTeardown) {
    results_->teardowns.push_back({Pe(lane), static_cast<uint8_t>(request.color)});
    if (config == nullptr) {
      image::ColorConfig torn_down = block.GetLane(lane);
      torn_down.teardown = true;
      block.SetLane(lane, torn_down);
      return payload;
    }
  }
  if (config == nullptr) return payload;
  payload = ApplyCommand(config, payload);
  Switched(request, lane);
  return payload;
}

template <isa::Arch kArch>
void WordStep<kArch>::Switched(const Request& request, unsigned lane) {
  request.block->Refresh(lane);
  grid_.Activate(index_, request.color);
}

template <isa::Arch kArch>
void WordStep<kArch>::SendOne(Block* block, int color, unsigned lane, int output,
                              const Wavelet& wavelet) {
  if (output == kIoSide) {
    departures_[lane] = {wavelet.payload, static_cast<uint8_t>(color), 0, wavelet.control};
    departed_ |= Bit(lane);
  } else if (output == kRampSide) {
    Land(block, color, lane, wavelet);
  } else {
    const Grid::Lane beyond = grid_.Beyond({index_, lane}, output);
    FillOne(beyond.word, grid_.ColorBeyond(beyond, color, output), OppositeSide(output),
            beyond.lane, wavelet);
  }
}

// What went to CEs and to the host, in the order of the PEs.
template <isa::Arch kArch>
void WordStep<kArch>::Emit() {
  if (landed_ != 0) {
    std::vector<Landing>& landings = results_->landings;
    const size_t before = landings.size();
    landings.resize(before + static_cast<size_t>(std::popcount(landed_)));
    Landing* to = landings.data() + before;
    for (; landed_ != 0; landed_ &= landed_ - 1, ++to) {
      const auto lane = LowestLane(landed_);
      const Arrival& a = landings_[lane];
      *to = {Pe(lane), a.color, a.channel, {a.payload, a.control}};
    }
  }
  for (; departed_ != 0; departed_ &= departed_ - 1) {
    const auto lane = LowestLane(departed_);
    const Arrival& a = departures_[lane];
    results_->departures.push_back({Pe(lane), a.color, {a.payload, a.control}});
  }
}

template class WordStep<isa::Arch::kWse2>;
template class WordStep<isa::Arch::kWse3>;

}  // namespace csl::fabric::router
