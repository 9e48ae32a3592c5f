// SPDX-License-Identifier: Apache-2.0
// Constant folding and algebraic identities, one walk over the blocks in an order that sees
// definitions first.
#include <bit>
#include <cstring>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/evaluate.h"
#include "compiler/passes/fold_rules.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// What a constant global holds at an address, if the load reads known bytes.
ValueId LoadOfConstant(const ir::Module& module, Function& f, ValueId id) {
  const ir::Instruction& v = f.value(id);
  const ir::Instruction base = f.value(f.operand(id, 0));
  if (f.operands(id).size() != 1 || base.op != Op::kGlobalAddr) return {};
  const ir::Global& global = module.globals[base.symbol];
  const int64_t at = base.imm + v.imm;
  const uint32_t size = ir::StoreSize(v.type);
  if (!global.is_const || global.linkage == ir::Linkage::kExtern || size > 8 || at < 0 ||
      at + size > global.size_bytes) {
    return {};
  }
  for (const ir::Relocation& r : global.relocations) {
    if (r.offset + 2 <= at || r.offset >= at + size) continue;
    if (r.offset != at || size != 2) return {};
    if (r.is_function)
      return v.type == ir::kFunctionType ? f.FuncAddr(ir::FunctionId(r.symbol)) : ValueId();
    return v.type.is_pointer() ? f.GlobalAddr(ir::GlobalId(r.symbol), r.addend) : ValueId();
  }
  uint64_t bits = 0;
  for (uint32_t i = 0; i < size; ++i) {
    const auto index = static_cast<size_t>(at) + i;
    const uint8_t byte = index < global.bytes.size() ? global.bytes[index] : 0;
    bits |= static_cast<uint64_t>(byte) << (8 * i);
  }
  return f.Const(v.type, bits);
}

// cond_br on a negated condition goes the other way round.
bool TurnBranch(Function& f, ValueId end) {
  if (f.value(end).op != Op::kCondBr) return false;
  const ValueId condition = f.operand(end, 0);
  if (f.value(condition).op != Op::kXor || !f.is_const(f.operand(condition, 1)) ||
      f.value(f.operand(condition, 1)).imm != 1) {
    return false;
  }
  std::vector<ValueId> operands = {f.operand(condition, 0)};
  for (ValueId arg : f.target_args(end, 1)) operands.push_back(arg);
  const auto count = static_cast<uint8_t>(operands.size() - 1);
  for (ValueId arg : f.target_args(end, 0)) operands.push_back(arg);
  f.SetOperands(end, operands);
  f.value(end).aux = count;
  std::swap(f.value(end).targets[0], f.value(end).targets[1]);
  return true;
}

}  // namespace

bool Fold(ir::Module& module, Function& f) {
  const ir::Dominance dominance(f);
  Replacements replacements(f);
  bool changed = false;
  for (BlockId block : dominance.reverse_postorder()) {
    const std::vector<ValueId> before = f.block(block).instructions;
    std::vector<ValueId> after;
    for (ValueId id : before) {
      for (ValueId& operand : f.operands(id)) operand = replacements.Resolve(operand);
      const ir::Instruction& v = f.value(id);
      ValueId same;
      if (v.op == Op::kLoad) {
        same = LoadOfConstant(module, f, id);
      } else if (ir::IsPure(v.op)) {
        const auto operands = f.operands(id);
        if (const auto bits = Evaluate(f, id, operands, module.fp16_format)) {
          same = f.Const(v.type, *bits);
        } else {
          FoldContext context{f, block, id, &after, false};
          same = ApplyRules(context);
          changed = changed || context.changed;
        }
      }
      if (same.valid()) {
        replacements.Add(id, same);
      } else {
        after.push_back(id);
      }
    }
    f.block(block).instructions = after;
    changed = TurnBranch(f, f.terminator(block)) || changed;
  }
  replacements.Apply(f);
  return changed || !replacements.empty();
}

}  // namespace csl::passes
