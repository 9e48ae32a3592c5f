// SPDX-License-Identifier: Apache-2.0
// DSDs of which the compiler knows that they describe memory: an operation leaves the register as
// it was when it was loaded.
#ifndef COMPILER_PASSES_MEMORY_DSD_H_
#define COMPILER_PASSES_MEMORY_DSD_H_

#include <optional>

#include "compiler/ir/ir.h"
#include "fabric/isa/descriptor.h"

namespace csl::passes {

// The header of the DSD at an address, if that is a constant.
std::optional<isa::DsdHeader> ConstantDsdHeader(const ir::Module& module, const ir::Function& f,
                                                ir::ValueId address);

inline bool IsMemory(isa::DsdKind kind) {
  return kind == isa::DsdKind::kMem1d || kind == isa::DsdKind::kMem4d;
}

// A constant that describes memory.
bool IsConstantMemoryDsd(const ir::Module& module, const ir::Function& f, ir::ValueId address);

// A variable of the frame that begins as such a constant, and of which the function afterwards only
// sets fields behind the header, which says that it is memory. No pointer to it exists elsewhere.
bool IsMemoryDsdVariable(const ir::Module& module, const ir::Function& f, ir::ValueId address);

// Whether instruction `user` leaves the variable that is its operand number `operand` as it is.
bool OnlyReads(const ir::Function& f, ir::ValueId user, size_t operand);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_MEMORY_DSD_H_
