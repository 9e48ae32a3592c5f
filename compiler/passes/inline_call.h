// SPDX-License-Identifier: Apache-2.0
// One call replaced by a copy of the function it calls.
#ifndef COMPILER_PASSES_INLINE_CALL_H_
#define COMPILER_PASSES_INLINE_CALL_H_

#include "compiler/ir/ir.h"

namespace csl::passes {

// The call is instruction `position` of the block `caller.order[order_index]`. Splits that block
// behind the call and puts the callee's blocks between the two halves.
void InlineCall(ir::Function& caller, const ir::Function& callee, size_t order_index,
                size_t position);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_INLINE_CALL_H_
