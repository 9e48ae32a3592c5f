// SPDX-License-Identifier: Apache-2.0
// Checks a module against the rules of ir_ops.def: types, operand counts, one terminator a block,
// branch arguments against parameters, definitions dominating their uses, symbols in range. Run
// after every pass.
#ifndef COMPILER_IR_VERIFIER_H_
#define COMPILER_IR_VERIFIER_H_

#include "base/status.h"
#include "compiler/ir/ir.h"

namespace csl::ir {

// kInternal with the function, the instruction's text position and the rule it breaks.
Status Verify(const Module& module);
Status Verify(const Module& module, const Function& function);

}  // namespace csl::ir

#endif  // COMPILER_IR_VERIFIER_H_
