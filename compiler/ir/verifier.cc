// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/verifier.h"

#include <fmt/format.h>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/ir/verify_types.h"

namespace csl::ir {
namespace {

class Verifier {
 public:
  Verifier(const Module& module, const Function& function)
      : module_(module), f_(function), dominance_(function), position_(function.num_values(), 0) {}

  Status Run();

 private:
  Status Bad(ValueId id, std::string_view rule) const {
    const Instruction& v = f_.value(id);
    return Internal(fmt::format("IR of function {}: {} (value {}, line {}): {}", f_.name,
                                TextOf(v.op), id.index, v.location.line, rule));
  }
  Status CheckBlock(BlockId block);
  Status CheckInstruction(ValueId id, BlockId block, bool is_last);
  Status CheckTargets(ValueId id) const;
  Status CheckUse(ValueId user, ValueId used) const;

  const Module& module_;
  const Function& f_;
  Dominance dominance_;
  std::vector<uint32_t> position_;  // in its block, from 1
  std::vector<bool> is_placed_;
};

Status Verifier::CheckUse(ValueId user, ValueId used) const {
  if (!used.valid() || used.index >= f_.num_values()) return Bad(user, "operand does not exist");
  const Instruction& definition = f_.value(used);
  if (definition.type.is_void()) return Bad(user, "operand has no value");
  if (definition.op == Op::kBlockParam) {
    const BlockId at = f_.value(user).block;
    if (!is_placed_[definition.block.index]) return Bad(user, "parameter of a removed block");
    if (dominance_.IsReachable(at) && !dominance_.Dominates(definition.block, at)) {
      return Bad(user, "block parameter does not dominate its use");
    }
    return OkStatus();
  }
  if (IsFree(definition.op)) return OkStatus();
  const BlockId from = definition.block;
  const BlockId to = f_.value(user).block;
  if (!from.valid() || position_[used.index] == 0) return Bad(user, "operand stands in no block");
  if (!dominance_.IsReachable(to)) return OkStatus();
  if (from == to) {
    return position_[used.index] < position_[user.index] ? OkStatus()
                                                         : Bad(user, "used before its definition");
  }
  if (!dominance_.IsReachable(from) || !dominance_.Dominates(from, to)) {
    return Bad(user, "definition does not dominate its use");
  }
  return OkStatus();
}

Status Verifier::CheckTargets(ValueId id) const {
  for (size_t which = 0; which < f_.num_targets(id); ++which) {
    const BlockId target = f_.value(id).targets[which];
    if (!target.valid() || target.index >= f_.num_blocks() || !is_placed_[target.index]) {
      return Bad(id, "target is not in the function");
    }
    if (target == f_.order.front()) return Bad(id, "branch to the entry block");
    const auto args = f_.target_args(id, which);
    const auto& params = f_.block(target).params;
    if (args.size() != params.size()) return Bad(id, "argument count of a branch");
    for (size_t i = 0; i < args.size(); ++i) {
      if (f_.value(args[i]).type != f_.value(params[i]).type) {
        return Bad(id, "argument type of a branch");
      }
    }
  }
  return OkStatus();
}

Status Verifier::CheckInstruction(ValueId id, BlockId block, bool is_last) {
  const Instruction& v = f_.value(id);
  const OpRow& row = RowOf(v.op);
  if (v.block != block) return Bad(id, "instruction thinks it is in another block");
  if ((row.flags & kFree) != 0) return Bad(id, "stands in a block");
  if (((row.flags & kEnds) != 0) != is_last) return Bad(id, "only the last one ends a block");
  if (row.operands != kAny && v.num_operands != row.operands) return Bad(id, "operand count");
  for (ValueId used : f_.operands(id)) RETURN_IF_ERROR(CheckUse(id, used));
  if (const char* rule = BrokenTypeRule(module_, f_, id); rule != nullptr) return Bad(id, rule);
  if (v.op == Op::kAlloca && block != f_.order.front()) return Bad(id, "not in the entry block");
  return CheckTargets(id);
}

Status Verifier::CheckBlock(BlockId block) {
  const Block& b = f_.block(block);
  for (size_t i = 0; i < b.params.size(); ++i) {
    const Instruction& param = f_.value(b.params[i]);
    if (param.op != Op::kBlockParam || param.block != block)
      return Bad(b.params[i], "not a parameter");
    if (param.imm != static_cast<int64_t>(i)) return Bad(b.params[i], "position of a parameter");
  }
  for (size_t i = 0; i < b.instructions.size(); ++i) {
    RETURN_IF_ERROR(CheckInstruction(b.instructions[i], block, i + 1 == b.instructions.size()));
  }
  return OkStatus();
}

Status Verifier::Run() {
  is_placed_.assign(f_.num_blocks(), false);
  for (BlockId block : f_.order) {
    if (is_placed_[block.index]) return Internal("IR of function " + f_.name + ": a block twice");
    is_placed_[block.index] = true;
    uint32_t position = 0;
    for (ValueId id : f_.block(block).instructions) position_[id.index] = ++position;
  }
  if (!f_.block(f_.order.front()).params.empty()) {
    return Internal("IR of function " + f_.name + ": the entry block has parameters");
  }
  for (BlockId block : f_.order) RETURN_IF_ERROR(CheckBlock(block));
  return OkStatus();
}

Status VerifyGlobal(const Module& module, const Global& global) {
  auto bad = [&](std::string_view rule) {
    return Internal(fmt::format("IR of global {}: {}", global.name, rule));
  };
  if (global.bytes.size() > global.size_bytes) return bad("more initial bytes than its size");
  if (global.alignment == 0 || (global.alignment & (global.alignment - 1)) != 0) {
    return bad("alignment is not a power of two");
  }
  for (const Relocation& r : global.relocations) {
    const size_t limit = r.is_function ? module.functions.size() : module.globals.size();
    if (r.symbol >= limit) return bad("relocation to a symbol that does not exist");
    if (r.offset + 2 > global.size_bytes) return bad("relocation outside its bytes");
  }
  return OkStatus();
}

}  // namespace

Status Verify(const Module& module, const Function& function) {
  if (function.is_external) return OkStatus();
  if (function.order.empty()) return Internal("IR of function " + function.name + ": no body");
  for (BlockId block : function.order) {
    const auto& instructions = function.block(block).instructions;
    if (instructions.empty() || !EndsBlock(function.value(instructions.back()).op)) {
      return Internal("IR of function " + function.name + ": a block has no end");
    }
  }
  return Verifier(module, function).Run();
}

Status Verify(const Module& module) {
  for (const Global& global : module.globals) RETURN_IF_ERROR(VerifyGlobal(module, global));
  for (const Function& function : module.functions) RETURN_IF_ERROR(Verify(module, function));
  return OkStatus();
}

}  // namespace csl::ir
