// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/evaluate.h"

#include "compiler/ir/ops.h"
#include "fabric/isa/arith/f32.h"
#include "fabric/isa/arith/int.h"

namespace csl::passes {
namespace {

using ir::Op;
namespace arith = isa::arith;

// Both readings of an integer constant of N <= 64 bits.
struct Integer {
  uint64_t u;
  int64_t s;
};

std::optional<uint64_t> IntegerResult(Op op, Integer a, Integer b, uint32_t width) {
  switch (op) {
    case Op::kAdd:
      return a.u + b.u;
    case Op::kSub:
      return a.u - b.u;
    case Op::kMul:
      return a.u * b.u;
    case Op::kSDiv:
      return static_cast<uint64_t>(arith::Div<int64_t>(a.s, b.s));
    case Op::kUDiv:
      return arith::Div<uint64_t>(a.u, b.u);
    case Op::kSRem:
      return static_cast<uint64_t>(arith::Rem<int64_t>(a.s, b.s));
    case Op::kURem:
      return arith::Rem<uint64_t>(a.u, b.u);
    case Op::kShl:
      return b.u >= width ? 0 : a.u << b.u;
    case Op::kLShr:
      return b.u >= width ? 0 : a.u >> b.u;
    case Op::kAShr:
      return static_cast<uint64_t>(arith::Shr<int64_t>(a.s, b.u));
    case Op::kAnd:
      return a.u & b.u;
    case Op::kOr:
      return a.u | b.u;
    case Op::kXor:
      return a.u ^ b.u;
    case Op::kEq:
      return a.u == b.u;
    case Op::kNe:
      return a.u != b.u;
    case Op::kSLt:
      return a.s < b.s;
    case Op::kSLe:
      return a.s <= b.s;
    case Op::kULt:
      return a.u < b.u;
    case Op::kULe:
      return a.u <= b.u;
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> FloatResult(Op op, uint32_t a, uint32_t b) {
  using F = arith::F32;
  switch (op) {
    case Op::kFAdd:
      return F::Add(a, b);
    case Op::kFSub:
      return F::Sub(a, b);
    case Op::kFMul:
      return F::Mul(a, b);
    case Op::kFDiv:
      return F::Div(a, b);
    case Op::kFNeg:
      return F::Neg(a);
    case Op::kFEq:
      return F::Eq(a, b);
    case Op::kFNe:
      return !F::Eq(a, b);
    case Op::kFLt:
      return F::Lt(a, b);
    case Op::kFLe:
      return F::Le(a, b);
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> Conversion(Op op, Integer a, ir::Type from, ir::Type to) {
  if (from == ir::kF16Type || to == ir::kF16Type) {
    if (op == Op::kBitcast) return a.u;
    return std::nullopt;
  }
  const auto bits = static_cast<uint32_t>(a.u);
  switch (op) {
    case Op::kTrunc:
    case Op::kZExt:
    case Op::kBitcast:
      return a.u;
    case Op::kSExt:
      return static_cast<uint64_t>(a.s);
    case Op::kSIToFp:
      if (from.bits > 32) return std::nullopt;
      return arith::F32::FromInt<int32_t>(static_cast<int32_t>(a.s));
    case Op::kUIToFp:
      if (from.bits > 32) return std::nullopt;
      return arith::F32::FromInt<uint32_t>(bits);
    case Op::kFpToSI:
      if (to.is_int(16)) return static_cast<uint16_t>(arith::F32::ToInt<int16_t>(bits));
      if (to.is_int(32)) return static_cast<uint32_t>(arith::F32::ToInt<int32_t>(bits));
      return std::nullopt;
    case Op::kFpToUI:
      if (to.is_int(16)) return arith::F32::ToInt<uint16_t>(bits);
      if (to.is_int(32)) return arith::F32::ToInt<uint32_t>(bits);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<uint64_t> Evaluate(const ir::Function& f, ir::ValueId id,
                                 std::span<const ir::ValueId> operands) {
  const ir::Instruction& v = f.value(id);
  for (ir::ValueId operand : operands) {
    if (!f.is_const(operand) || ir::BitWidth(f.value(operand).type) > 64) return std::nullopt;
  }
  auto integer = [&](size_t i) {
    return Integer{static_cast<uint64_t>(f.value(operands[i]).imm), f.signed_bits(operands[i])};
  };
  if (operands.empty() || operands.size() > 2) return std::nullopt;
  const ir::Type type = f.value(operands[0]).type;
  if (v.op >= Op::kTrunc && v.op <= Op::kFpToUI) return Conversion(v.op, integer(0), type, v.type);
  if (type.is_float()) {
    if (type == ir::kF16Type) return std::nullopt;
    const uint64_t right = operands.size() > 1 ? integer(1).u : 0;
    return FloatResult(v.op, static_cast<uint32_t>(integer(0).u), static_cast<uint32_t>(right));
  }
  if (operands.size() != 2) return std::nullopt;
  return IntegerResult(v.op, integer(0), integer(1), ir::BitWidth(type));
}

}  // namespace csl::passes
