// SPDX-License-Identifier: Apache-2.0
// Final control flow of a machine function: jumps to jumps go, conditions turn round where that
// saves a jump, additions before a loop's branch join it.
#ifndef COMPILER_CODEGEN_LAYOUT_BLOCKS_H_
#define COMPILER_CODEGEN_LAYOUT_BLOCKS_H_

#include "compiler/codegen/machine.h"

namespace csl::codegen {

// Precondition: expanded.
void LayoutBlocks(MachineFunction& function);

// `addi a, a, step` and a branch on a become one instruction.
void FuseLoops(MachineFunction& function);

// The branch taken exactly when this one is not. Precondition: a conditional branch.
void InvertBranch(MachineInstruction& branch);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_LAYOUT_BLOCKS_H_
