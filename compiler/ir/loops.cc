// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/loops.h"

#include <algorithm>

namespace csl::ir {

LoopInfo::LoopInfo(const Function& function, const Dominance& dominance)
    : loop_of_(function.num_blocks(), -1) {
  // Headers in reverse postorder: an outer loop's header comes before those inside.
  for (BlockId header : dominance.reverse_postorder()) {
    Loop loop;
    loop.header = header;
    for (BlockId pred : dominance.predecessors(header)) {
      const bool is_known =
          std::find(loop.latches.begin(), loop.latches.end(), pred) != loop.latches.end();
      if (dominance.Dominates(header, pred) && !is_known) loop.latches.push_back(pred);
    }
    if (loop.latches.empty()) continue;
    std::vector<bool> inside(function.num_blocks());
    inside[header.index] = true;
    loop.blocks.push_back(header);
    std::vector<BlockId> work = loop.latches;
    while (!work.empty()) {
      const BlockId block = work.back();
      work.pop_back();
      if (inside[block.index]) continue;
      inside[block.index] = true;
      loop.blocks.push_back(block);
      for (BlockId pred : dominance.predecessors(block)) work.push_back(pred);
    }
    loop.parent = loop_of_[header.index];
    if (loop.parent >= 0) loop.depth = loops_[static_cast<size_t>(loop.parent)].depth + 1;
    const int index = static_cast<int>(loops_.size());
    for (BlockId block : loop.blocks) loop_of_[block.index] = index;
    loops_.push_back(std::move(loop));
  }
}

bool LoopInfo::Contains(const Loop& loop, BlockId block) const {
  const int wanted = static_cast<int>(&loop - loops_.data());
  for (int i = loop_of_[block.index]; i >= 0; i = loops_[static_cast<size_t>(i)].parent) {
    if (i == wanted) return true;
  }
  return false;
}

}  // namespace csl::ir
