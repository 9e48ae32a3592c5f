// SPDX-License-Identifier: Apache-2.0
// The type rules of one instruction; part of the verifier.
#ifndef COMPILER_IR_VERIFY_TYPES_H_
#define COMPILER_IR_VERIFY_TYPES_H_

#include "compiler/ir/ir.h"

namespace csl::ir {

// The rule the instruction breaks, or nullptr. Operands exist and have values.
const char* BrokenTypeRule(const Module& module, const Function& function, ValueId id);

}  // namespace csl::ir

#endif  // COMPILER_IR_VERIFY_TYPES_H_
