// SPDX-License-Identifier: Apache-2.0
// The main thread inside a task.
#ifndef FABRIC_REFERENCE_MAIN_THREAD_H_
#define FABRIC_REFERENCE_MAIN_THREAD_H_

#include <cstdint>
#include <vector>

#include "fabric/reference/ce.h"

namespace csl::fabric::reference {

// Picked in t: `function` runs as a task with its arguments in r0, r1...
void StartTask(Ce& ce, int id, uint32_t function, const std::vector<uint32_t>& args, int64_t t);

// What the thread does in t.
void StepTask(Ce& ce, int64_t t);

// Whether the thread does something in t or later without anything new from outside.
bool TaskCanStep(const Ce& ce, int64_t t);

// system.cc

struct Executed {
  bool waits = false;  // nothing happened: once more in the next cycle
  int64_t extra_cycles = 0;
  Fault fault;
};
// An instruction that is neither scalar nor vector, call, return or trap.
Executed ExecuteSystem(Ce& ce, const isa::Instruction& instruction, int64_t t);
// Memory, dsr.* and fifo.*.
Executed ExecuteMemory(Ce& ce, const isa::Instruction& instruction, int64_t t);
Executed ExecuteDsr(Ce& ce, const isa::Instruction& instruction, int64_t t);
// Whether dsr.get or dsr.put finds its wavelet or its room in t. True for other instructions.
bool StepIsReady(const Ce& ce, const isa::Instruction& instruction, int64_t t);

// The command stream is free again.
void UnblockCommandStream(Ce& ce, int64_t t);
// Clock and counters on or off.
void EnableCounters(Ce& ce, bool enable, int64_t t);
int64_t ReadClock(const Ce& ce, int64_t t);
int64_t ReadCounter(const Ce& ce, size_t number);

// log_text.cc
void AppendLog(Ce& ce, int64_t t, const std::string& text);
std::string LogValueText(uint32_t bits, uint32_t format, isa::Fp16Format fp16);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_MAIN_THREAD_H_
