// SPDX-License-Identifier: Apache-2.0
// Merges virtual registers that moves connect and whose live ranges do not overlap, hottest moves
// first.
#ifndef COMPILER_CODEGEN_COALESCE_H_
#define COMPILER_CODEGEN_COALESCE_H_

#include <vector>

#include "compiler/codegen/liveness.h"
#include "compiler/codegen/machine.h"

namespace csl::codegen {

// The leader of every register's group; ranges and weights of leaders are of the whole group.
std::vector<Reg> Coalesce(const MachineFunction& function, Liveness& liveness);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_COALESCE_H_
