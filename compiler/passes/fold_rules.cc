// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/fold_rules.h"

#include <bit>

#include "compiler/ir/ops.h"

namespace csl::passes {
namespace {

using ir::Op;
using ir::ValueId;

bool IsConst(const FoldContext& c, ValueId id, uint64_t bits) {
  return c.f.is_const(id) && static_cast<uint64_t>(c.f.value(id).imm) == bits;
}

bool IsAllOnes(const FoldContext& c, ValueId id) {
  return c.f.is_const(id) && c.f.signed_bits(id) == -1;
}

// k of a constant 2^k, or -1.
int PowerOfTwo(const FoldContext& c, ValueId id) {
  if (!c.f.is_const(id)) return -1;
  const auto bits = static_cast<uint64_t>(c.f.value(id).imm);
  return std::has_single_bit(bits) ? std::countr_zero(bits) : -1;
}

void Rewrite(FoldContext& c, Op op, ValueId a, ValueId b) {
  c.f.value(c.id).op = op;
  c.f.SetOperands(c.id, std::array{a, b});
  c.changed = true;
}

// x op (constant): constants of nested operations join.
ValueId Reassociate(FoldContext& c, Op op, ValueId a, ValueId b) {
  const ir::Instruction& inner = c.f.value(a);
  if (inner.op != op || !c.f.is_const(b) || !c.f.is_const(c.f.operand(a, 1))) return {};
  const auto x = static_cast<uint64_t>(c.f.value(c.f.operand(a, 1)).imm);
  const auto y = static_cast<uint64_t>(c.f.value(b).imm);
  const uint64_t joined = op == Op::kAdd   ? x + y
                          : op == Op::kMul ? x * y
                          : op == Op::kAnd ? (x & y)
                          : op == Op::kOr  ? (x | y)
                                           : (x ^ y);
  const ir::Type type = c.f.value(b).type;
  Rewrite(c, op, c.f.operand(a, 0), c.f.Const(type, joined));
  return {};
}

// Signed division by 2^k, rounding toward zero: add 2^k - 1 to negative dividends, then shift.
ValueId DivideByPower(FoldContext& c, ValueId x, int k) {
  const ir::Type type = c.f.value(x).type;
  const uint32_t width = type.bits;
  if (k == 0) return x;
  const ValueId sign = c.Make(Op::kAShr, type, {x, c.f.Const(type, width - 1)});
  const ValueId bias =
      c.Make(Op::kLShr, type, {sign, c.f.Const(type, width - static_cast<uint32_t>(k))});
  const ValueId sum = c.Make(Op::kAdd, type, {x, bias});
  return c.Make(Op::kAShr, type, {sum, c.f.Const(type, static_cast<uint64_t>(k))});
}

ValueId Division(FoldContext& c, Op op, ValueId a, ValueId b) {
  const ir::Type type = c.f.value(a).type;
  const int k = PowerOfTwo(c, b);
  if (k < 0 || type.bits > 32) return {};
  const auto shift = [&] { return c.f.Const(type, static_cast<uint64_t>(k)); };
  switch (op) {
    case Op::kUDiv:
      Rewrite(c, Op::kLShr, a, shift());
      return {};
    case Op::kURem:
      Rewrite(c, Op::kAnd, a, c.f.Const(type, (uint64_t{1} << k) - 1));
      return {};
    default:
      break;
  }
  if (k + 1 >= static_cast<int>(type.bits))
    return {};  // the constant is negative as a signed number
  const ValueId quotient = DivideByPower(c, a, k);
  if (op == Op::kSDiv) return quotient;
  const ValueId multiple = c.Make(Op::kShl, type, {quotient, shift()});
  Rewrite(c, Op::kSub, a, multiple);
  return {};
}

// (zext x << k) >> k, where x has all bits that are left, is sext x.
ValueId SignExtension(FoldContext& c, ValueId shifted, ValueId count) {
  if (c.f.value(shifted).op != Op::kShl || c.f.operand(shifted, 1) != count) return {};
  const ValueId wide = c.f.operand(shifted, 0);
  if (c.f.value(wide).op != Op::kZExt || !c.f.is_const(count)) return {};
  const ValueId source = c.f.operand(wide, 0);
  const int64_t left = c.f.value(wide).type.bits - c.f.value(count).imm;
  if (c.f.value(source).type.bits != left) return {};
  c.f.value(c.id).op = Op::kSExt;
  c.f.SetOperands(c.id, std::array{source});
  c.changed = true;
  return {};
}

// (zext x) & mask with a bit for every bit of x.
bool IsMaskOfExtension(const FoldContext& c, ValueId a, ValueId mask) {
  if (c.f.value(a).op != Op::kZExt || !c.f.is_const(mask)) return false;
  const uint32_t bits = c.f.value(c.f.operand(a, 0)).type.bits;
  const auto all = (uint64_t{1} << bits) - 1;
  return bits < 32 && (static_cast<uint64_t>(c.f.value(mask).imm) & all) == all;
}

ValueId Integer(FoldContext& c, Op op, ValueId a, ValueId b) {
  const ir::Type type = c.f.value(a).type;
  // Constants of more than 64 bits are not what their 64 bits say as signed numbers.
  if (type.bits > 64) return {};
  const bool zero_right = IsConst(c, b, 0);
  switch (op) {
    case Op::kAdd:
      return zero_right ? a : Reassociate(c, op, a, b);
    case Op::kSub:
      if (zero_right) return a;
      if (a == b) return c.f.Const(type, 0);
      if (c.f.is_const(b))
        Rewrite(c, Op::kAdd, a, c.f.Const(type, -static_cast<uint64_t>(c.f.value(b).imm)));
      return {};
    case Op::kMul:
      if (zero_right) return b;
      if (IsConst(c, b, 1)) return a;
      if (const int k = PowerOfTwo(c, b); k > 0 && type.bits <= 32) {
        Rewrite(c, Op::kShl, a, c.f.Const(type, static_cast<uint64_t>(k)));
        return {};
      }
      return Reassociate(c, op, a, b);
    case Op::kAnd:
      if (zero_right || a == b) return b;
      if (IsAllOnes(c, b) || IsMaskOfExtension(c, a, b)) return a;
      return Reassociate(c, op, a, b);
    case Op::kOr:
      if (zero_right || a == b) return a;
      return IsAllOnes(c, b) ? b : Reassociate(c, op, a, b);
    case Op::kXor:
      if (zero_right) return a;
      return a == b ? c.f.Const(type, 0) : Reassociate(c, op, a, b);
    case Op::kAShr:
      return zero_right ? a : SignExtension(c, a, b);
    case Op::kShl:
    case Op::kLShr:
      return zero_right ? a : ValueId();
    case Op::kUMulH:
    case Op::kSMulH:
      return zero_right ? b : ValueId();
    default:
      return Division(c, op, a, b);
  }
}

Op Inverse(Op op) {
  switch (op) {
    case Op::kEq:
      return Op::kNe;
    case Op::kNe:
      return Op::kEq;
    case Op::kSLt:
      return Op::kSLe;
    case Op::kSLe:
      return Op::kSLt;
    case Op::kULt:
      return Op::kULe;
    default:
      return Op::kULt;
  }
}

// not (a < b) is b <= a.
ValueId NegatedCompare(FoldContext& c, ValueId compare) {
  const ir::Instruction& v = c.f.value(compare);
  if (v.op < Op::kEq || v.op > Op::kULe) return {};
  const bool is_equality = v.op == Op::kEq || v.op == Op::kNe;
  const ValueId a = c.f.operand(compare, is_equality ? 0 : 1);
  const ValueId b = c.f.operand(compare, is_equality ? 1 : 0);
  Rewrite(c, Inverse(v.op), a, b);
  return {};
}

ValueId Compare(FoldContext& c, Op op, ValueId a, ValueId b) {
  const ir::Type type = c.f.value(a).type;
  if (a == b) {
    return c.f.Const(ir::kBoolType, op == Op::kEq || op == Op::kSLe || op == Op::kULe ? 1 : 0);
  }
  if (op == Op::kULt && IsConst(c, b, 0)) return c.f.Const(ir::kBoolType, 0);
  if (!type.is_int(1) || !c.f.is_const(b)) return {};
  // Comparisons of bools with constants.
  const bool wants_true = (op == Op::kEq) == (c.f.value(b).imm != 0);
  if (op != Op::kEq && op != Op::kNe) return {};
  if (wants_true) return a;
  Rewrite(c, Op::kXor, a, c.f.Const(ir::kBoolType, 1));
  return {};
}

ValueId Conversion(FoldContext& c, Op op, ValueId a) {
  const ir::Instruction& inner = c.f.value(a);
  const ir::Type to = c.f.value(c.id).type;
  if (op == Op::kBitcast) {
    if (inner.type == to) return a;
    if (inner.op == Op::kBitcast) {
      const ValueId source = c.f.operand(a, 0);
      if (c.f.value(source).type == to) return source;
    }
    return {};
  }
  const bool inner_extends = inner.op == Op::kSExt || inner.op == Op::kZExt;
  if (op == Op::kTrunc && inner_extends) {
    const ValueId source = c.f.operand(a, 0);
    const uint32_t bits = c.f.value(source).type.bits;
    if (bits == to.bits) return source;
    c.f.value(c.id).op = bits > to.bits ? Op::kTrunc : inner.op;
    c.f.SetOperands(c.id, std::array{source});
    c.changed = true;
  } else if (op == inner.op && (op == Op::kTrunc || op == Op::kSExt || op == Op::kZExt)) {
    c.f.SetOperands(c.id, std::array{c.f.operand(a, 0)});
    c.changed = true;
  }
  return {};
}

ValueId PtrAdd(FoldContext& c, ValueId base, ValueId index) {
  if (!c.f.is_const(index)) return {};
  const int64_t bytes = c.f.signed_bits(index);
  if (bytes == 0) return base;
  const ir::Instruction inner = c.f.value(base);
  if (inner.op == Op::kGlobalAddr) {
    return c.f.GlobalAddr(ir::GlobalId(inner.symbol), inner.imm + bytes);
  }
  if (inner.op == Op::kConst) {
    return c.f.Const(ir::kPointerType, static_cast<uint64_t>(inner.imm + bytes));
  }
  if (inner.op == Op::kPtrAdd && c.f.is_const(c.f.operand(base, 1))) {
    const int64_t sum = bytes + c.f.signed_bits(c.f.operand(base, 1));
    c.f.SetOperands(c.id, std::array{c.f.operand(base, 0),
                                     c.f.Const(ir::IntType(16), static_cast<uint64_t>(sum))});
    c.changed = true;
  }
  return {};
}

ValueId Select(FoldContext& c) {
  const auto operands = c.f.operands(c.id);
  const ValueId condition = operands[0];
  const ValueId if_true = operands[1];
  const ValueId if_false = operands[2];
  if (if_true == if_false) return if_true;
  if (c.f.is_const(condition)) return c.f.value(condition).imm != 0 ? if_true : if_false;
  if (c.f.value(c.id).type == ir::kBoolType && IsConst(c, if_true, 1) && IsConst(c, if_false, 0)) {
    return condition;
  }
  return {};
}

}  // namespace

ValueId FoldContext::Make(Op op, ir::Type type, std::vector<ValueId> operands) {
  ir::Instruction instruction;
  instruction.op = op;
  instruction.type = type;
  instruction.block = block;
  instruction.location = f.value(id).location;
  before->push_back(f.AddValue(instruction, operands));
  return before->back();
}

ValueId ApplyRules(FoldContext& c) {
  const Op op = c.f.value(c.id).op;
  if (ir::Has(op, ir::kCommutes) && c.f.is_const(c.f.operand(c.id, 0)) &&
      !c.f.is_const(c.f.operand(c.id, 1))) {
    const ValueId a = c.f.operand(c.id, 0);
    c.f.SetOperands(c.id, std::array{c.f.operand(c.id, 1), a});
    c.changed = true;
  }
  const auto operands = c.f.operands(c.id);
  const ValueId a = operands[0];
  const ValueId b = operands.size() > 1 ? operands[1] : ValueId();
  if (op == Op::kXor && IsConst(c, b, 1) && c.f.value(a).type == ir::kBoolType) {
    if (const ValueId same = NegatedCompare(c, a); same.valid() || c.changed) return same;
  }
  if (op >= Op::kAdd && op <= Op::kXor) return Integer(c, op, a, b);
  if (op >= Op::kEq && op <= Op::kULe) return Compare(c, op, a, b);
  if (op >= Op::kTrunc && op <= Op::kFpToUI) return Conversion(c, op, a);
  if (op == Op::kSelect) return Select(c);
  if (op == Op::kPtrAdd) return PtrAdd(c, a, b);
  return {};
}

}  // namespace csl::passes
