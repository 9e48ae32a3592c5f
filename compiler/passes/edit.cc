// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/edit.h"

namespace csl::passes {

using ir::BlockId;
using ir::Function;
using ir::ValueId;

void Replacements::Add(ValueId from, ValueId to) {
  if (from.index >= to_.size()) to_.resize(from.index + 1);
  to_[from.index] = to;
  any_ = true;
}

ValueId Replacements::Resolve(ValueId id) const {
  while (id.index < to_.size() && to_[id.index].valid()) id = to_[id.index];
  return id;
}

void Replacements::Apply(Function& function) const {
  if (!any_) return;
  for (BlockId block : function.order) {
    for (ValueId id : function.block(block).instructions) {
      for (ValueId& operand : function.operands(id)) operand = Resolve(operand);
    }
  }
}

std::vector<uint32_t> CountUses(const Function& function) {
  std::vector<uint32_t> uses(function.num_values());
  for (BlockId block : function.order) {
    for (ValueId id : function.block(block).instructions) {
      for (ValueId operand : function.operands(id)) ++uses[operand.index];
    }
  }
  return uses;
}

void SetTargetArgs(Function& function, ValueId terminator, size_t which,
                   const std::vector<ValueId>& args) {
  const bool is_cond = function.value(terminator).op == ir::Op::kCondBr;
  std::vector<ValueId> operands;
  if (is_cond) {
    operands.push_back(function.operand(terminator, 0));
    for (size_t t = 0; t < 2; ++t) {
      const auto old = function.target_args(terminator, t);
      if (t == which) {
        operands.insert(operands.end(), args.begin(), args.end());
      } else {
        operands.insert(operands.end(), old.begin(), old.end());
      }
    }
    if (which == 0) function.value(terminator).aux = static_cast<uint8_t>(args.size());
  } else {
    operands = args;
  }
  function.SetOperands(terminator, operands);
}

void RemoveBlockParams(Function& function, BlockId block, const std::vector<bool>& remove) {
  for (BlockId from : function.order) {
    const ValueId end = function.terminator(from);
    for (size_t which = 0; which < function.num_targets(end); ++which) {
      if (function.value(end).targets[which] != block) continue;
      std::vector<ValueId> kept;
      const auto args = function.target_args(end, which);
      for (size_t i = 0; i < args.size(); ++i) {
        if (!remove[i]) kept.push_back(args[i]);
      }
      SetTargetArgs(function, end, which, kept);
    }
  }
  std::vector<ValueId> kept;
  auto& params = function.block(block).params;
  for (size_t i = 0; i < params.size(); ++i) {
    if (remove[i]) continue;
    function.value(params[i]).imm = static_cast<int64_t>(kept.size());
    kept.push_back(params[i]);
  }
  params = kept;
}

void MakeUnconditional(Function& function, ValueId terminator, size_t which) {
  const auto args = function.target_args(terminator, which);
  const std::vector<ValueId> kept(args.begin(), args.end());
  ir::Instruction& v = function.value(terminator);
  v.op = ir::Op::kBr;
  v.targets = {v.targets[which], BlockId()};
  v.aux = 0;
  function.SetOperands(terminator, kept);
}

void AppendBr(Function& function, BlockId block, BlockId target, const std::vector<ValueId>& args,
              ir::Location location) {
  ir::Instruction br;
  br.op = ir::Op::kBr;
  br.targets[0] = target;
  br.location = location;
  Insert(function, block, function.block(block).instructions.size(), br, args);
}

ValueId Append(Function& function, BlockId block, ir::Location location, ir::Op op, ir::Type type,
               std::span<const ValueId> operands, std::vector<ValueId>& out) {
  ir::Instruction instruction;
  instruction.op = op;
  instruction.type = type;
  instruction.block = block;
  instruction.location = location;
  out.push_back(function.AddValue(instruction, operands));
  return out.back();
}

ValueId Insert(Function& function, BlockId block, size_t at, const ir::Instruction& instruction,
               std::span<const ValueId> operands) {
  ir::Instruction copy = instruction;
  copy.block = block;
  copy.num_operands = 0;
  const ValueId id = function.AddValue(copy, operands);
  auto& instructions = function.block(block).instructions;
  instructions.insert(instructions.begin() + static_cast<std::ptrdiff_t>(at), id);
  return id;
}

}  // namespace csl::passes
