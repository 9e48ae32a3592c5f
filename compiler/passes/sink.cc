// SPDX-License-Identifier: Apache-2.0
// `x + constant` moves down to its first use when all uses are in one block of the same loop: the
// old and the new value of a loop's counter then need not live side by side, and the addition can
// join the loop's branch.
#include <algorithm>

#include "compiler/ir/dominance.h"
#include "compiler/ir/loops.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

bool IsStep(const Function& f, ValueId id) {
  const Op op = f.value(id).op;
  if (op != Op::kAdd && op != Op::kPtrAdd) return false;
  return f.is_const(f.operand(id, 1));
}

}  // namespace

bool Sink(ir::Module&, Function& f) {
  const ir::Dominance dominance(f);
  const ir::LoopInfo loops(f, dominance);
  std::vector<std::vector<BlockId>> use_blocks(f.num_values());
  for (BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      for (ValueId operand : f.operands(id)) {
        auto& blocks = use_blocks[operand.index];
        if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
      }
    }
  }
  bool changed = false;
  for (BlockId block : std::vector<BlockId>(f.order)) {
    auto& here = f.block(block).instructions;
    for (size_t i = here.size(); i-- > 0;) {
      const ValueId id = here[i];
      const auto& blocks = use_blocks[id.index];
      if (!IsStep(f, id) || blocks.size() != 1) continue;
      const BlockId to = blocks[0];
      if (loops.LoopOf(to) != loops.LoopOf(block)) continue;
      auto& there = f.block(to).instructions;
      const auto reads = [&](ValueId user) {
        const auto operands = f.operands(user);
        return std::find(operands.begin(), operands.end(), id) != operands.end();
      };
      if (to == block) {
        const auto first =
            std::find_if(here.begin() + static_cast<std::ptrdiff_t>(i) + 1, here.end(), reads);
        if (first == here.begin() + static_cast<std::ptrdiff_t>(i) + 1 || first == here.end())
          continue;
        std::rotate(here.begin() + static_cast<std::ptrdiff_t>(i),
                    here.begin() + static_cast<std::ptrdiff_t>(i) + 1, first);
        changed = true;
        continue;
      }
      const auto first = std::find_if(there.begin(), there.end(), reads);
      if (first == there.end()) continue;
      there.insert(first, id);
      f.value(id).block = to;
      here.erase(here.begin() + static_cast<std::ptrdiff_t>(i));
      changed = true;
    }
  }
  return changed;
}

}  // namespace csl::passes
