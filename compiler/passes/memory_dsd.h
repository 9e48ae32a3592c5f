// SPDX-License-Identifier: Apache-2.0
// DSDs of which the compiler knows that they describe memory: an operation leaves the register as
// it was when it was loaded.
#ifndef COMPILER_PASSES_MEMORY_DSD_H_
#define COMPILER_PASSES_MEMORY_DSD_H_

#include "compiler/ir/ir.h"

namespace csl::passes {

// A constant that describes memory.
bool IsConstantMemoryDsd(const ir::Module& module, const ir::Function& f, ir::ValueId address);

// A variable of the frame that begins as such a constant, and of which the function afterwards only
// sets fields behind the header, which says that it is memory. No pointer to it exists elsewhere.
bool IsMemoryDsdVariable(const ir::Module& module, const ir::Function& f, ir::ValueId address);

// Whether instruction `user` may change the variable that is its operand number `operand`.
bool OnlyReads(const ir::Function& f, ir::ValueId user, size_t operand);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_MEMORY_DSD_H_
