// SPDX-License-Identifier: Apache-2.0
// Promotes local variables to values: an alloca that is only loaded and stored whole, always as one
// type. What is read before it is written is zero.
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

struct Variable {
  ValueId alloca;
  ir::Type type;
  std::vector<BlockId> stores;  // blocks, in order of the function
};

class Promotion {
 public:
  explicit Promotion(Function& function)
      : f_(function), dominance_(function), replacements_(function) {}

  bool Run();

 private:
  void FindVariables();
  void PlaceParams();
  void Rename();
  void EnterBlock(BlockId block);
  int IndexOf(ValueId address) const {
    return address.index < index_.size() ? index_[address.index] : -1;
  }

  Function& f_;
  ir::Dominance dominance_;
  Replacements replacements_;
  std::vector<Variable> variables_;
  std::vector<int> index_;  // by value: of the variable, -1 if none
  // Parameters a block got: (variable, parameter).
  std::vector<std::vector<std::pair<size_t, ValueId>>> placed_;
  std::vector<std::vector<ValueId>> current_;  // by variable: stack of values
};

void Promotion::FindVariables() {
  struct Facts {
    bool is_bad = false;
    bool has_type = false;
    ir::Type type;
  };
  std::vector<Facts> facts(f_.num_values());
  auto access = [&](ValueId id, size_t base, ir::Type type) {
    Facts& of = facts[f_.operand(id, base).index];
    const bool is_whole = f_.operands(id).size() == base + 1 && f_.value(id).imm == 0;
    if (!is_whole || (of.has_type && of.type != type)) of.is_bad = true;
    of.has_type = true;
    of.type = type;
  };
  for (BlockId block : f_.order) {
    for (ValueId id : f_.block(block).instructions) {
      const ir::Instruction& v = f_.value(id);
      const auto operands = f_.operands(id);
      for (size_t i = 0; i < operands.size(); ++i) {
        if (v.op == Op::kLoad && i == 0) {
          access(id, 0, v.type);
        } else if (v.op == Op::kStore && i == 1) {
          access(id, 1, f_.value(operands[0]).type);
        } else {
          facts[operands[i].index].is_bad = true;
        }
      }
    }
  }
  index_.assign(f_.num_values(), -1);
  for (ValueId id : f_.block(f_.order.front()).instructions) {
    if (f_.value(id).op != Op::kAlloca || facts[id.index].is_bad) continue;
    const ir::Type type = facts[id.index].has_type ? facts[id.index].type : ir::IntType(16);
    if (ir::StoreSize(type) > f_.value(id).imm) continue;
    index_[id.index] = static_cast<int>(variables_.size());
    variables_.push_back({id, type, {}});
  }
  for (BlockId block : dominance_.reverse_postorder()) {
    for (ValueId id : f_.block(block).instructions) {
      if (f_.value(id).op != Op::kStore) continue;
      const int index = IndexOf(f_.operand(id, 1));
      if (index < 0) continue;
      auto& stores = variables_[static_cast<size_t>(index)].stores;
      if (stores.empty() || stores.back() != block) stores.push_back(block);
    }
  }
}

// Blocks where different stores may meet: the iterated dominance frontier.
void Promotion::PlaceParams() {
  placed_.resize(f_.num_blocks());
  const auto frontiers = dominance_.Frontiers();
  for (size_t i = 0; i < variables_.size(); ++i) {
    std::vector<BlockId> work = variables_[i].stores;
    std::vector<bool> has_param(f_.num_blocks());
    while (!work.empty()) {
      const BlockId block = work.back();
      work.pop_back();
      for (BlockId join : frontiers[block.index]) {
        if (has_param[join.index]) continue;
        has_param[join.index] = true;
        placed_[join.index].emplace_back(i, f_.AddBlockParam(join, variables_[i].type));
        work.push_back(join);
      }
    }
  }
}

void Promotion::EnterBlock(BlockId block) {
  for (auto [variable, param] : placed_[block.index]) current_[variable].push_back(param);
  auto value_of = [&](size_t variable) {
    return current_[variable].empty() ? f_.Const(variables_[variable].type, 0)
                                      : current_[variable].back();
  };
  std::vector<ValueId> kept;
  for (ValueId id : f_.block(block).instructions) {
    const Op op = f_.value(id).op;
    const bool is_access = op == Op::kLoad || op == Op::kStore;
    const int index = is_access ? IndexOf(f_.operand(id, op == Op::kStore ? 1 : 0)) : IndexOf(id);
    if (index < 0) {
      kept.push_back(id);
    } else if (op == Op::kLoad) {
      replacements_.Add(id, value_of(static_cast<size_t>(index)));
    } else if (op == Op::kStore) {
      current_[static_cast<size_t>(index)].push_back(f_.operand(id, 0));
    }
  }
  f_.block(block).instructions = kept;
  const ValueId end = f_.terminator(block);
  for (size_t which = 0; which < f_.num_targets(end); ++which) {
    const BlockId target = f_.value(end).targets[which];
    if (placed_[target.index].empty()) continue;
    const auto old = f_.target_args(end, which);
    std::vector<ValueId> args(old.begin(), old.end());
    for (auto [variable, param] : placed_[target.index]) args.push_back(value_of(variable));
    SetTargetArgs(f_, end, which, args);
  }
}

void Promotion::Rename() {
  current_.resize(variables_.size());
  struct Step {
    BlockId block;
    size_t next_child = 0;
    std::vector<size_t> depths = {};
  };
  std::vector<Step> stack;
  auto enter = [&](BlockId block) {
    Step step{block};
    for (const auto& values : current_) step.depths.push_back(values.size());
    stack.push_back(std::move(step));
    EnterBlock(block);
  };
  enter(f_.order.front());
  while (!stack.empty()) {
    Step& step = stack.back();
    const auto& children = dominance_.children(step.block);
    if (step.next_child < children.size()) {
      enter(children[step.next_child++]);
      continue;
    }
    for (size_t i = 0; i < current_.size(); ++i) current_[i].resize(step.depths[i]);
    stack.pop_back();
  }
}

bool Promotion::Run() {
  FindVariables();
  if (variables_.empty()) return false;
  PlaceParams();
  Rename();
  replacements_.Apply(f_);
  return true;
}

}  // namespace

bool Mem2Reg(ir::Module& module, Function& f) {
  // Dead blocks have no dominators and would keep removed variables alive.
  const bool changed = SimplifyCfg(module, f);
  return Promotion(f).Run() || changed;
}

}  // namespace csl::passes
