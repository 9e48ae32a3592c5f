// SPDX-License-Identifier: Apache-2.0
// Register allocation: linear scan over live ranges with holes, after registers joined by moves
// have been merged where their ranges allow. 250 registers are plenty, so spilling is rare and
// simple: what does not fit lives in the frame.
#ifndef COMPILER_CODEGEN_ALLOCATE_H_
#define COMPILER_CODEGEN_ALLOCATE_H_

#include "compiler/codegen/machine.h"

namespace csl::codegen {

// Registers given out; the ones above are for cycles of moves and calls.
inline constexpr int kAllocatable = 240;

struct Allocation {
  std::vector<Reg> real;          // by virtual register; kNoReg if never live
  std::vector<Reg> call_windows;  // by call in layout order: first register free across it
  int num_used = 0;               // registers 0 .. num_used - 1 are given out
};

// Rewrites the function with spill code until it fits `limit` registers (tests lower it).
Allocation Allocate(MachineFunction& function, int limit = kAllocatable);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_ALLOCATE_H_
