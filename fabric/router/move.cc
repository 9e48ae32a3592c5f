// SPDX-License-Identifier: Apache-2.0
// The moves of the winners.
#include <bit>

#include "fabric/router/move_lanes.h"
#include "fabric/router/rules.h"
#include "fabric/router/word_step.h"

namespace csl::fabric::router {

template <isa::Arch kArch>
void WordStep<kArch>::MovePlain(const Request& request) {
  Block& block = *request.block;
  for (int side = 0; side < kNumSides; ++side) {
    const uint64_t moving = request.plain & request.ready[side];
    if (moving == 0) continue;
    Ring& ring = *block.ring(side);
    for (int slot = 0; slot < T::kWords; ++slot) {
      const uint64_t lanes = moving & Ring::At<T>(ring.head, slot);
      if (lanes == 0) continue;
      for (int o = 0; o < kNumSides; ++o) {
        if ((lanes & block.tx[o]) != 0) Send(request, o, lanes & block.tx[o], ring.slots[slot]);
      }
    }
    Ring::Increment<T>(&ring.head, moving);
    ring.popped |= moving;
    grid_.Touch(&ring, t_);
    grid_.last_move = t_;
  }
}

// Data wavelets of `lanes`, which have their payloads in `from`.
template <isa::Arch kArch>
void WordStep<kArch>::Send(const Request& request, int output, uint64_t lanes,
                           const uint32_t* from) {
  const int color = request.color;
  const int side = OppositeSide(output);
  switch (static_cast<Side>(output)) {
    case Side::kWest:
      if ((lanes & 1) != 0) FillOne(index_ - 1, color, side, 63, {from[0]});
      if ((lanes >> 1) != 0) Fill(&grid_.RingAt(index_, color, side), lanes >> 1, from, -1);
      break;
    case Side::kEast:
      if ((lanes >> 63) != 0) FillOne(index_ + 1, color, side, 0, {from[63]});
      if ((lanes << 1) != 0) Fill(&grid_.RingAt(index_, color, side), lanes << 1, from, 1);
      break;
    case Side::kSouth:
      Fill(&grid_.RingAt(index_ + grid_.stride, color, side), lanes, from, 0);
      break;
    case Side::kNorth:
      Fill(&grid_.RingAt(index_ - grid_.stride, color, side), lanes, from, 0);
      break;
    case Side::kRamp:
    case Side::kIo:
      for (; lanes != 0; lanes &= lanes - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
        SendOne(request, lane, output, {from[lane]});
      }
      break;
  }
}

// `lanes` of the ring, from lanes less `shift`.
template <isa::Arch kArch>
void WordStep<kArch>::Fill(Ring* ring, uint64_t lanes, const uint32_t* from, int shift) {
  ring->Align<T>(lanes, t_);
  for (int slot = 0; slot < T::kWords; ++slot) {
    const uint64_t here = lanes & Ring::At<T>(ring->tail, slot);
    if (here == 0) continue;
    MoveLanes(from, ring->slots[slot], here, shift);
    ring->control[slot] &= ~here;
  }
  Ring::Increment<T>(&ring->tail, lanes);
  ring->pushed |= lanes;
  grid_.Touch(ring, t_);
  grid_.num_hops += std::popcount(lanes);
  const int output = OppositeSide(ring->side);
  uint64_t leaving = lanes & grid_.words[ring->word].ghost;
  if (leaving == 0 || !grid_.has_neighbour[output]) return;
  Outbox& box = grid_.outboxes[output][t_ & 1];
  for (; leaving != 0; leaving &= leaving - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(leaving));
    box.pushes.push_back({grid_.EdgeIndex(output, {ring->word, lane}), ring->color, false,
                          from[static_cast<int>(lane) - shift]});
  }
}

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

template <isa::Arch kArch>
void WordStep<kArch>::MoveSpecial(const Request& request, const SpecialMove& move) {
  Block& block = *request.block;
  Ring& ring = *block.ring(move.side);
  const unsigned lane = move.lane;
  Wavelet wavelet = ring.Head(lane, T::kWords);
  Ring::Increment<T>(&ring.head, Bit(lane));
  ring.popped |= Bit(lane);
  grid_.Touch(&ring, t_);
  grid_.last_move = t_;
  if ((block.filtered >> lane & 1) != 0) CountInFilter(&block.Config(lane)->filter, wavelet);
  if (wavelet.control) wavelet.payload = Obey(request, lane, wavelet.payload);
  if (wavelet.advance && move.side == kRampSide) {
    image::ColorConfig* config = block.Config(lane);
    if (config != nullptr && AdvanceSwitch(config)) Switched(request, lane);
  }
  wavelet.advance = false;
  for (int o = 0; o < kNumSides; ++o) {
    if ((move.outputs >> o & 1) != 0) SendOne(request, lane, o, wavelet);
  }
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
void WordStep<kArch>::SendOne(const Request& request, unsigned lane, int output,
                              const Wavelet& wavelet) {
  const auto color = static_cast<uint8_t>(request.color);
  if (output == kIoSide) {
    departures_[lane] = {Pe(lane), color, wavelet};
    departed_ |= Bit(lane);
  } else if (output == kRampSide) {
    const uint8_t channel = request.block->Channel(lane);
    landings_[lane] = {Pe(lane), color, channel, wavelet};
    landed_ |= Bit(lane);
    grid_.FillChannel(Pe(lane), request.block, lane, channel);
  } else {
    const Grid::Lane beyond = grid_.Beyond({index_, lane}, output);
    FillOne(beyond.word, grid_.ColorBeyond(beyond, color, output), OppositeSide(output),
            beyond.lane, wavelet);
  }
}

// What went to CEs and to the host, in the order of the PEs.
template <isa::Arch kArch>
void WordStep<kArch>::Emit() {
  for (; landed_ != 0; landed_ &= landed_ - 1) {
    results_->landings.push_back(landings_[static_cast<size_t>(std::countr_zero(landed_))]);
  }
  for (; departed_ != 0; departed_ &= departed_ - 1) {
    results_->departures.push_back(departures_[static_cast<size_t>(std::countr_zero(departed_))]);
  }
}

template class WordStep<isa::Arch::kWse2>;
template class WordStep<isa::Arch::kWse3>;

}  // namespace csl::fabric::router
