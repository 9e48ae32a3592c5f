// SPDX-License-Identifier: Apache-2.0
// A loop that tests at its top gets a copy of the test before the loop and one at its end, so that
// an iteration ends in one conditional branch. Values of the test block that others read go through
// memory for a moment; mem2reg brings them back as block parameters.
#include <algorithm>

#include "compiler/ir/dominance.h"
#include "compiler/ir/loops.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/loop_edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// Test blocks with more instructions than this are not copied.
constexpr size_t kMaxTestSize = 12;

bool IsTopTested(const Function& f, const ir::LoopInfo& loops, const ir::Loop& loop) {
  const ValueId end = f.terminator(loop.header);
  if (f.value(end).op != Op::kCondBr) return false;
  if (f.block(loop.header).instructions.size() > kMaxTestSize) return false;
  // A latch that decides already ends the iteration as it should; without this, loops with several
  // exits would turn for ever.
  for (BlockId latch : loop.latches) {
    if (f.num_targets(f.terminator(latch)) != 1) return false;
  }
  const auto& targets = f.value(end).targets;
  const bool in0 = loops.Contains(loop, targets[0]);
  const bool in1 = loops.Contains(loop, targets[1]);
  // A header that is its own latch tests at the end already.
  return in0 != in1 && targets[0] != loop.header && targets[1] != loop.header;
}

// Makes a value live in a slot of the frame outside its block; returns the slot.
ValueId Demote(Function& f, ValueId value, BlockId home) {
  ir::Instruction slot;
  slot.op = Op::kAlloca;
  slot.type = ir::kPointerType;
  slot.imm = ir::StoreSize(f.value(value).type);
  slot.aux = 4;
  const ValueId alloca = Insert(f, f.order.front(), 0, slot, {});
  for (BlockId block : f.order) {
    if (block == home) continue;
    for (size_t i = 0; i < f.block(block).instructions.size(); ++i) {
      const ValueId user = f.block(block).instructions[i];
      const auto operands = f.operands(user);
      if (std::find(operands.begin(), operands.end(), value) == operands.end()) continue;
      ir::Instruction load;
      load.op = Op::kLoad;
      load.type = f.value(value).type;
      load.location = f.value(user).location;
      const ValueId loaded = Insert(f, block, i, load, std::array{alloca});
      for (ValueId& operand : f.operands(user)) {
        if (operand == value) operand = loaded;
      }
      ++i;
    }
  }
  return alloca;
}

struct Demoted {
  ValueId value;
  ValueId slot;
};

std::vector<Demoted> DemoteValues(Function& f, BlockId header) {
  std::vector<bool> used(f.num_values());
  for (BlockId block : f.order) {
    if (block == header) continue;
    for (ValueId id : f.block(block).instructions) {
      for (ValueId operand : f.operands(id)) used[operand.index] = true;
    }
  }
  std::vector<ValueId> values = f.block(header).params;
  for (ValueId id : f.block(header).instructions) values.push_back(id);
  std::vector<Demoted> out;
  for (ValueId id : values) {
    if (used[id.index]) out.push_back({id, Demote(f, id, header)});
  }
  return out;
}

// The header's instructions in place of a jump to it.
void CopyInto(Function& f, BlockId pred, BlockId header, const std::vector<Demoted>& demoted) {
  const ValueId jump = f.terminator(pred);
  std::vector<ValueId> mapped(f.num_values());
  const auto& params = f.block(header).params;
  for (size_t i = 0; i < params.size(); ++i) mapped[params[i].index] = f.operand(jump, i);
  f.block(pred).instructions.pop_back();
  auto append = [&](const ir::Instruction& instruction, std::span<const ValueId> operands) {
    return Insert(f, pred, f.block(pred).instructions.size(), instruction, operands);
  };
  auto store = [&](ValueId original, ValueId copy) {
    for (const Demoted& d : demoted) {
      if (d.value != original) continue;
      ir::Instruction instruction;
      instruction.op = Op::kStore;
      append(instruction, std::array{copy, d.slot});
    }
  };
  for (ValueId param : params) store(param, mapped[param.index]);
  for (ValueId id : std::vector<ValueId>(f.block(header).instructions)) {
    std::vector<ValueId> operands;
    for (ValueId operand : f.operands(id)) {
      const ValueId to = mapped[operand.index];
      operands.push_back(to.valid() ? to : operand);
    }
    ir::Instruction copy = f.value(id);
    if (copy.op == Op::kDsdOp) {
      f.dsd_ops.push_back(f.dsd_ops[static_cast<size_t>(copy.imm)]);
      copy.imm = static_cast<int64_t>(f.dsd_ops.size()) - 1;
    }
    mapped[id.index] = append(copy, operands);
    store(id, mapped[id.index]);
  }
}

bool InvertOne(Function& f) {
  const ir::Dominance dominance(f);
  const ir::LoopInfo loops(f, dominance);
  for (const ir::Loop& loop : loops.loops()) {
    if (!IsTopTested(f, loops, loop)) continue;
    const std::vector<BlockId> preds = dominance.predecessors(loop.header);
    const BlockId header = loop.header;
    // Edges from conditional branches get a block to copy into.
    std::vector<BlockId> places;
    for (BlockId pred : preds) {
      const ValueId end = f.terminator(pred);
      if (f.num_targets(end) == 1) {
        places.push_back(pred);
        continue;
      }
      for (size_t which = 0; which < 2; ++which) {
        if (f.value(end).targets[which] == header) places.push_back(SplitEdge(f, pred, which));
      }
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    const std::vector<Demoted> demoted = DemoteValues(f, header);
    for (BlockId place : places) CopyInto(f, place, header, demoted);
    std::erase(f.order, header);
    return true;
  }
  return false;
}

}  // namespace

bool InvertLoops(ir::Module& module, Function& f) {
  bool changed = false;
  // Every loop is inverted at most once: afterwards its latches decide.
  while (InvertOne(f)) {
    Mem2Reg(module, f);
    changed = true;
  }
  return changed;
}

}  // namespace csl::passes
