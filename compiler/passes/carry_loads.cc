// SPDX-License-Identifier: Apache-2.0
// What an iteration loads and the next one would load again is carried over in a value: the least
// element so far in a search, the neighbours of a stencil. A load in a loop's header whose address
// follows one of the header's parameters becomes a parameter itself, if every way round the loop
// has already loaded what the next iteration wants.
#include <algorithm>
#include <map>
#include <optional>

#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/loop_edit.h"
#include "compiler/passes/loop_memory.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// Parameters that one load may add.
constexpr size_t kMaxParams = 4;

// The address of a load, apart from the operand that varies.
struct Shape {
  ir::Type type;
  ValueId other;        // the other operand, if there are two
  size_t position = 0;  // of the varying operand
  uint8_t scale = 0;
  int64_t offset = 0;
};

class Carrier {
 public:
  explicit Carrier(Function& function)
      : f_(function), dominance_(function), loops_(function, dominance_) {}

  // One load; dominance and loops are stale then.
  bool CarryOne();

 private:
  // How a value at the end of `from` is had: a loaded value, or a parameter of a block to be made.
  struct Source {
    ValueId value;
    BlockId param_of;
  };

  bool Try(const ir::Loop& loop, const LoopMemory& memory, ValueId load);
  std::optional<Source> Resolve(ValueId wanted, BlockId from);
  ValueId LoadedAt(ValueId wanted, BlockId from) const;
  bool IsLoadOf(ValueId load, ValueId varying, int64_t offset) const;
  bool PlanParam(BlockId block, ValueId wanted);
  void Commit();

  Function& f_;
  ir::Dominance dominance_;
  ir::LoopInfo loops_;

  // Of the load being tried.
  const ir::Loop* loop_ = nullptr;
  const LoopMemory* memory_ = nullptr;
  Shape shape_;
  ValueId load_;
  // Parameters to be made, by their block and the value they are what is loaded at.
  std::map<std::pair<BlockId, ValueId>, ValueId> planned_;
};

bool Carrier::IsLoadOf(ValueId load, ValueId varying, int64_t offset) const {
  const ir::Instruction& v = f_.value(load);
  const auto operands = f_.operands(load);
  if (v.type != shape_.type || v.aux != shape_.scale || v.imm != offset) return false;
  if (operands.size() != (shape_.other.valid() ? 2u : 1u)) return false;
  if (operands[shape_.position] != varying) return false;
  return !shape_.other.valid() || operands[1 - shape_.position] == shape_.other;
}

// A load of the wanted place that has happened when `from` ends, in this iteration.
ValueId Carrier::LoadedAt(ValueId wanted, BlockId from) const {
  // wanted = x + constant: the same place as x with another offset.
  ValueId base = wanted;
  int64_t offset = shape_.offset;
  const Op op = f_.value(wanted).op;
  if ((op == Op::kAdd || op == Op::kPtrAdd) && f_.is_const(f_.operand(wanted, 1))) {
    base = f_.operand(wanted, 0);
    const int64_t step = f_.signed_bits(f_.operand(wanted, 1));
    offset = static_cast<int16_t>(offset + (shape_.position == 1 ? step << shape_.scale : step));
  }
  for (ValueId load : memory_->loads) {
    if (!dominance_.Dominates(f_.value(load).block, from)) continue;
    if (IsLoadOf(load, wanted, shape_.offset) || IsLoadOf(load, base, offset)) return load;
  }
  return {};
}

std::optional<Carrier::Source> Carrier::Resolve(ValueId wanted, BlockId from) {
  if (const ValueId loaded = LoadedAt(wanted, from); loaded.valid() && loaded != load_) {
    return Source{loaded, {}};
  }
  const ir::Instruction& v = f_.value(wanted);
  if (v.op != Op::kBlockParam || !loops_.Contains(*loop_, v.block)) return std::nullopt;
  if (!PlanParam(v.block, wanted)) return std::nullopt;
  return Source{{}, v.block};
}

// Plans a parameter of `block` that is what is loaded at its parameter `wanted`.
bool Carrier::PlanParam(BlockId block, ValueId wanted) {
  const auto key = std::pair(block, wanted);
  if (planned_.contains(key)) return true;
  if (planned_.size() >= kMaxParams) return false;
  planned_[key] = ValueId();
  const auto position = static_cast<size_t>(f_.value(wanted).imm);
  for (BlockId pred : dominance_.predecessors(block)) {
    if (block == loop_->header && !loops_.Contains(*loop_, pred)) continue;  // the preheader
    const ValueId end = f_.terminator(pred);
    for (size_t which = 0; which < f_.num_targets(end); ++which) {
      if (f_.value(end).targets[which] != block) continue;
      if (!Resolve(f_.target_args(end, which)[position], pred)) return false;
    }
  }
  return true;
}

void Carrier::Commit() {
  for (auto& [key, param] : planned_) param = f_.AddBlockParam(key.first, shape_.type);
  for (const auto& [key, param] : planned_) {
    const auto [block, wanted] = key;
    const auto position = static_cast<size_t>(f_.value(wanted).imm);
    std::vector<BlockId> preds = dominance_.predecessors(block);
    std::sort(preds.begin(), preds.end());
    preds.erase(std::unique(preds.begin(), preds.end()), preds.end());
    for (BlockId pred : preds) {
      const ValueId end = f_.terminator(pred);
      for (size_t which = 0; which < f_.num_targets(end); ++which) {
        if (f_.value(end).targets[which] != block) continue;
        const ValueId arg = f_.target_args(end, which)[position];
        ValueId value;
        if (block == loop_->header && !loops_.Contains(*loop_, pred)) {
          ir::Instruction first = f_.value(load_);
          std::vector<ValueId> address(f_.operands(load_).begin(), f_.operands(load_).end());
          address[shape_.position] = arg;
          value = Insert(f_, pred, f_.block(pred).instructions.size() - 1, first, address);
        } else if (const auto source = Resolve(arg, pred); source->value.valid()) {
          value = source->value;
        } else {
          value = planned_.at({source->param_of, arg});
        }
        const auto old = f_.target_args(end, which);
        std::vector<ValueId> args(old.begin(), old.end());
        args.push_back(value);
        SetTargetArgs(f_, end, which, args);
      }
    }
  }
}

bool Carrier::Try(const ir::Loop& loop, const LoopMemory& memory, ValueId load) {
  if (memory.MayWrite(AccessOf(f_, load))) return false;
  const auto operands = f_.operands(load);
  loop_ = &loop;
  memory_ = &memory;
  load_ = load;
  const auto is_inside = [&](ValueId id) {
    const ir::Instruction& v = f_.value(id);
    return v.block.valid() && loops_.Contains(loop, v.block);
  };
  for (size_t position = 0; position < operands.size(); ++position) {
    const ir::Instruction& v = f_.value(operands[position]);
    if (v.op != Op::kBlockParam || v.block != loop.header) continue;
    const ValueId other = operands.size() == 2 ? operands[1 - position] : ValueId();
    if (other.valid() && is_inside(other)) continue;
    const ir::Instruction& l = f_.value(load);
    shape_ = {l.type, other, position, l.aux, l.imm};
    planned_.clear();
    const ValueId varying = operands[position];
    // With one parameter it would be moved in every iteration, which costs what the load does.
    if (!PlanParam(loop.header, varying) || planned_.size() < 2) continue;
    Commit();
    Replacements replacements(f_);
    replacements.Add(load, planned_.at({loop.header, varying}));
    auto& instructions = f_.block(loop.header).instructions;
    std::erase(instructions, load);
    replacements.Apply(f_);
    return true;
  }
  return false;
}

bool Carrier::CarryOne() {
  for (const ir::Loop& loop : loops_.loops()) {
    if (!PreheaderOf(dominance_, loops_, loop).valid()) continue;
    const LoopMemory memory(f_, loop);
    if (memory.anything) continue;
    for (ValueId load : memory.loads) {
      if (f_.value(load).block == loop.header && Try(loop, memory, load)) return true;
    }
  }
  return false;
}

}  // namespace

bool CarryLoads(ir::Module&, Function& f) {
  bool changed = NormaliseLoops(f);
  while (Carrier(f).CarryOne()) changed = true;
  return changed;
}

}  // namespace csl::passes
