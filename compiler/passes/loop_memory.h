// SPDX-License-Identifier: Apache-2.0
// What a loop does to memory.
#ifndef COMPILER_PASSES_LOOP_MEMORY_H_
#define COMPILER_PASSES_LOOP_MEMORY_H_

#include <vector>

#include "compiler/ir/loops.h"
#include "compiler/passes/memory_alias.h"

namespace csl::passes {

struct LoopMemory {
  LoopMemory(const ir::Function& function, const ir::Loop& loop);

  bool MayWrite(const Access& access) const;

  std::vector<ir::ValueId> loads;
  std::vector<ir::ValueId> stores;
  std::vector<Access> written;  // by `stores`
  bool anything = false;        // calls, copies, vector operations: any memory
};

}  // namespace csl::passes

#endif  // COMPILER_PASSES_LOOP_MEMORY_H_
