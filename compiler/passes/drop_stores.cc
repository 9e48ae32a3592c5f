// SPDX-License-Identifier: Apache-2.0
// Stores that nobody reads: to variables of the frame that are only written, and those that another
// store to the same place follows in the same block.
#include <algorithm>

#include "compiler/ir/ops.h"
#include "compiler/passes/memory_alias.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::Function;
using ir::Op;
using ir::ValueId;

// Whether operand `i` of an instruction is an address that it only writes to.
bool OnlyWritesTo(const Function& f, ValueId user, size_t i) {
  const Op op = f.value(user).op;
  return (op == Op::kStore && i == 1) || (op == Op::kCopy && i == 0) || op == Op::kZero;
}

bool DropWriteOnly(Function& f) {
  std::vector<bool> is_read(f.num_values());
  for (ir::BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      const auto operands = f.operands(id);
      for (size_t i = 0; i < operands.size(); ++i) {
        if (!OnlyWritesTo(f, id, i)) is_read[operands[i].index] = true;
      }
    }
  }
  bool changed = false;
  for (ir::BlockId block : f.order) {
    const auto is_dead = [&](ValueId id) {
      const auto operands = f.operands(id);
      for (size_t i = 0; i < operands.size(); ++i) {
        const bool is_alloca = f.value(operands[i]).op == Op::kAlloca;
        if (is_alloca && OnlyWritesTo(f, id, i) && !is_read[operands[i].index]) return true;
      }
      return false;
    };
    changed = std::erase_if(f.block(block).instructions, is_dead) > 0 || changed;
  }
  return changed;
}

bool IsSamePlace(const Function& f, ValueId a, ValueId b) {
  const auto x = f.operands(a).subspan(1);
  const auto y = f.operands(b).subspan(1);
  const auto bytes = [&](ValueId id) { return ir::StoreSize(f.value(f.operand(id, 0)).type); };
  return f.value(a).imm == f.value(b).imm && f.value(a).aux == f.value(b).aux &&
         bytes(a) == bytes(b) && std::equal(x.begin(), x.end(), y.begin(), y.end());
}

bool DropOverwritten(Function& f, ir::BlockId block) {
  std::vector<ValueId> later;  // stores that nothing in between reads
  std::vector<ValueId> kept;
  auto& instructions = f.block(block).instructions;
  for (size_t i = instructions.size(); i-- > 0;) {
    const ValueId id = instructions[i];
    const Op op = f.value(id).op;
    if (op == Op::kStore) {
      const bool is_dead = std::any_of(later.begin(), later.end(),
                                       [&](ValueId other) { return IsSamePlace(f, id, other); });
      if (is_dead) continue;
      if (!AccessOf(f, id).is_placed) later.push_back(id);
    } else if (op == Op::kLoad) {
      const Access read = AccessOf(f, id);
      std::erase_if(later, [&](ValueId store) { return MayAlias(AccessOf(f, store), read); });
    } else if (ir::Has(op, ir::kReads | ir::kWrites)) {
      later.clear();
    }
    kept.push_back(id);
  }
  if (kept.size() == instructions.size()) return false;
  std::reverse(kept.begin(), kept.end());
  instructions = kept;
  return true;
}

}  // namespace

bool DropStores(ir::Module&, Function& f) {
  bool changed = DropWriteOnly(f);
  for (ir::BlockId block : f.order) changed = DropOverwritten(f, block) || changed;
  return changed;
}

}  // namespace csl::passes
