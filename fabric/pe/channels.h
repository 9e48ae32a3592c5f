// SPDX-License-Identifier: Apache-2.0
// Channels of a PE: which wavelets from the router go where (docs/fabric/timing.md, "Channels").
#ifndef FABRIC_PE_CHANNELS_H_
#define FABRIC_PE_CHANNELS_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// Tells the router of a PE what is configured at the start: local colors, input queues, implicit
// channels. Needs no PeState.
void ConfigureRouter(const Program& program, uint32_t local, router::RouterShard& router);

// The PE's own view of the same, when its state is made.
void InitChannels(PeState& pe);

// A color has a task or may have one: on WSE-2 it has a channel of its own if no queue takes it.
// Call when the blocked bit of `id` changed.
void UpdateImplicitChannel(PeState& pe, RunContext& context, int id);

// The input queue that is bound to the color, -1: none.
int QueueOfColor(const PeState& pe, int color);

// The channel that a fabric input with that queue and that color reads, either of which may be none
// (isa::kNoQueue, isa::kNoColor). -1: there is none.
int ChannelOfInput(const PeState& pe, int queue, int color);

// Binds an input queue, which may be new, to a color.
void BindInputQueue(PeState& pe, RunContext& context, int queue, int color, bool filter_enable);

[[noreturn, gnu::cold]] void FailArrival(const PeState& pe, int number);
// A wavelet becomes visible to the CE, which does a step in this cycle.
[[gnu::always_inline]] inline void Arrive(PeState& pe, int number, const Wavelet& wavelet) {
  const uint32_t bit = 1u << number;
  VectorRun* const lone = pe.lone;
  if (lone != nullptr && lone->takes_arrivals && lone->inputs == bit && (pe.visible & bit) == 0 &&
      !wavelet.control) {
    lone->arrived = wavelet.payload;
    lone->has_arrived = true;
    pe.visible |= bit;
    pe.touched = true;
    return;
  }
  Channel* channel = pe.FindChannel(number);
  if (__builtin_expect(channel == nullptr, 0)) FailArrival(pe, number);
  if (channel->words.empty()) {
    pe.visible |= bit;
    if (wavelet.control) pe.control_heads |= bit;
  }
  channel->words.Push(wavelet);
  pe.touched = true;
}
// What a step does first that is not that of a lone microthread, or whose microthread waits.
inline void KeepArrived(VectorRun* lone) {
  if (!lone->has_arrived) return;
  lone->has_arrived = false;
  lone->channel->words.Push({lone->arrived, false});
}
// A place that an output queue or a stream waits for is there.
void RoomIsThere(PeState& pe, int color);
// A TEARDOWN command was applied to a color.
void TornDown(PeState& pe, int color);
// Two inputs of a color had wavelets at once: the run ends.
void Collide(PeState& pe, RunContext& context, const router::Collision& collision);

// The CE takes the first word of a channel.
[[gnu::always_inline]] inline Wavelet TakeWord(PeState& pe, RunContext& context, Channel& channel,
                                               int64_t now) {
  const Wavelet word = channel.words.Pop();
  const uint32_t bit = 1u << channel.number;
  pe.control_heads &= ~bit;
  if (channel.words.empty()) {
    pe.visible &= ~bit;
  } else if (channel.words.front().control) {
    pe.control_heads |= bit;
  }
  context.router->PopChannel(pe.local, channel.number, now);
  return word;
}

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_CHANNELS_H_
