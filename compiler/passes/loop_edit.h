// SPDX-License-Identifier: Apache-2.0
// Blocks around loops: preheaders and exits of their own; what loops hold.
#ifndef COMPILER_PASSES_LOOP_EDIT_H_
#define COMPILER_PASSES_LOOP_EDIT_H_

#include "compiler/ir/dominance.h"
#include "compiler/ir/loops.h"

namespace csl::passes {

// A block on the edge from `from` (target number `which`) to its target; it passes the arguments
// on.
ir::BlockId SplitEdge(ir::Function& function, ir::BlockId from, size_t which);

// Gives every loop a preheader (the only way into the header from outside, going nowhere else) and
// makes every exit a block that only the loop goes to. Returns whether blocks were added: dominance
// and loops are stale then.
bool NormaliseLoops(ir::Function& function);

// The preheader of a loop of a normalised function.
ir::BlockId PreheaderOf(const ir::Dominance& dominance, const ir::LoopInfo& loops,
                        const ir::Loop& loop);

bool HasCall(const ir::Function& function, const ir::Loop& loop);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_LOOP_EDIT_H_
