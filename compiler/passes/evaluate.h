// SPDX-License-Identifier: Apache-2.0
// The value of an operation on constants, by the machine's own arithmetic (fabric/isa/arith).
#ifndef COMPILER_PASSES_EVALUATE_H_
#define COMPILER_PASSES_EVALUATE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "compiler/ir/ir.h"

namespace csl::passes {

struct Constant {
  ir::Type type;
  uint64_t bits = 0;  // zero-extended
};

// Bits of the result of one operation, which may exceed its type; nullopt if the operation is not
// evaluated here.
std::optional<uint64_t> Evaluate(ir::Op op, ir::Type result, std::span<const Constant> operands,
                                 isa::Fp16Format fp16_format);

// The same of an instruction of a function; nullopt if an operand is not a constant or the
// operation is not evaluated. `fp16_format` is what f16 is in the module.
std::optional<uint64_t> Evaluate(const ir::Function& function, ir::ValueId id,
                                 std::span<const ir::ValueId> operands,
                                 isa::Fp16Format fp16_format);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_EVALUATE_H_
