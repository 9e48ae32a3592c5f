// SPDX-License-Identifier: Apache-2.0
// Control flow: constant branches, blocks nothing reaches, blocks that only jump on, chains of
// blocks, parameters that always get one value.
#include <algorithm>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

bool FoldBranches(Function& f) {
  bool changed = false;
  for (BlockId block : f.order) {
    const ValueId end = f.terminator(block);
    if (f.value(end).op != Op::kCondBr) continue;
    const ValueId condition = f.operand(end, 0);
    const auto args0 = f.target_args(end, 0);
    const auto args1 = f.target_args(end, 1);
    const bool same = f.value(end).targets[0] == f.value(end).targets[1] &&
                      std::equal(args0.begin(), args0.end(), args1.begin(), args1.end());
    if (f.is_const(condition)) {
      MakeUnconditional(f, end, f.value(condition).imm != 0 ? 0 : 1);
      changed = true;
    } else if (same || f.value(condition).op == Op::kUndef) {
      MakeUnconditional(f, end, 0);
      changed = true;
    }
  }
  return changed;
}

bool DropUnreached(Function& f) {
  std::vector<bool> reached(f.num_blocks());
  std::vector<BlockId> work = {f.order.front()};
  reached[f.order.front().index] = true;
  while (!work.empty()) {
    const ValueId end = f.terminator(work.back());
    work.pop_back();
    for (size_t i = 0; i < f.num_targets(end); ++i) {
      const BlockId target = f.value(end).targets[i];
      if (!reached[target.index]) work.push_back(target);
      reached[target.index] = true;
    }
  }
  const size_t before = f.order.size();
  std::erase_if(f.order, [&](BlockId block) { return !reached[block.index]; });
  return f.order.size() != before;
}

// A parameter that every branch gives the same value (or itself) is that value.
bool FoldParams(Function& f) {
  struct Incoming {
    ValueId value;
    bool differs = false;
  };
  std::vector<std::vector<Incoming>> incoming(f.num_blocks());
  for (BlockId block : f.order) incoming[block.index].resize(f.block(block).params.size());
  for (BlockId block : f.order) {
    const ValueId end = f.terminator(block);
    for (size_t which = 0; which < f.num_targets(end); ++which) {
      const BlockId target = f.value(end).targets[which];
      const auto args = f.target_args(end, which);
      for (size_t i = 0; i < args.size(); ++i) {
        Incoming& in = incoming[target.index][i];
        if (args[i] == f.block(target).params[i]) continue;
        if (in.value.valid() && in.value != args[i]) in.differs = true;
        in.value = args[i];
      }
    }
  }
  Replacements replacements(f);
  for (BlockId block : f.order) {
    std::vector<bool> remove(f.block(block).params.size());
    bool any = false;
    for (size_t i = 0; i < remove.size(); ++i) {
      const Incoming& in = incoming[block.index][i];
      if (in.differs || !in.value.valid()) continue;
      const ValueId param = f.block(block).params[i];
      // In a cycle of parameters that name each other: leave it to the next round.
      if (replacements.Resolve(in.value) == param) continue;
      remove[i] = any = true;
      replacements.Add(param, in.value);
    }
    if (any) RemoveBlockParams(f, block, remove);
  }
  replacements.Apply(f);
  return !replacements.empty();
}

// A block with one predecessor that goes nowhere else becomes part of it.
bool MergeChains(Function& f) {
  std::vector<uint32_t> predecessors(f.num_blocks());  // of blocks that are reached: all in order
  for (BlockId block : f.order) {
    const ValueId end = f.terminator(block);
    for (size_t i = 0; i < f.num_targets(end); ++i) ++predecessors[f.value(end).targets[i].index];
  }
  std::vector<bool> gone(f.num_blocks());
  bool changed = false;
  for (BlockId block : f.order) {
    if (gone[block.index]) continue;
    for (;;) {
      const ValueId end = f.terminator(block);
      if (f.value(end).op != Op::kBr) break;
      const BlockId next = f.value(end).targets[0];
      if (next == block || next == f.order.front() || predecessors[next.index] != 1 ||
          !f.block(next).params.empty()) {
        break;
      }
      f.block(block).instructions.pop_back();
      for (ValueId id : f.block(next).instructions) {
        f.value(id).block = block;
        f.block(block).instructions.push_back(id);
      }
      f.block(next).instructions.clear();
      gone[next.index] = changed = true;
    }
  }
  std::erase_if(f.order, [&](BlockId block) { return gone[block.index]; });
  return changed;
}

// An endless loop of jumps.
bool IsEmptyCycle(const Function& f, BlockId start) {
  BlockId at = start;
  for (size_t hops = 0; hops <= f.order.size(); ++hops) {
    const auto& instructions = f.block(at).instructions;
    if (instructions.size() != 1 || f.value(instructions[0]).op != Op::kBr) return false;
    at = f.value(instructions[0]).targets[0];
  }
  return true;
}

// Where a branch to a block without instructions may go at once. The block's own parameters must
// not be read elsewhere.
// Blocks before loop headers stay: without them loops would grow together.
bool SkipEmptyBlocks(Function& f) {
  const auto only_jumps = [&f](BlockId block) {
    const auto& instructions = f.block(block).instructions;
    return instructions.size() == 1 && f.value(instructions[0]).op == Op::kBr;
  };
  if (std::none_of(f.order.begin(), f.order.end(), only_jumps)) return false;
  const ir::Dominance dominance(f);
  std::vector<bool> is_header(f.num_blocks());
  for (BlockId block : f.order) {
    for (BlockId pred : dominance.predecessors(block)) {
      if (dominance.Dominates(block, pred)) is_header[block.index] = true;
    }
  }
  // Parameters that are read in other blocks than their own.
  std::vector<bool> is_public(f.num_values());
  for (BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      for (ValueId operand : f.operands(id)) {
        if (f.value(operand).op != Op::kBlockParam) continue;
        if (f.value(operand).block != block) is_public[operand.index] = true;
      }
    }
  }
  bool changed = false;
  for (BlockId block : f.order) {
    const ValueId end = f.terminator(block);
    for (size_t which = 0; which < f.num_targets(end); ++which) {
      const BlockId empty = f.value(end).targets[which];
      if (empty == block || f.block(empty).instructions.size() != 1) continue;
      const ValueId jump = f.terminator(empty);
      if (f.value(jump).op != Op::kBr) continue;
      const BlockId target = f.value(jump).targets[0];
      if (is_header[target.index] || IsEmptyCycle(f, empty)) continue;
      const auto& params = f.block(empty).params;
      const bool has_public = std::any_of(params.begin(), params.end(),
                                          [&](ValueId param) { return is_public[param.index]; });
      if (has_public) continue;
      // Two different sets of arguments from one cond_br to one block stay apart.
      if (f.num_targets(end) == 2 && f.value(end).targets[1 - which] == target &&
          !f.operands(jump).empty()) {
        continue;
      }
      std::vector<ValueId> args;
      const auto given = f.target_args(end, which);
      for (ValueId arg : f.operands(jump)) {
        const auto it = std::find(params.begin(), params.end(), arg);
        args.push_back(it == params.end() ? arg : given[static_cast<size_t>(it - params.begin())]);
      }
      f.value(end).targets[which] = target;
      SetTargetArgs(f, end, which, args);
      changed = true;
    }
  }
  return changed;
}

}  // namespace

bool SimplifyCfg(ir::Module&, Function& f) {
  if (f.order.size() == 1 && f.num_targets(f.terminator(f.order.front())) == 0) return false;
  bool any = false;
  for (bool changed = true; changed;) {
    changed = FoldBranches(f);
    changed = DropUnreached(f) || changed;
    changed = FoldParams(f) || changed;
    changed = SkipEmptyBlocks(f) || changed;
    changed = DropUnreached(f) || changed;
    changed = MergeChains(f) || changed;
    any = any || changed;
  }
  return any;
}

}  // namespace csl::passes
