// SPDX-License-Identifier: Apache-2.0
// Runs a PE's main thread: one switch over small inline handlers, generated from opcodes.def.
#ifndef FABRIC_PE_INTERPRETER_H_
#define FABRIC_PE_INTERPRETER_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// The cycle at which the thread's next instruction issues.
int64_t NextIssueCycle(const PeState& pe);

// Runs the thread from its current position. Instructions that others can see (NeedsFabricTime) are
// executed only if they issue at `now`, the fabric's time, or before; the thread stops in front of
// one that does not. It also stops at the first taken branch past cycle `limit`: programs without
// end come back too. It does nothing that happens in cycle `cut` or later: an operation on memory
// that would is left to pe.main_run. After Stop::kReturn the clock stands behind the return; after
// Stop::kFault pe.fault and pe.fault_position say what happened, and NextIssueCycle() when. With
// microthreads active it also stops in front of system instructions, of memory that they may share
// (PeState::shared_pages) and of faults, unless the instruction issues at `now` or before.
Stop RunAhead(PeState& pe, RunContext& context, int64_t now, int64_t limit, int64_t cut);

// Runs one instruction, which issues at `now`. A synchronous vector operation is only started
// (pe.main_run), and its groups are the caller's to step. RunAhead does so too for those that touch
// queues or FIFOs; after an asynchronous one it returns Stop::kStarted, since a microthread shares
// the PE's memory from then on.
Stop RunOne(PeState& pe, RunContext& context, int64_t now);

// Prepares the thread for a task: `function` starts at cycle `start` with an empty stack and its
// arguments in r0, r1...
Fault EnterTask(PeState& pe, uint32_t function, int64_t start, const uint32_t* args,
                size_t num_args);

// The form of a decoded instruction: the case of the switch that runs it.
uint16_t FormOf(const Inst& inst);
// That of an instruction whose operands the PE's variant may replace.
inline constexpr uint16_t kPatchedForm = 0xffff;

// Whether an image may hold this opcode.
bool IsSupported(isa::Opcode opcode);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_INTERPRETER_H_
