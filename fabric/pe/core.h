// SPDX-License-Identifier: Apache-2.0
// The life of a PE between events: picking tasks, serving host commands, ending tasks.
//
// An engine calls Advance at the cycles NextEventCycle asks for (calls at other cycles do nothing),
// in the same order of PEs within a cycle. What reaches a PE in a cycle is delivered before.
#ifndef FABRIC_PE_CORE_H_
#define FABRIC_PE_CORE_H_

#include <cstdint>
#include <string>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

enum class Pace : uint8_t {
  kRunAhead,  // run until somebody else could see the difference
  kStep,      // one instruction, or the elements of one cycle, a call
};

// The state of a PE before its first event.
void InitPe(PeState& pe, RunContext& context, uint32_t index);

// Does what the PE has to do at `now`.
void Advance(PeState& pe, RunContext& context, int64_t now, Pace pace);

// When Advance must be called next, kNever if only an outside event can change anything.
int64_t NextEventCycle(const PeState& pe);

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
