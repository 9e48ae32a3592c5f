// SPDX-License-Identifier: Apache-2.0
// Moves registers to the frame: every read loads, every write stores.
#ifndef COMPILER_CODEGEN_SPILL_H_
#define COMPILER_CODEGEN_SPILL_H_

#include <vector>

#include "compiler/codegen/machine.h"

namespace csl::codegen {

// is_spilled: by register. New registers live for two instructions at most.
void Spill(MachineFunction& function, const std::vector<bool>& is_spilled);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_SPILL_H_
