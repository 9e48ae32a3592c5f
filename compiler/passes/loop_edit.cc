// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/loop_edit.h"

#include <algorithm>

#include "compiler/passes/edit.h"

namespace csl::passes {

using ir::BlockId;
using ir::Function;
using ir::ValueId;

BlockId SplitEdge(Function& f, BlockId from, size_t which) {
  const ValueId end = f.terminator(from);
  const BlockId target = f.value(end).targets[which];
  const auto args = f.target_args(end, which);
  const std::vector<ValueId> moved(args.begin(), args.end());
  const BlockId between = f.AddBlock();
  AppendBr(f, between, target, moved, f.value(end).location);
  SetTargetArgs(f, end, which, {});
  f.value(end).targets[which] = between;
  const auto at = std::find(f.order.begin(), f.order.end(), target);
  f.order.insert(at, between);
  return between;
}

namespace {

// One block that all edges from outside the loop to its header go through.
bool MakePreheader(Function& f, const ir::Dominance& dominance, const ir::LoopInfo& loops,
                   const ir::Loop& loop) {
  std::vector<BlockId> outside;
  for (BlockId pred : dominance.predecessors(loop.header)) {
    if (!loops.Contains(loop, pred)) outside.push_back(pred);
  }
  if (outside.size() == 1 && f.num_targets(f.terminator(outside[0])) == 1) return false;
  const BlockId preheader = f.AddBlock();
  std::vector<ValueId> params;
  for (ValueId param : std::vector<ValueId>(f.block(loop.header).params)) {
    params.push_back(f.AddBlockParam(preheader, f.value(param).type));
  }
  const ir::Location location = f.value(f.block(loop.header).instructions.front()).location;
  AppendBr(f, preheader, loop.header, params, location);
  for (BlockId pred : outside) {
    const ValueId end = f.terminator(pred);
    for (size_t which = 0; which < f.num_targets(end); ++which) {
      BlockId& target = f.value(end).targets[which];
      if (target == loop.header) target = preheader;
    }
  }
  f.order.insert(std::find(f.order.begin(), f.order.end(), loop.header), preheader);
  return true;
}

bool SplitExits(Function& f, const ir::Dominance& dominance, const ir::LoopInfo& loops,
                const ir::Loop& loop) {
  bool changed = false;
  for (BlockId block : loop.blocks) {
    const ValueId end = f.terminator(block);
    for (size_t which = 0; which < f.num_targets(end); ++which) {
      const BlockId target = f.value(end).targets[which];
      // Blocks made a moment ago are unknown to `loops`, but they are exits already.
      if (target.index >= f.num_blocks() || loops.Contains(loop, target)) continue;
      const auto& preds = dominance.predecessors(target);
      if (std::all_of(preds.begin(), preds.end(),
                      [&](BlockId p) { return loops.Contains(loop, p); })) {
        continue;
      }
      SplitEdge(f, block, which);
      changed = true;
    }
  }
  return changed;
}

}  // namespace

bool NormaliseLoops(Function& f) {
  bool changed = false;
  for (bool again = true; again;) {
    again = false;
    const ir::Dominance dominance(f);
    const ir::LoopInfo loops(f, dominance);
    for (const ir::Loop& loop : loops.loops()) {
      // Both make dominance and loops stale: start over.
      if (MakePreheader(f, dominance, loops, loop) || SplitExits(f, dominance, loops, loop)) {
        again = changed = true;
        break;
      }
    }
  }
  return changed;
}

BlockId PreheaderOf(const ir::Dominance& dominance, const ir::LoopInfo& loops,
                    const ir::Loop& loop) {
  for (BlockId pred : dominance.predecessors(loop.header)) {
    if (!loops.Contains(loop, pred)) return pred;
  }
  return {};
}

bool HasCall(const ir::Function& function, const ir::Loop& loop) {
  return std::ranges::any_of(loop.blocks, [&](ir::BlockId block) {
    return std::ranges::any_of(function.block(block).instructions, [&](ir::ValueId id) {
      const ir::Op op = function.value(id).op;
      return op == ir::Op::kCall || op == ir::Op::kCallIndirect;
    });
  });
}

}  // namespace csl::passes
