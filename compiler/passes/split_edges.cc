// SPDX-License-Identifier: Apache-2.0
// Gives every branch of a cond_br that passes arguments a block of its own, so that the moves have
// a place.
#include "compiler/passes/loop_edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {

bool SplitEdges(ir::Module&, ir::Function& f) {
  bool changed = false;
  for (ir::BlockId block : std::vector<ir::BlockId>(f.order)) {
    const ir::ValueId end = f.terminator(block);
    if (f.value(end).op != ir::Op::kCondBr) continue;
    for (size_t which = 0; which < 2; ++which) {
      if (f.target_args(end, which).empty()) continue;
      SplitEdge(f, block, which);
      changed = true;
    }
  }
  return changed;
}

}  // namespace csl::passes
