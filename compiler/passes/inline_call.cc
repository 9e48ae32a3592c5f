// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/inline_call.h"

#include "compiler/passes/edit.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

class Copier {
 public:
  Copier(Function& caller, const Function& callee)
      : caller_(caller),
        callee_(callee),
        values_(callee.num_values()),
        blocks_(callee.num_blocks()) {}

  // The call ends `before` (its instructions up to the call are left there); `after` takes the
  // result, if any, as its parameter.
  void Run(ValueId call, BlockId before, BlockId after) {
    const auto args = caller_.operands(call);
    for (size_t i = 0; i < callee_.params.size(); ++i) values_[callee_.params[i].index] = args[i];
    for (BlockId block : callee_.order) {
      blocks_[block.index] = caller_.AddBlock();
      for (ValueId param : callee_.block(block).params) {
        values_[param.index] =
            caller_.AddBlockParam(blocks_[block.index], callee_.value(param).type);
      }
    }
    const ir::Location location = caller_.value(call).location;
    AppendBr(caller_, before, blocks_[callee_.order.front().index], {}, location);
    // Values before their uses in two rounds: blocks are not in order of dominance.
    for (BlockId block : callee_.order) {
      for (ValueId id : callee_.block(block).instructions) CopyShell(id, blocks_[block.index]);
    }
    for (BlockId block : callee_.order) {
      for (ValueId id : callee_.block(block).instructions) CopyOperands(id, after);
    }
  }
  const std::vector<BlockId>& blocks() const { return blocks_; }

 private:
  void CopyShell(ValueId id, BlockId block) {
    ir::Instruction copy = callee_.value(id);
    if (copy.op == Op::kAlloca) {
      values_[id.index] = Insert(caller_, caller_.order.front(), 0, copy, {});
      return;
    }
    if (copy.op == Op::kDsdOp) {
      caller_.dsd_ops.push_back(callee_.dsd_ops[static_cast<size_t>(copy.imm)]);
      copy.imm = static_cast<int64_t>(caller_.dsd_ops.size()) - 1;
    }
    for (BlockId& target : copy.targets) {
      if (target.valid()) target = blocks_[target.index];
    }
    const size_t end = caller_.block(block).instructions.size();
    values_[id.index] = Insert(caller_, block, end, copy, {});
  }

  void CopyOperands(ValueId id, BlockId after) {
    if (callee_.value(id).op == Op::kAlloca) return;
    std::vector<ValueId> operands;
    for (ValueId operand : callee_.operands(id)) operands.push_back(Map(operand));
    const ValueId copy = values_[id.index];
    caller_.SetOperands(copy, operands);
    ir::Instruction& v = caller_.value(copy);
    if (v.op != Op::kRet) return;
    v.op = Op::kBr;
    v.targets[0] = after;
  }

  ValueId Map(ValueId id) {
    if (values_[id.index].valid()) return values_[id.index];
    const ir::Instruction& v = callee_.value(id);
    switch (v.op) {
      case Op::kConst:
        return caller_.Const(v.type, static_cast<uint64_t>(v.imm));
      case Op::kGlobalAddr:
        return caller_.GlobalAddr(ir::GlobalId(v.symbol), v.imm);
      case Op::kFuncAddr:
        return caller_.FuncAddr(ir::FunctionId(v.symbol));
      default:
        return caller_.Undef(v.type);
    }
  }

  Function& caller_;
  const Function& callee_;
  std::vector<ValueId> values_;
  std::vector<BlockId> blocks_;
};

}  // namespace

void InlineCall(Function& caller, const Function& callee, size_t order_index, size_t position) {
  const BlockId before = caller.order[order_index];
  const ValueId call = caller.block(before).instructions[position];
  const BlockId after = caller.AddBlock();
  auto& old = caller.block(before).instructions;
  std::vector<ValueId> rest(old.begin() + static_cast<std::ptrdiff_t>(position) + 1, old.end());
  old.resize(position);
  for (ValueId id : rest) caller.value(id).block = after;
  caller.block(after).instructions = std::move(rest);
  Copier copier(caller, callee);
  copier.Run(call, before, after);
  std::vector<BlockId> order(caller.order.begin(),
                             caller.order.begin() + static_cast<std::ptrdiff_t>(order_index) + 1);
  for (BlockId block : callee.order) order.push_back(copier.blocks()[block.index]);
  order.push_back(after);
  order.insert(order.end(), caller.order.begin() + static_cast<std::ptrdiff_t>(order_index) + 1,
               caller.order.end());
  caller.order = order;
  if (callee.result.is_void()) return;
  const ValueId result = caller.AddBlockParam(after, callee.result);
  Replacements replacements(caller);
  replacements.Add(call, result);
  replacements.Apply(caller);
}

}  // namespace csl::passes
