// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/extension.h"

namespace csl::codegen {
namespace {

using ir::Op;

bool Is16(const ir::Instruction& v) { return ir::BitWidth(v.type) == 16; }

// Calls f(parameter, argument) for every branch of the function.
template <typename F>
void ForArguments(const ir::Function& function, F&& f) {
  for (ir::BlockId block : function.order) {
    const ir::ValueId end = function.terminator(block);
    for (size_t which = 0; which < function.num_targets(end); ++which) {
      const auto& params = function.block(function.value(end).targets[which]).params;
      const auto args = function.target_args(end, which);
      for (size_t i = 0; i < params.size(); ++i) f(params[i], args[i]);
    }
  }
}

}  // namespace

ExtensionChoice::ExtensionChoice(const ir::Function& function)
    : f_(function), wants_zero_(function.num_values()), known_(function.num_values()) {
  Demand();
  Provide();
}

// A value is zero-extended if some zext and no sext reads it, directly or through block parameters.
void ExtensionChoice::Demand() {
  std::vector<bool> wants_sign(f_.num_values());
  for (ir::BlockId block : f_.order) {
    for (ir::ValueId id : f_.block(block).instructions) {
      const Op op = f_.value(id).op;
      // Comparisons read low halves only, but a loop's branch joins only an addition of its kind.
      if (op == Op::kZExt || op == Op::kULt || op == Op::kULe) {
        wants_zero_[f_.operand(id, 0).index] = true;
      }
      if (op == Op::kSExt || op == Op::kSLt || op == Op::kSLe) {
        wants_sign[f_.operand(id, 0).index] = true;
      }
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    ForArguments(f_, [&](ir::ValueId param, ir::ValueId arg) {
      for (auto* wants : {&wants_sign, &wants_zero_}) {
        if ((*wants)[param.index] && !(*wants)[arg.index]) (*wants)[arg.index] = changed = true;
      }
    });
  }
  for (size_t i = 0; i < wants_sign.size(); ++i) {
    if (wants_sign[i]) wants_zero_[i] = false;
  }
}

Extension ExtensionChoice::Made(ir::ValueId id) const {
  const ir::Instruction& v = f_.value(id);
  switch (v.op) {
    case Op::kConst: {
      const int64_t value = f_.signed_bits(id);
      return {value >= 0 || !wants_zero_[id.index], value >= 0 || wants_zero_[id.index]};
    }
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kAnd:
    case Op::kOr:
    case Op::kXor:
    case Op::kShl:
    case Op::kLoad:
      return {!wants_zero_[id.index], wants_zero_[id.index]};
    case Op::kSDiv:
    case Op::kSRem:
    case Op::kAShr:
      return {true, false};
    case Op::kUDiv:
    case Op::kURem:
    case Op::kLShr:
      return {false, true};
    case Op::kFpToSI:
      return {true, false};
    case Op::kFpToUI:
      return {false, true};
    case Op::kZExt:
      return {ir::BitWidth(f_.value(f_.operand(id, 0)).type) < 16, true};
    case Op::kSExt:
      return {true, false};
    default:
      return {};
  }
}

// Optimistic: block parameters start with both properties and lose what an argument does not have.
void ExtensionChoice::Provide() {
  for (uint32_t i = 0; i < f_.num_values(); ++i) {
    const ir::Instruction& v = f_.value(ir::ValueId(i));
    if (!Is16(v) || !v.type.is_int()) continue;
    known_[i] = v.op == Op::kBlockParam ? Extension{true, true} : Made(ir::ValueId(i));
  }
  for (bool changed = true; changed;) {
    changed = false;
    ForArguments(f_, [&](ir::ValueId param, ir::ValueId arg) {
      Extension& of = known_[param.index];
      const Extension given = known_[arg.index];
      if ((of.is_sign && !given.is_sign) || (of.is_zero && !given.is_zero)) changed = true;
      of.is_sign = of.is_sign && given.is_sign;
      of.is_zero = of.is_zero && given.is_zero;
    });
    // select passes on what both sides have.
    for (ir::BlockId block : f_.order) {
      for (ir::ValueId id : f_.block(block).instructions) {
        const ir::Instruction& v = f_.value(id);
        if (v.op != Op::kSelect || !Is16(v)) continue;
        const Extension a = known_[f_.operand(id, 1).index];
        const Extension b = known_[f_.operand(id, 2).index];
        const Extension both = {a.is_sign && b.is_sign, a.is_zero && b.is_zero};
        Extension& of = known_[id.index];
        if (of.is_sign != both.is_sign || of.is_zero != both.is_zero) changed = true;
        of = both;
      }
    }
  }
}

}  // namespace csl::codegen
