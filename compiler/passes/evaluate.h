// SPDX-License-Identifier: Apache-2.0
// The value of an operation on constants, by the machine's own arithmetic (fabric/isa/arith).
#ifndef COMPILER_PASSES_EVALUATE_H_
#define COMPILER_PASSES_EVALUATE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "compiler/ir/ir.h"

namespace csl::passes {

// Bits of the result, zero-extended; nullopt if an operand is no constant or the operation is not
// evaluated here (16-bit floats, whose format is a matter of the image).
std::optional<uint64_t> Evaluate(const ir::Function& function, ir::ValueId id,
                                 std::span<const ir::ValueId> operands);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_EVALUATE_H_
