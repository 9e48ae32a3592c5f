// SPDX-License-Identifier: Apache-2.0
// Copies of structs and DSDs in the frame: who reads the copy reads the original instead. Of a
// constant always; of a variable where nothing between the copy and the reading may change it.
#include <algorithm>

#include "compiler/ir/ops.h"
#include "compiler/passes/memory_alias.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::Function;
using ir::Op;
using ir::ValueId;

// A variable of the frame that is written once, as a whole, by a copy.
struct Copied {
  bool is_bad = false;
  uint32_t num_writes = 0;
  ValueId copy;
};

// Reads memory at the address and does nothing else with it.
bool OnlyReadsAt(const Function& f, ValueId user, size_t i) {
  switch (f.value(user).op) {
    case Op::kLoad:
      return i == 0;
    case Op::kCopy:
      return i == 1;
    case Op::kDsrLoad:
      return true;
    case Op::kDsdOp: {
      // The values of DSD operands come first, in order.
      size_t at = 0;
      for (const ir::DsdOperand& operand :
           f.dsd_ops[static_cast<size_t>(f.value(user).imm)].operands) {
        if (!operand.has_value()) continue;
        if (at++ == i) return operand.kind == ir::DsdOperandKind::kDsd;
      }
      return false;
    }
    default:
      return false;
  }
}

std::vector<Copied> FindCopied(const Function& f) {
  std::vector<Copied> out(f.num_values());
  for (ir::BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      const ir::Instruction& v = f.value(id);
      const auto operands = f.operands(id);
      for (size_t i = 0; i < operands.size(); ++i) {
        const ir::Instruction& target = f.value(operands[i]);
        if (target.op != Op::kAlloca || OnlyReadsAt(f, id, i)) continue;
        Copied& of = out[operands[i].index];
        const bool is_whole = v.op == Op::kCopy && i == 0 && v.imm == target.imm;
        of.is_bad = of.is_bad || !is_whole || ++of.num_writes > 1;
        of.copy = id;
      }
    }
  }
  return out;
}

bool IsConstant(const ir::Module& module, const Function& f, ValueId address) {
  const ir::Instruction& v = f.value(address);
  return v.op == Op::kGlobalAddr && module.globals[v.symbol].is_const;
}

// Readers of the copy, from its instruction on, take the original as long as it is unchanged.
bool ForwardInBlock(Function& f, ir::BlockId block, ValueId copy) {
  const ValueId to = f.operand(copy, 0);
  const ValueId from = f.operand(copy, 1);
  const Op kind = f.value(from).op;
  if (kind != Op::kGlobalAddr && kind != Op::kAlloca) return false;
  const auto& instructions = f.block(block).instructions;
  auto it = std::find(instructions.begin(), instructions.end(), copy);
  Access source;
  source.root = kind == Op::kAlloca ? Access::Root::kAlloca : Access::Root::kGlobal;
  source.id = kind == Op::kAlloca ? from.index : f.value(from).symbol;
  source.has_offset = true;
  source.offset = f.value(from).imm;
  if (kind == Op::kAlloca) source.offset = 0;
  source.bytes = static_cast<uint32_t>(f.value(copy).imm);
  bool changed = false;
  for (++it; it != instructions.end(); ++it) {
    const ValueId id = *it;
    const auto operands = f.operands(id);
    for (size_t i = 0; i < operands.size(); ++i) {
      if (operands[i] != to || !OnlyReadsAt(f, id, i)) continue;
      operands[i] = from;
      changed = true;
    }
    const Op op = f.value(id).op;
    const bool is_load = op == Op::kLoad || op == Op::kDsrLoad;
    if (is_load || !ir::Has(op, ir::kWrites)) continue;
    if (op != Op::kStore || MayAlias(AccessOf(f, id), source)) break;
  }
  return changed;
}

}  // namespace

bool ForwardCopies(ir::Module& module, Function& f) {
  const std::vector<Copied> copied = FindCopied(f);
  bool changed = false;
  for (ir::BlockId block : f.order) {
    for (ValueId id : std::vector<ValueId>(f.block(block).instructions)) {
      if (f.value(id).op != Op::kCopy) continue;
      const ValueId to = f.operand(id, 0);
      const Copied& of = copied[to.index];
      if (f.value(to).op != Op::kAlloca || of.is_bad || of.copy != id) continue;
      const ValueId from = f.operand(id, 1);
      if (!IsConstant(module, f, from)) {
        changed = ForwardInBlock(f, block, id) || changed;
        continue;
      }
      // Before the copy nobody may read the variable anyway.
      for (ir::BlockId other : f.order) {
        for (ValueId user : f.block(other).instructions) {
          const auto operands = f.operands(user);
          for (size_t i = 0; i < operands.size(); ++i) {
            if (operands[i] != to || !OnlyReadsAt(f, user, i)) continue;
            operands[i] = from;
            changed = true;
          }
        }
      }
    }
  }
  return changed;
}

}  // namespace csl::passes
