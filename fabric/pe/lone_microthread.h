// SPDX-License-Identifier: Apache-2.0
// The step of a PE whose main thread rests and whose only microthread goes one by one: what most
// steps of a busy fabric are. It does what Advance and NextEventCycle do (core.h), and looks at
// little more than two cache lines of the PE's and two of the operation's.
//
// Private to fabric/pe. Whoever changes a PE outside of a step such that more than the microthread
// may have to be looked at clears PeState::lone; arrivals need not (Step in core.h).
#ifndef FABRIC_PE_LONE_MICROTHREAD_H_
#define FABRIC_PE_LONE_MICROTHREAD_H_

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// At the end of a step, or when the PE's channels moved: sets PeState::lone.
void FindLone(PeState& pe);

// The rest of a step whose microthread has ended: the main thread's part, and the next cycle.
int64_t FinishStep(PeState& pe, RunContext& context, int64_t now);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_LONE_MICROTHREAD_H_
