// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/loop_memory.h"

#include "compiler/ir/ops.h"

namespace csl::passes {

LoopMemory::LoopMemory(const ir::Function& function, const ir::Loop& loop) {
  for (ir::BlockId block : loop.blocks) {
    for (ir::ValueId id : function.block(block).instructions) {
      const ir::Op op = function.value(id).op;
      const bool is_access = op == ir::Op::kLoad || op == ir::Op::kStore;
      if (is_access && AccessOf(function, id).is_placed) {
        anything = true;
      } else if (op == ir::Op::kLoad) {
        loads.push_back(id);
      } else if (op == ir::Op::kStore) {
        stores.push_back(id);
        written.push_back(AccessOf(function, id));
      } else if (ir::Has(op, ir::kReads | ir::kWrites)) {
        anything = true;
      }
    }
  }
}

bool LoopMemory::MayWrite(const Access& access) const {
  if (anything) return true;
  for (const Access& store : written) {
    if (MayAlias(store, access)) return true;
  }
  return false;
}

}  // namespace csl::passes
