// SPDX-License-Identifier: Apache-2.0
// Removes values nobody needs: what neither has an effect nor feeds something that has, block
// parameters included.
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

class Marker {
 public:
  explicit Marker(const Function& function) : f_(function), live_(function.num_values()) {}

  std::vector<bool> Run() {
    for (BlockId block : f_.order) {
      for (ValueId id : f_.block(block).instructions) {
        const Op op = f_.value(id).op;
        if (!ir::HasEffect(op)) continue;
        Mark(id);
        if (!ir::EndsBlock(op)) continue;
        // Arguments live only if the parameter does; the condition and a returned value always.
        const bool is_br = f_.num_targets(id) > 0;
        const auto operands = f_.operands(id);
        const size_t fixed = op == Op::kCondBr ? 1 : is_br ? 0 : operands.size();
        for (size_t i = 0; i < fixed; ++i) Mark(operands[i]);
        for (size_t which = 0; which < f_.num_targets(id); ++which) {
          branches_to_.emplace_back(id, which);
        }
      }
    }
    Propagate();
    return std::move(live_);
  }

 private:
  void Mark(ValueId id) {
    if (live_[id.index]) return;
    live_[id.index] = true;
    work_.push_back(id);
  }
  void Propagate();

  const Function& f_;
  std::vector<bool> live_;
  std::vector<ValueId> work_;
  std::vector<std::pair<ValueId, size_t>> branches_to_;
};

void Marker::Propagate() {
  // Branches by target, for parameters that become live.
  std::vector<std::vector<std::pair<ValueId, size_t>>> by_target(f_.num_blocks());
  for (auto [end, which] : branches_to_) {
    by_target[f_.value(end).targets[which].index].emplace_back(end, which);
  }
  while (!work_.empty()) {
    const ValueId id = work_.back();
    work_.pop_back();
    const ir::Instruction& v = f_.value(id);
    if (v.op == Op::kBlockParam) {
      for (auto [end, which] : by_target[v.block.index]) {
        Mark(f_.target_args(end, which)[static_cast<size_t>(v.imm)]);
      }
    } else if (!ir::EndsBlock(v.op)) {
      for (ValueId operand : f_.operands(id)) Mark(operand);
    }
  }
}

}  // namespace

bool DeadCode(ir::Module&, Function& f) {
  const std::vector<bool> live = Marker(f).Run();
  bool changed = false;
  for (BlockId block : f.order) {
    auto& instructions = f.block(block).instructions;
    changed =
        std::erase_if(instructions, [&](ValueId id) { return !live[id.index]; }) > 0 || changed;
  }
  for (BlockId block : f.order) {
    const auto& params = f.block(block).params;
    std::vector<bool> remove(params.size());
    bool any = false;
    for (size_t i = 0; i < params.size(); ++i) {
      if (!live[params[i].index]) remove[i] = any = true;
    }
    if (any) RemoveBlockParams(f, block, remove);
    changed = changed || any;
  }
  return changed;
}

}  // namespace csl::passes
