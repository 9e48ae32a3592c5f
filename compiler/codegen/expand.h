// SPDX-License-Identifier: Apache-2.0
// After allocation: virtual become real registers, and moves, calls and returns become plain
// instructions.
#ifndef COMPILER_CODEGEN_EXPAND_H_
#define COMPILER_CODEGEN_EXPAND_H_

#include "compiler/codegen/allocate.h"
#include "compiler/codegen/machine.h"

namespace csl::codegen {

// Afterwards every instruction is kPlain. Returns how many registers the function uses, call
// windows included, or a number above isa::kMaxRegisters if a call has too many arguments for the
// window.
int Expand(MachineFunction& function, const Allocation& allocation);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_EXPAND_H_
