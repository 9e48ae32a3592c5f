// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/evaluate.h"

#include <array>

#include "compiler/ir/ops.h"
#include "fabric/isa/arith/float.h"
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
    case Op::kUMulH:
      return (a.u * b.u) >> 32;
    case Op::kSMulH:
      return static_cast<uint64_t>((a.s * b.s) >> 32);
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

template <typename F>
std::optional<uint64_t> FloatResult(Op op, uint64_t left, uint64_t right) {
  const auto a = static_cast<typename F::Bits>(left);
  const auto b = static_cast<typename F::Bits>(right);
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

// Between integers of up to 32 bits and the float format F.
template <typename F>
std::optional<uint64_t> IntegerConversion(Op op, Integer a, ir::Type from, ir::Type to) {
  const auto bits = static_cast<typename F::Bits>(a.u);
  switch (op) {
    case Op::kSIToFp:
      if (from.bits > 32) return std::nullopt;
      return F::template FromInt<int32_t>(static_cast<int32_t>(a.s));
    case Op::kUIToFp:
      if (from.bits > 32) return std::nullopt;
      return F::template FromInt<uint32_t>(static_cast<uint32_t>(a.u));
    case Op::kFpToSI:
      if (to.is_int(16)) return static_cast<uint16_t>(F::template ToInt<int16_t>(bits));
      if (to.is_int(32)) return static_cast<uint32_t>(F::template ToInt<int32_t>(bits));
      return std::nullopt;
    case Op::kFpToUI:
      if (to.is_int(16)) return F::template ToInt<uint16_t>(bits);
      if (to.is_int(32)) return F::template ToInt<uint32_t>(bits);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> Conversion(Op op, Integer a, ir::Type from, ir::Type to,
                                   arith::Fp16Format format) {
  switch (op) {
    case Op::kTrunc:
    case Op::kZExt:
    case Op::kBitcast:
      return a.u;
    case Op::kSExt:
      // Constants are zero above 64 bits.
      if (ir::BitWidth(to) > 64 && a.s < 0) return std::nullopt;
      return static_cast<uint64_t>(a.s);
    case Op::kFpExt:
      return arith::WithFp16(format, [&](auto half) -> uint64_t {
        return decltype(half)::ToF32(static_cast<uint16_t>(a.u));
      });
    case Op::kFpTrunc:
      return arith::WithFp16(format, [&](auto half) -> uint64_t {
        return decltype(half)::FromF32(static_cast<uint32_t>(a.u));
      });
    default:
      break;
  }
  if (from == ir::kF16Type || to == ir::kF16Type) {
    return arith::WithFp16(
        format, [&](auto half) { return IntegerConversion<decltype(half)>(op, a, from, to); });
  }
  return IntegerConversion<arith::F32>(op, a, from, to);
}

}  // namespace

std::optional<uint64_t> Evaluate(ir::Op op, ir::Type result, std::span<const Constant> operands,
                                 isa::Fp16Format fp16_format) {
  const auto format = static_cast<arith::Fp16Format>(fp16_format);
  if (operands.empty() || operands.size() > 2) return std::nullopt;
  for (const Constant& operand : operands) {
    if (ir::BitWidth(operand.type) > 64) return std::nullopt;
  }
  const auto integer = [&](size_t i) {
    const Constant& operand = operands[i];
    return Integer{operand.bits, ir::SignExtended(operand.type, operand.bits)};
  };
  const ir::Type type = operands[0].type;
  if (op >= Op::kTrunc && op <= Op::kFpToUI) {
    return Conversion(op, integer(0), type, result, format);
  }
  if (type.is_float()) {
    const uint64_t left = operands[0].bits;
    const uint64_t right = operands.size() > 1 ? operands[1].bits : 0;
    if (type == ir::kF32Type) return FloatResult<arith::F32>(op, left, right);
    return arith::WithFp16(format,
                           [&](auto half) { return FloatResult<decltype(half)>(op, left, right); });
  }
  if (operands.size() != 2) return std::nullopt;
  return IntegerResult(op, integer(0), integer(1), ir::BitWidth(type));
}

std::optional<uint64_t> Evaluate(const ir::Function& f, ir::ValueId id,
                                 std::span<const ir::ValueId> operands,
                                 isa::Fp16Format fp16_format) {
  if (operands.empty() || operands.size() > 2) return std::nullopt;
  std::array<Constant, 2> constants;
  for (size_t i = 0; i < operands.size(); ++i) {
    if (!f.is_const(operands[i])) return std::nullopt;
    const ir::Instruction& operand = f.value(operands[i]);
    constants[i] = {operand.type, static_cast<uint64_t>(operand.imm)};
  }
  const ir::Instruction& v = f.value(id);
  return Evaluate(v.op, v.type, std::span(constants).first(operands.size()), fp16_format);
}

}  // namespace csl::passes
