// SPDX-License-Identifier: Apache-2.0
// The value of an operation on constants, by the machine's own arithmetic (fabric/isa/arith).
#ifndef COMPILER_PASSES_EVALUATE_H_
#define COMPILER_PASSES_EVALUATE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "compiler/ir/ir.h"

namespace csl::passes {

// Bits of the result, zero-extended; nullopt if an operand is not a constant or the operation is
// not evaluated here. `fp16_format` is what f16 is in the module.
std::optional<uint64_t> Evaluate(const ir::Function& function, ir::ValueId id,
                                 std::span<const ir::ValueId> operands,
                                 isa::Fp16Format fp16_format);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_EVALUATE_H_
