// SPDX-License-Identifier: Apache-2.0
// Natural loops of a function: headers, blocks, nesting, as of the moment it is made.
#ifndef COMPILER_IR_LOOPS_H_
#define COMPILER_IR_LOOPS_H_

#include <vector>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ir.h"

namespace csl::ir {

struct Loop {
  BlockId header;
  std::vector<BlockId> latches;  // sources of back edges
  std::vector<BlockId> blocks;   // header first
  int parent = -1;               // index of the loop around it
  int depth = 1;
};

class LoopInfo {
 public:
  LoopInfo(const Function& function, const Dominance& dominance);

  // Outer loops before the loops inside them.
  const std::vector<Loop>& loops() const { return loops_; }
  // Innermost loop of a block, -1 if none.
  int LoopOf(BlockId block) const { return loop_of_[block.index]; }
  int DepthOf(BlockId block) const {
    return loop_of_[block.index] < 0 ? 0 : loops_[static_cast<size_t>(loop_of_[block.index])].depth;
  }
  bool Contains(const Loop& loop, BlockId block) const;

 private:
  std::vector<Loop> loops_;
  std::vector<int> loop_of_;
};

}  // namespace csl::ir

#endif  // COMPILER_IR_LOOPS_H_
