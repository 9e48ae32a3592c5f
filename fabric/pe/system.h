// SPDX-License-Identifier: Apache-2.0
// Instructions that are too rare or too long to live inside the interpreter's loop.
#ifndef FABRIC_PE_SYSTEM_H_
#define FABRIC_PE_SYSTEM_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// Executes one instruction of kind kSystem that issues at cycle `time`. Adds to *extra_cycles what
// it takes beyond its static cost.
Fault ExecuteSystem(PeState& pe, RunContext& context, const Inst& inst, uint32_t* regs,
                    int64_t time, int64_t* extra_cycles);

// Task, color (WSE-2) or input queue (WSE-3) `id` is not blocked any more.
void UnblockTask(PeState& pe, RunContext& context, int id);

// Performance counter 0 or 1; starts and stops all counters.
int64_t ReadPerformanceCounter(const PeState& pe, int number);
void EnableCounters(PeState& pe, bool enable, int64_t time);

// The command stream is free again: the I/O engine hears of it if a launch was under way.
void UnblockCommandStream(PeState& pe, RunContext& context, int64_t time);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_SYSTEM_H_
