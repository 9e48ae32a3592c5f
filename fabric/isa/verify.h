// SPDX-License-Identifier: Apache-2.0
// Checks that an executor may rely on for code it did not make itself.
#ifndef FABRIC_ISA_VERIFY_H_
#define FABRIC_ISA_VERIFY_H_

#include <cstdint>

#include "base/status.h"
#include "fabric/isa/instruction.h"

namespace csl::isa {

struct FunctionBounds {
  int num_registers = 0;          // r0..r[n-1] may be named
  uint32_t num_instructions = 0;  // branch targets lie below
  uint32_t num_functions = 0;     // function indices lie below
};

// The opcode is known, registers, DSRs, targets and functions exist, closed sets hold known values.
// DataLoss otherwise. A call's window base may be num_registers: a callee without anything to
// share.
Status CheckInstruction(const Instruction& instruction, const FunctionBounds& bounds);

}  // namespace csl::isa

#endif  // FABRIC_ISA_VERIFY_H_
