// SPDX-License-Identifier: Apache-2.0
// Predecessors, reverse postorder and the dominator tree of a function, as of the moment it is
// made.
#ifndef COMPILER_IR_DOMINANCE_H_
#define COMPILER_IR_DOMINANCE_H_

#include <vector>

#include "compiler/ir/ir.h"

namespace csl::ir {

// Indexed by BlockId::index; blocks that nothing reaches have no position (kNone) and no
// predecessors from dead blocks.
class Dominance {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  explicit Dominance(const Function& function);

  const std::vector<BlockId>& reverse_postorder() const { return rpo_; }
  const std::vector<BlockId>& predecessors(BlockId block) const { return preds_[block.index]; }
  bool IsReachable(BlockId block) const { return position_[block.index] != kNone; }
  // Not valid for the entry block.
  BlockId ImmediateDominator(BlockId block) const { return idom_[block.index]; }
  bool Dominates(BlockId a, BlockId b) const;  // reflexive; both reachable
  // Blocks whose immediate dominator is the block.
  const std::vector<BlockId>& children(BlockId block) const { return children_[block.index]; }
  // Dominance frontier of every block, computed on demand.
  std::vector<std::vector<BlockId>> Frontiers() const;

 private:
  void Number(const Function& function);
  void Solve();

  std::vector<BlockId> rpo_;
  std::vector<uint32_t> position_;
  std::vector<std::vector<BlockId>> preds_;
  std::vector<BlockId> idom_;
  std::vector<std::vector<BlockId>> children_;
  std::vector<uint32_t> enter_, leave_;  // of the dominator tree walk
};

}  // namespace csl::ir

#endif  // COMPILER_IR_DOMINANCE_H_
