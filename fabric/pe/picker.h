// SPDX-License-Identifier: Apache-2.0
// What the main thread does between tasks: choosing the next one (docs/fabric/timing.md, "Main
// thread").
#ifndef FABRIC_PE_PICKER_H_
#define FABRIC_PE_PICKER_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// Starts what is ready, if anything. Precondition: the PE is idle.
void PickTask(PeState& pe, RunContext& context, int64_t now);

// Whether PickTask would do something in the next cycle.
bool TaskIsReady(const PeState& pe, int64_t now);

// The fault ends the run when fabric time reaches `cycle`.
void FaultAt(PeState& pe, Fault fault, int64_t cycle);

// A function that the task under way still has to run behind the one that returned: handlers of
// task 29. False: none.
bool StartNextHandler(PeState& pe, int64_t now);

// Queues that @queue_flush waits for and that are empty: task 29 hears of them.
bool FlushIsDue(const PeState& pe);
void FlushQueues(PeState& pe);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_PICKER_H_
