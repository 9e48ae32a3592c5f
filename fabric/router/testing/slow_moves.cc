// SPDX-License-Identifier: Apache-2.0
// What the wavelets do that move.
#include <algorithm>

#include "fabric/router/testing/commands.h"
#include "fabric/router/testing/slow_fabric.h"

namespace csl::fabric::router::testing {

using image::ColorConfig;
using image::FilterKind;
using image::PopMode;

void SlowFabric::Apply(const Move& move, int64_t t, StepResults* results) {
  const int color = move.what.color;
  Color& c = Use(move.pe, color);
  Ring& ring = c.rings[static_cast<size_t>(move.what.input)];
  Wavelet wavelet = ring.wavelets[0].wavelet;
  ring.wavelets.pop_front();
  --ring.store.words;
  ring.store.gone_at.push_back(t + costs_.credit_cycles);
  SeeMove(c, move.what, wavelet);
  const bool ignores_ce = wavelet.control && Commands(wavelet.payload).list[0].ce_ignore;
  const bool to_ce = (OutputsOfRoute(c) & image::kRamp) != 0 && !ignores_ce;
  if (c.filter_enable && to_ce) Count(&c, wavelet);
  if (wavelet.control) wavelet.payload = Obey(move.pe, color, wavelet.payload, results);
  if (wavelet.advance && move.what.input == Side::kRamp) {
    See(Feature::kAdvanceBit);
    Advance(&c);
    wavelet.advance = false;
  }
  for (const Side output : move.what.outputs) Send(move.pe, color, output, wavelet, t, results);
}

// The command of a control wavelet; returns the payload of its copies.
uint32_t SlowFabric::Obey(int pe, int color, uint32_t payload, StepResults* results) {
  Color& c = Use(pe, color);
  Commands commands(payload);
  const Opcode opcode = commands.list[0].opcode;
  bool has_moved = false;
  if (opcode == Opcode::kAdvance) has_moved = Advance(&c);
  if (opcode == Opcode::kReset) {
    See(Feature::kReset);
    c.config.current_position = 0;
  }
  if (opcode == Opcode::kTeardown) {
    See(Feature::kTeardown);
    c.config.teardown = true;
    results->teardowns.push_back({static_cast<uint32_t>(pe), static_cast<uint8_t>(color)});
  }
  const PopMode mode = c.config.pop_mode;
  const bool on_advance = mode == PopMode::kPopOnAdvance || mode == PopMode::kPopOnAdvanceNop;
  if (mode == PopMode::kAlwaysPop) {
    See(Feature::kPopAlways);
  } else if (on_advance && has_moved) {
    See(Feature::kPopOnAdvance);
  } else if (mode == PopMode::kPopOnAdvanceNop && opcode == Opcode::kNop) {
    See(Feature::kPopOnNop);
  } else {
    See(mode == PopMode::kNoPop      ? Feature::kNoPop
        : opcode == Opcode::kAdvance ? Feature::kNoPopOnAdvanceAtTheEnd
                                     : Feature::kNoPopOnOther);
    return payload;
  }
  commands.Pop();
  return commands.Into(payload);
}

void SlowFabric::Send(int pe, int color, Side output, const Wavelet& wavelet, int64_t t,
                      StepResults* results) {
  const auto pe_index = static_cast<uint32_t>(pe);
  const auto color_index = static_cast<uint8_t>(color);
  if (output == Side::kIo) {
    See(Feature::kIoOut);
    results->departures.push_back({pe_index, color_index, wavelet});
    return;
  }
  if (output == Side::kRamp) {
    const int channel = Use(pe, color).channel;
    ++routers_[static_cast<size_t>(pe)].channels[static_cast<size_t>(channel)].store.words;
    results->landings.push_back({pe_index, color_index, static_cast<uint8_t>(channel), wavelet});
    return;
  }
  ++num_hops_;
  if (const int x = pe % width_;
      (output == Side::kEast && x % 64 == 63) || (output == Side::kWest && x % 64 == 0 && x > 0)) {
    See(Feature::kWordCrossed);
  }
  Ring* ring = RingBeyond(pe, color, output);
  See(ring != nullptr ? Feature::kHop : Feature::kBeyondEdge);
  if (ring == nullptr) return;
  ++ring->store.words;
  ring->wavelets.push_back({wavelet, t + costs_.hop_cycles});
}

// Counts the features of a move that is about to happen.
void SlowFabric::SeeMove(const Color& c, const Candidate& what, const Wavelet& wavelet) const {
  const ColorConfig& config = c.config;
  const image::Route& position = config.positions[config.current_position];
  if (position.rx == image::kInherited) See(Feature::kInheritedInput);
  if (position.tx == image::kInherited) See(Feature::kInheritedOutput);
  const bool to_ramp = std::ranges::count(what.outputs, Side::kRamp) > 0;
  if (what.outputs.empty()) See(Feature::kDropWithoutOutput);
  if (what.outputs.size() > 1) See(to_ramp ? Feature::kMulticastToRamp : Feature::kMulticast);
  if (wavelet.control && Commands(wavelet.payload).list[0].ce_ignore &&
      (OutputsOfRoute(c) & image::kRamp) != 0) {
    See(Feature::kCeIgnored);
    return;
  }
  if (config.filter.kind == FilterKind::kNone || (OutputsOfRoute(c) & image::kRamp) == 0) return;
  if (!c.filter_enable) {
    See(Feature::kFilterOffByQueue);
  } else if (config.filter.kind == FilterKind::kRange) {
    See(to_ramp ? Feature::kRangePassed : Feature::kRangeRejected);
  } else {
    See(to_ramp ? Feature::kCounterPassed : Feature::kCounterRejected);
    if (!to_ramp && config.filter.filter_control) See(Feature::kFilterControlRejected);
  }
}

}  // namespace csl::fabric::router::testing
