// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/router.h"

namespace csl::fabric::reference {
namespace {

// The side of the neighbour that a link from `side` ends at.
int Opposite(int side) {
  static constexpr int kOpposite[] = {kEast, kWest, kNorth, kSouth};
  return kOpposite[side];
}

}  // namespace

void Router::MakeRings() {
  const isa::MachineCosts& costs = shared->costs();
  for (auto& sides : rings) {
    for (auto& ring : sides) ring = Buffer<Wavelet>(costs.router_ring_words, costs.credit_cycles);
  }
}

const Buffer<Wavelet>& Router::RingFor(int color, int side) const {
  const auto partner = static_cast<size_t>(color ^ 1);
  bool swap = false;
  if (side == kWest || side == kEast) swap = shown_swap_x_[partner];
  if (side == kSouth || side == kNorth) swap = shown_swap_y_[partner];
  if (side == kRamp) swap = colors[partner].swap_x && colors[partner].swap_y;
  return rings[static_cast<size_t>(swap ? color ^ 1 : color)][static_cast<size_t>(side)];
}

Buffer<Wavelet>& Router::RingFor(int color, int side) {
  return const_cast<Buffer<Wavelet>&>(static_cast<const Router*>(this)->RingFor(color, side));
}

void Router::ShowSwaps() {
  for (size_t color = 0; color < kNumColors; ++color) {
    shown_swap_x_[color] = colors[color].swap_x;
    shown_swap_y_[color] = colors[color].swap_y;
  }
}

uint8_t Router::OutputsOf(int color, const Wavelet& wavelet, bool* asks_filter) const {
  const ColorState& state = colors[static_cast<size_t>(color)];
  uint8_t outputs = state.tx();
  *asks_filter = false;
  if ((outputs & kRampBit) == 0) return outputs;
  if (wavelet.control && IgnoresCe(wavelet.payload)) {
    return static_cast<uint8_t>(outputs & ~kRampBit);
  }
  *asks_filter = state.filter.exists() && ce->FilterEnabled(color);
  if (*asks_filter && !state.filter.Passes(wavelet)) outputs &= static_cast<uint8_t>(~kRampBit);
  return outputs;
}

bool Router::IsFree(int color, int output, int64_t t) const {
  if (output < kRamp) {
    const Router* neighbour = neighbours[static_cast<size_t>(output)];
    return neighbour->ce == nullptr || neighbour->RingFor(color, Opposite(output)).HasRoom(t);
  }
  if (output == kIo) return host->Takes(*ce, color, t);
  const int channel = ce->ChannelOfColor(color);
  return channel != kNoChannel && ce->channels[static_cast<size_t>(channel)].HasRoom(t);
}

std::optional<Router::Candidate> Router::FindCandidate(int color, int64_t t,
                                                       Fault* collision) const {
  if (IsMessageColor(color)) return FindMessage(color, t);
  const auto c = static_cast<size_t>(color);
  std::optional<Candidate> found;
  if (colors[c].teardown) return found;
  const uint8_t rx = colors[c].rx();
  for (int side = 0; side < kNumSides; ++side) {
    const Wavelet* head = rings[c][static_cast<size_t>(side)].At(t);
    if ((rx >> side & 1) == 0 || head == nullptr) continue;
    bool asks_filter = false;
    const uint8_t outputs = OutputsOf(color, *head, &asks_filter);
    bool blocked = false;
    for (int output = 0; output < kNumSides; ++output) {
      if ((outputs >> output & 1) != 0 && !IsFree(color, output, t)) blocked = true;
    }
    if (blocked) continue;
    if (found.has_value()) {
      *collision = {FaultKind::kCollision, CollisionDetail(color, found->side, side)};
      return found;
    }
    found = Candidate{side, outputs};
  }
  return found;
}

Wavelet Router::Execute(int color, const Wavelet& wavelet, int side) {
  ColorState& state = colors[static_cast<size_t>(color)];
  Wavelet out = wavelet;
  if (wavelet.control) {
    const Command command = FirstCommand(wavelet.payload);
    bool changed = false;
    if (command == Command::kSwitchAdv) changed = state.Advance();
    if (command == Command::kSwitchRst) state.Reset();
    if (command == Command::kTeardown) {
      state.teardown = true;
      ce->teardown_pending |= 1u << color;
      ce->Activate(kTeardownTask);
    }
    const image::PopMode mode = state.pop_mode;
    const bool pops = mode == image::PopMode::kAlwaysPop ||
                      (mode != image::PopMode::kNoPop && changed) ||
                      (mode == image::PopMode::kPopOnAdvanceNop && command == Command::kNop);
    if (pops) out.payload = WithoutFirstCommand(wavelet.payload);
  }
  if (wavelet.advance && side == kRamp) {
    state.Advance();
    out.advance = false;
  }
  return out;
}

std::optional<Router::Candidate> Router::FindMessage(int color, int64_t t) const {
  const int side = MessageRouter::InputOf(color);
  const Wavelet* head = rings[static_cast<size_t>(color)][static_cast<size_t>(side)].At(t);
  if (head == nullptr) return std::nullopt;
  const std::optional<int> output = messages.OutputOf(color, *head, ce->x, ce->y);
  if (!output.has_value()) return std::nullopt;
  if (!IsFree(MessageRouter::ColorTo(*output), *output, t)) return std::nullopt;
  return Candidate{side, static_cast<uint8_t>(1 << *output)};
}

void Router::MoveMessage(int color, const Candidate& candidate, int64_t t) {
  Buffer<Wavelet>& ring = rings[static_cast<size_t>(color)][static_cast<size_t>(candidate.side)];
  int output = 0;
  while ((candidate.outputs >> output & 1) == 0) ++output;
  std::optional<Wavelet> out;
  if (messages.Forward(color, output, *ring.At(t), &out)) (void)ring.Pop(t);
  shared->NoteUntil(t + 1);
  shared->last_move_cycle = t;
  if (!out.has_value()) return;
  const int to = MessageRouter::ColorTo(output);
  if (output < kRamp) {
    Router* neighbour = neighbours[static_cast<size_t>(output)];
    neighbour->RingFor(to, Opposite(output)).Push(*out, t + shared->costs().hop_cycles);
    return;
  }
  const auto channel = static_cast<size_t>(ce->ChannelOfColor(to));
  ce->channels[channel].Push(*out, t + shared->costs().ramp_cycles);
  ce->counters.touched = true;
}

void Router::Move(int color, const Candidate& candidate, int64_t t) {
  if (IsMessageColor(color)) {
    MoveMessage(color, candidate, t);
    return;
  }
  const auto c = static_cast<size_t>(color);
  const Wavelet wavelet = rings[c][static_cast<size_t>(candidate.side)].Pop(t);
  bool asks_filter = false;
  (void)OutputsOf(color, wavelet, &asks_filter);
  if (asks_filter) colors[c].filter.Count(wavelet);
  const Wavelet out = Execute(color, wavelet, candidate.side);
  for (int output = 0; output < kRamp; ++output) {
    if ((candidate.outputs >> output & 1) == 0) continue;
    Router* neighbour = neighbours[static_cast<size_t>(output)];
    neighbour->RingFor(color, Opposite(output)).Push(out, t + shared->costs().hop_cycles);
  }
  if ((candidate.outputs & kRampBit) != 0) {
    const auto channel = static_cast<size_t>(ce->ChannelOfColor(color));
    ce->channels[channel].Push(out, t + shared->costs().ramp_cycles);
    ce->counters.touched = true;
  }
  if ((candidate.outputs & kIoBit) != 0) host->Take(*ce, color, out, t);
  shared->NoteUntil(t + 1);
  shared->last_move_cycle = t;
}

Fault Router::Step(int64_t t) {
  // Everything is decided with what stands at the beginning of the step.
  std::array<std::optional<Candidate>, kNumColors> candidates;
  Fault first_collision;
  for (int color = 0; color < kNumColors; ++color) {
    Fault collision;
    candidates[static_cast<size_t>(color)] = FindCandidate(color, t, &collision);
    if (collision.ok()) continue;
    candidates[static_cast<size_t>(color)].reset();
    if (first_collision.ok()) first_collision = collision;
  }
  uint8_t taken = 0;
  int first_loser = -1;
  std::array<bool, kNumColors> wins = {};
  for (int k = 0; k < kNumColors; ++k) {
    const int color = (first_color_ + k) % kNumColors;
    const auto& candidate = candidates[static_cast<size_t>(color)];
    if (!candidate.has_value()) continue;
    if ((candidate->outputs & taken) != 0) {
      if (first_loser < 0) first_loser = color;
      continue;
    }
    taken |= candidate->outputs;
    wins[static_cast<size_t>(color)] = true;
  }
  if (first_loser >= 0) first_color_ = first_loser;
  for (int color = 0; color < kNumColors; ++color) {
    const auto c = static_cast<size_t>(color);
    if (wins[c]) Move(color, *candidates[c], t);
  }
  return first_collision;
}

bool Router::CanMove() const {
  for (int color = 0; color < kNumColors; ++color) {
    Fault collision;
    if (FindCandidate(color, kAllVisible, &collision).has_value()) return true;
  }
  return false;
}

}  // namespace csl::fabric::reference
