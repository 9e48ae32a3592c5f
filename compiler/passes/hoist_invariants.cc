// SPDX-License-Identifier: Apache-2.0
// Loop-invariant code motion: what an iteration computes from values of before the loop moves to
// the preheader. Loads move too, if they happen in every iteration and nothing in the loop may
// write what they read.
#include <algorithm>

#include "compiler/ir/ops.h"
#include "compiler/passes/loop_edit.h"
#include "compiler/passes/loop_memory.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

class Hoister {
 public:
  explicit Hoister(Function& function)
      : f_(function), dominance_(function), loops_(function, dominance_) {}

  bool Run() {
    bool changed = false;
    // Inner loops first: what leaves them may leave the outer one too.
    for (size_t i = loops_.loops().size(); i-- > 0;) {
      changed = HoistFrom(loops_.loops()[i]) || changed;
    }
    return changed;
  }

 private:
  bool HoistFrom(const ir::Loop& loop);
  bool IsInvariant(const ir::Loop& loop, ValueId id) const;
  bool MayMove(const ir::Loop& loop, const LoopMemory& memory, ValueId id) const;

  Function& f_;
  ir::Dominance dominance_;
  ir::LoopInfo loops_;
};

bool Hoister::IsInvariant(const ir::Loop& loop, ValueId id) const {
  for (ValueId operand : f_.operands(id)) {
    const ir::Instruction& v = f_.value(operand);
    const bool is_in_block = !ir::IsFree(v.op) || v.op == Op::kBlockParam;
    if (is_in_block && loops_.Contains(loop, v.block)) return false;
  }
  return true;
}

bool Hoister::MayMove(const ir::Loop& loop, const LoopMemory& memory, ValueId id) const {
  const ir::Instruction& v = f_.value(id);
  const bool is_load = v.op == Op::kLoad;
  if (!ir::IsPure(v.op) && !is_load) return false;
  if (!is_load && !ir::Has(v.op, ir::kFaults)) return true;
  // Slow or unsafe when the loop would not have done it: only what every iteration does.
  for (BlockId latch : loop.latches) {
    if (!dominance_.Dominates(v.block, latch)) return false;
  }
  if (!is_load) return true;
  // A loop in which nothing else changes polls memory that hardware writes.
  if (f_.block(loop.header).params.empty()) return false;
  return !memory.MayWrite(AccessOf(f_, id));
}

bool Hoister::HoistFrom(const ir::Loop& loop) {
  const BlockId preheader = PreheaderOf(dominance_, loops_, loop);
  const LoopMemory memory(f_, loop);
  bool changed = false;
  for (BlockId block : dominance_.reverse_postorder()) {
    if (!loops_.Contains(loop, block)) continue;
    std::vector<ValueId> kept;
    for (ValueId id : std::vector<ValueId>(f_.block(block).instructions)) {
      if (!MayMove(loop, memory, id) || !IsInvariant(loop, id)) {
        kept.push_back(id);
        continue;
      }
      auto& before = f_.block(preheader).instructions;
      before.insert(before.end() - 1, id);
      f_.value(id).block = preheader;
      changed = true;
    }
    f_.block(block).instructions = kept;
  }
  return changed;
}

}  // namespace

bool HoistInvariants(ir::Module&, Function& f) {
  bool changed = NormaliseLoops(f);
  return Hoister(f).Run() || changed;
}

}  // namespace csl::passes
