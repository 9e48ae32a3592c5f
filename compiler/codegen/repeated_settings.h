// SPDX-License-Identifier: Apache-2.0
// Drops dsr.async instructions that say what the DSR has been told already, or that a DSR of memory
// ignores. Before register allocation.
#ifndef COMPILER_CODEGEN_REPEATED_SETTINGS_H_
#define COMPILER_CODEGEN_REPEATED_SETTINGS_H_

#include "compiler/codegen/machine.h"

namespace csl::codegen {

// Takes the flag ir::kLoadOfMemory out of loads: the machine does not know it.
void DropRepeatedSettings(MachineFunction& function);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_REPEATED_SETTINGS_H_
