// SPDX-License-Identifier: Apache-2.0
// dsr.get and dsr.put: the next element of a DSR, in memory or of the fabric.
#ifndef FABRIC_PE_SINGLE_STEP_H_
#define FABRIC_PE_SINGLE_STEP_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

constexpr bool IsSingleStep(isa::Opcode opcode) {
  return opcode == isa::Opcode::kDsrGetH || opcode == isa::Opcode::kDsrGetW ||
         opcode == isa::Opcode::kDsrPutH || opcode == isa::Opcode::kDsrPutW;
}

// Whether its DSR is one of the fabric, so that it needs fabric time.
bool StepsFabric(PeState& pe, const Inst& inst);
// Whether the wavelet or the room is there (or the instruction faults). A control wavelet for
// nobody at the head of the queue is dropped, which takes a cycle. Whether the instruction that the
// main thread waits in can continue.
bool WaitIsOver(const PeState& pe);
bool FabricStepIsReady(PeState& pe, RunContext& context, const Inst& inst, int64_t now);

Fault ExecuteSingleStep(PeState& pe, RunContext& context, const Inst& inst, uint32_t* r,
                        int64_t now);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_SINGLE_STEP_H_
