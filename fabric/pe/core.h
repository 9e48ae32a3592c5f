// SPDX-License-Identifier: Apache-2.0
// The life of a PE between events: picking tasks, serving host commands, ending tasks.
//
// An engine calls Advance at the cycles NextEventCycle asks for, and when something reaches the PE;
// calls at other cycles do nothing. What reaches a PE in a cycle is delivered before.
#ifndef FABRIC_PE_CORE_H_
#define FABRIC_PE_CORE_H_

#include <cstdint>
#include <string>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// The state of a PE before its first event.
void InitPe(PeState& pe, RunContext& context, uint32_t index);

// The CE step of cycle `now` (docs/fabric/timing.md). In cycles in which the PE has nothing to do
// it changes nothing.
void Advance(PeState& pe, RunContext& context, int64_t now);

// Both at once: Advance(now), then NextEventCycle(now).
int64_t StepAll(PeState& pe, RunContext& context, int64_t now);
// The same; without a call for what most steps of a busy fabric are.
[[gnu::always_inline]] inline int64_t Step(PeState& pe, RunContext& context, int64_t now) {
  VectorRun* const run = pe.lone;
  if (run == nullptr || now >= pe.wake_cycle ||
      ((pe.visible & pe.task_channels) | pe.control_heads) != 0) {
    return StepAll(pe, context, now);
  }
  return run->lone_step(pe, context, run, now);
}

// After Advance(now): the next cycle in which Advance has something to do, kNever if only an event
// from outside can change anything: a wavelet that arrives, room in the router, a command.
int64_t NextEventCycle(PeState& pe, const RunContext& context, int64_t now);

// A debug record: the task under way starts or ends.
void LogTask(const PeState& pe, RunContext& context, int64_t cycle, bool starts);

// Inside a task, as far as fabric time has come: a task that ran ahead may already have ended.
bool InTask(const PeState& pe);

// The function of the task under way, or "host copy".
std::string TaskName(const PeState& pe);

// "P4.1", in fabric coordinates.
std::string PeName(const Machine& machine, uint32_t index);

// One line: what the PE is doing or waiting for. For the stuck report.
std::string DescribeActivity(const PeState& pe);

// "PE P4.1: memory access at ... in compute (pe.csl:12:5)".
std::string DescribeFault(const Machine& machine, const PeState& pe);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_CORE_H_
