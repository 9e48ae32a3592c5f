// SPDX-License-Identifier: Apache-2.0
// The last step: machine blocks to encoded instructions, branch targets, relocations and lines.
#ifndef COMPILER_CODEGEN_EMIT_H_
#define COMPILER_CODEGEN_EMIT_H_

#include "compiler/codegen/machine.h"
#include "compiler/codegen/object_code.h"

namespace csl::codegen {

CodeFunction EmitFunction(const MachineFunction& function, ir::FunctionId id, int num_registers);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_EMIT_H_
