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

// The number of the channel that takes the color's wavelets; one is made if there is none (WSE-2).
// -1: none.
int ChannelForColor(PeState& pe, RunContext& context, int color);

// Binds an input queue, which may be new, to a color.
void BindInputQueue(PeState& pe, RunContext& context, int queue, int color, bool filter_enable);

// A wavelet becomes visible to the CE.
void Arrive(PeState& pe, int channel, const Wavelet& wavelet);
// A place that an output queue or a stream waits for is there.
void RoomIsThere(PeState& pe, int color, bool io);
// A TEARDOWN command was applied to a color.
void TornDown(PeState& pe, int color);
// Two inputs of a color had wavelets at once: the run ends.
void Collide(PeState& pe, RunContext& context, const router::Collision& collision);

// The CE takes the first word of a channel.
Wavelet TakeWord(PeState& pe, RunContext& context, Channel& channel, int64_t now);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_CHANNELS_H_
