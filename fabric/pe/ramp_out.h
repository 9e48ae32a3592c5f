// SPDX-License-Identifier: Apache-2.0
// The part of the CE step that moves words from output queues to the router (docs/fabric/timing.md,
// "Ramp out"). Private to fabric/pe; in a header so that it lies within its callers.
#ifndef FABRIC_PE_RAMP_OUT_H_
#define FABRIC_PE_RAMP_OUT_H_

#include <algorithm>
#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// Serves the queue, which holds a word, if it can be served.
[[gnu::always_inline]] inline bool ServeOutput(PeState& pe, RunContext& context, OutputQueue& queue,
                                               int64_t now) {
  if (!queue.words.FrontMayLeave(now, context.ramp_out_cycles)) return false;
  const OutputWord head = queue.words.front();
  if (!context.router->TryPushRamp(pe.local, head.color, head.wavelet(), now)) {
    if (!queue.waits_for_room) context.router->WaitForRampRoom(pe.local, head.color);
    queue.waits_for_room = true;
    return false;
  }
  queue.words.Drop();
  queue.waits_for_room = false;
  context.acted_until = now + 1;
  const unsigned bit = 1u << queue.number;
  pe.output_full &= static_cast<uint8_t>(~bit);
  if (queue.words.empty()) pe.output_words &= static_cast<uint8_t>(~bit);
  pe.next_output_queue = static_cast<uint8_t>((queue.number + 1) & 7);
  return true;
}

// The next cycle in which the first word of the queue may leave, if nothing happens outside of the
// PE.
[[gnu::always_inline]] inline int64_t NextRampCycleOf(const RunContext& context,
                                                      const OutputQueue& queue, int64_t now) {
  if (queue.waits_for_room) return kNever;  // the router will tell
  return queue.words.FrontMayLeaveFrom(now, context.ramp_out_cycles);
}

// Of all queues.
void RampOut(PeState& pe, RunContext& context, int64_t now);
int64_t NextRampCycle(const PeState& pe, const RunContext& context, int64_t now);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_RAMP_OUT_H_
