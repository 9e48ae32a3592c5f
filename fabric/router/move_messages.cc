// SPDX-License-Identifier: Apache-2.0
// The message routers' part of a step.
#include "fabric/router/trace_moves.h"
#include "fabric/router/word_step.h"

namespace csl::fabric::router {

template <isa::Arch kArch>
void WordStep<kArch>::EvaluateMessage(Request* request, unsigned lane) {
  const int side = static_cast<int>(MessageInput(request->color));
  if ((request->ready[side] >> lane & 1) == 0) return;
  const Wavelet head = request->block->ring(side)->Head(lane, T::kWords);
  const int output = grid_.MessageRouterOf(Pe(lane)).OutputFor(request->color, head.payload);
  if (output < 0) return;
  const bool to_ramp = output == kRampSide;
  const int color = to_ramp ? kReceivedColor : MessageColor(output);
  const Block* block = to_ramp ? grid_.Find(index_, color) : request->block;
  if (block == nullptr || !IsFree(*block, color, lane, output)) return;
  special_moves_.push_back({static_cast<uint8_t>(num_requests_), static_cast<uint8_t>(lane),
                            static_cast<uint8_t>(side), static_cast<uint8_t>(1u << output)});
  request->special |= Bit(lane);
}

template <isa::Arch kArch>
void WordStep<kArch>::MoveMessage(const Request& request, const SpecialMove& move) {
  Ring& ring = *request.block->ring(move.side);
  const unsigned lane = move.lane;
  const int output = static_cast<int>(LowestLane(move.outputs));
  const Wavelet came = ring.Head(lane, T::kWords);
  const uint32_t payload = came.payload;
  const MessageRouter::Move done =
      grid_.MessageRouterOf(Pe(lane)).MoveTo(request.color, output, payload);
  if (done.pops) {
    (void)ring.template Pop<T>(lane);
    grid_.Touch(&ring, t_);
  }
  grid_.last_move = t_;
  // Messages that wait for the output, and the end of this one.
  if (!done.pops || done.frees) grid_.Activate(index_, request.color);
  if (done.sends) SendMessage(lane, output, done.wavelet);
  if (grid_.tracer == nullptr) return;
  const unsigned outputs = done.sends ? move.outputs : 0u;
  const int beyond = output == kRampSide ? -1 : MessageColor(output);
  TraceMove(
      grid_,
      {{index_, lane}, request.color, move.side, outputs, came, done.wavelet, !done.pops, beyond},
      t_);
}

template <isa::Arch kArch>
void WordStep<kArch>::SendMessage(unsigned lane, int output, const Wavelet& wavelet) {
  if (output == kRampSide) {
    Land(grid_.Find(index_, kReceivedColor), kReceivedColor, lane, wavelet);
    return;
  }
  const Grid::Lane beyond = grid_.Beyond({index_, lane}, output);
  FillOne(beyond.word, MessageColor(output), OppositeSide(output), beyond.lane, wavelet);
}

template class WordStep<isa::Arch::kWse2>;
template class WordStep<isa::Arch::kWse3>;

}  // namespace csl::fabric::router
