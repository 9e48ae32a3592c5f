// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/dominance.h"

#include <algorithm>

namespace csl::ir {

Dominance::Dominance(const Function& function)
    : position_(function.num_blocks(), kNone),
      preds_(function.num_blocks()),
      idom_(function.num_blocks()),
      children_(function.num_blocks()),
      enter_(function.num_blocks(), 0),
      leave_(function.num_blocks(), 0) {
  if (function.order.empty()) return;
  Number(function);
  Solve();
}

void Dominance::Number(const Function& function) {
  struct Frame {
    BlockId block;
    size_t next = 0;
  };
  std::vector<Frame> stack = {{function.order.front()}};
  std::vector<bool> seen(function.num_blocks());
  seen[function.order.front().index] = true;
  while (!stack.empty()) {
    const BlockId block = stack.back().block;
    const ValueId end = function.terminator(block);
    const size_t count = function.num_targets(end);
    if (stack.back().next == count) {
      rpo_.push_back(block);
      stack.pop_back();
      continue;
    }
    // The second target first, so that the first one comes early in reverse postorder.
    const BlockId target = function.value(end).targets[count - 1 - stack.back().next++];
    preds_[target.index].push_back(block);
    if (!seen[target.index]) {
      seen[target.index] = true;
      stack.push_back({target});
    }
  }
  std::reverse(rpo_.begin(), rpo_.end());
  for (uint32_t i = 0; i < rpo_.size(); ++i) position_[rpo_[i].index] = i;
}

// Cooper, Harvey, Kennedy: iterate to the fixed point in reverse postorder.
void Dominance::Solve() {
  const BlockId entry = rpo_.front();
  idom_[entry.index] = entry;
  auto intersect = [&](BlockId a, BlockId b) {
    while (a != b) {
      while (position_[a.index] > position_[b.index]) a = idom_[a.index];
      while (position_[b.index] > position_[a.index]) b = idom_[b.index];
    }
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 1; i < rpo_.size(); ++i) {
      BlockId common;
      for (BlockId pred : preds_[rpo_[i].index]) {
        if (!idom_[pred.index].valid()) continue;
        common = common.valid() ? intersect(common, pred) : pred;
      }
      if (idom_[rpo_[i].index] != common) {
        idom_[rpo_[i].index] = common;
        changed = true;
      }
    }
  }
  for (size_t i = 1; i < rpo_.size(); ++i) {
    children_[idom_[rpo_[i].index].index].push_back(rpo_[i]);
  }
  idom_[entry.index] = BlockId();
  uint32_t clock = 0;
  std::vector<std::pair<BlockId, size_t>> stack = {{entry, 0}};
  enter_[entry.index] = clock++;
  while (!stack.empty()) {
    auto& [block, next] = stack.back();
    if (next == children_[block.index].size()) {
      leave_[block.index] = clock++;
      stack.pop_back();
      continue;
    }
    const BlockId child = children_[block.index][next++];
    enter_[child.index] = clock++;
    stack.emplace_back(child, 0);
  }
}

bool Dominance::Dominates(BlockId a, BlockId b) const {
  return enter_[a.index] <= enter_[b.index] && leave_[b.index] <= leave_[a.index];
}

std::vector<std::vector<BlockId>> Dominance::Frontiers() const {
  std::vector<std::vector<BlockId>> frontiers(preds_.size());
  for (BlockId block : rpo_) {
    if (preds_[block.index].size() < 2) continue;
    for (BlockId runner : preds_[block.index]) {
      while (runner.valid() && runner != idom_[block.index]) {
        auto& frontier = frontiers[runner.index];
        if (frontier.empty() || frontier.back() != block) frontier.push_back(block);
        runner = idom_[runner.index];
      }
    }
  }
  return frontiers;
}

}  // namespace csl::ir
