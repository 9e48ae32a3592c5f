// SPDX-License-Identifier: Apache-2.0
// Arithmetic, comparisons and logic: folded when both sides are known, emitted otherwise.
#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/library_forms.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using lower::BinaryOp;
using types::TypeId;

namespace {

Operand FoldKnown(Frame& f, BinaryOp op, const Operand& a, const Operand& b, source::Span span) {
  const diagnostics::ProblemOr<types::Folded> result =
      types::FoldBinary(f.sema.types, static_cast<types::BinaryOp>(op), Use(f, a), Use(f, b));
  if (!result.ok()) return FailWith(f, span, result.status());
  if (result->note == types::FoldNote::kWrapped && !f.emits()) {
    f.sema.Report(&f, span, Kind::kWrapped, {f.sema.ValueText(result->value)});
  }
  return Operand::Const(result->value);
}

struct Emission {
  ir::Op op = ir::Op::kAdd;
  bool swapped = false;  // a > b is b < a
};

Emission IntegerOp(BinaryOp op, bool is_signed) {
  switch (op) {
    case BinaryOp::kAdd:
      return {ir::Op::kAdd};
    case BinaryOp::kSub:
      return {ir::Op::kSub};
    case BinaryOp::kMul:
      return {ir::Op::kMul};
    case BinaryOp::kDiv:
      return {is_signed ? ir::Op::kSDiv : ir::Op::kUDiv};
    case BinaryOp::kRem:
      return {is_signed ? ir::Op::kSRem : ir::Op::kURem};
    case BinaryOp::kShl:
      return {ir::Op::kShl};
    case BinaryOp::kShr:
      return {is_signed ? ir::Op::kAShr : ir::Op::kLShr};
    case BinaryOp::kBitAnd:
      return {ir::Op::kAnd};
    case BinaryOp::kBitXor:
      return {ir::Op::kXor};
    case BinaryOp::kBitOr:
      return {ir::Op::kOr};
    case BinaryOp::kEq:
      return {ir::Op::kEq};
    case BinaryOp::kNe:
      return {ir::Op::kNe};
    case BinaryOp::kLt:
      return {is_signed ? ir::Op::kSLt : ir::Op::kULt};
    case BinaryOp::kGt:
      return {is_signed ? ir::Op::kSLt : ir::Op::kULt, true};
    case BinaryOp::kLe:
      return {is_signed ? ir::Op::kSLe : ir::Op::kULe};
    case BinaryOp::kGe:
      return {is_signed ? ir::Op::kSLe : ir::Op::kULe, true};
  }
  return {};
}

Emission FloatOp(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
      return {ir::Op::kFAdd};
    case BinaryOp::kSub:
      return {ir::Op::kFSub};
    case BinaryOp::kMul:
      return {ir::Op::kFMul};
    case BinaryOp::kDiv:
      return {ir::Op::kFDiv};
    case BinaryOp::kEq:
      return {ir::Op::kFEq};
    case BinaryOp::kNe:
      return {ir::Op::kFNe};
    case BinaryOp::kLt:
      return {ir::Op::kFLt};
    case BinaryOp::kGt:
      return {ir::Op::kFLt, true};
    case BinaryOp::kLe:
      return {ir::Op::kFLe};
    default:
      return {ir::Op::kFLe, true};  // kGe; the others are refused for floats
  }
}

Operand EmitShift(Frame& f, BinaryOp op, const Operand& a, const Operand& b, source::Span span) {
  types::TypeStore& s = f.sema.types;
  diagnostics::Problem ok = types::CheckBinaryOperand(s, static_cast<types::BinaryOp>(op), a.type);
  if (!ok.ok()) return FailWith(f, span, ok);
  if (a.type == types::kComptimeIntType) {
    return FailAt(f, span, Kind::kNotComptime, {"the count of a shift of a comptime_int"});
  }
  Operand count = b;
  if (b.is_const()) {  // a known count may have any type that holds it
    const types::BigInt n = types::ToBigInt(s, Use(f, b));
    if (n < types::BigInt(0) || n >= types::BigInt(s.int_bits(a.type))) {
      return FailAt(f, span, Kind::kOutOfRange,
                    {"a shift count", 0, s.int_bits(a.type) - 1, n.ToString()});
    }
    count = Operand::Const(types::IntValue(s, types::kU16Type, n));
  } else {
    ok = types::CheckShiftCount(s, b.type);
    if (!ok.ok()) return FailWith(f, span, ok);
  }
  const Emission e = IntegerOp(op, s.int_is_signed(a.type));
  return Operand::Runtime(a.type,
                          f.builder->Binary(e.op, ToScalar(f, a, span), ToScalar(f, count, span)));
}

Operand EmitBinary(Frame& f, BinaryOp op, const Operand& a, const Operand& b, TypeId type,
                   source::Span span) {
  types::TypeStore& s = f.sema.types;
  const bool is_float = types::IsFixedFloat(s, type);
  const bool is_signed = types::IsInt(s, type) && s.int_is_signed(type);
  const Emission e = is_float ? FloatOp(op) : IntegerOp(op, is_signed);
  ir::ValueId x = ToScalar(f, a, span);
  ir::ValueId y = ToScalar(f, b, span);
  if (e.swapped) std::swap(x, y);
  const bool compares = types::IsComparison(static_cast<types::BinaryOp>(op));
  return Operand::Runtime(compares ? types::kBoolType : type, f.builder->Binary(e.op, x, y));
}

}  // namespace

Operand BinaryOperation(Frame& f, BinaryOp op, const Operand& a, const Operand& b,
                        source::Span span) {
  if (a.is_poison() || b.is_poison()) return Operand::Poison();
  if (a.type == types::kTypeType && !IsInLibrary(f, span)) {
    f.sema.ReportForm(diagnostics::Form::kTypeEquality, span);
  }
  if (a.is_const() && b.is_const()) return FoldKnown(f, op, a, b, span);
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"both operands"});
  if (types::IsShift(static_cast<types::BinaryOp>(op))) return EmitShift(f, op, a, b, span);
  const Operand both[] = {a, b};
  const TypeId type = PeerType(f, both, span);
  if (!type.valid()) return Operand::Poison();
  const diagnostics::Problem ok =
      types::CheckBinaryOperand(f.sema.types, static_cast<types::BinaryOp>(op), type);
  if (!ok.ok()) return FailWith(f, span, ok);
  const Operand x = Coerce(f, a, type, span);
  const Operand y = Coerce(f, b, type, span);
  if (x.is_poison() || y.is_poison()) return Operand::Poison();
  if (!IsScalar(f.sema.types, type)) {
    return FailAt(f, span, Kind::kNotSupportedYet, {"comparing values of this type"});
  }
  return EmitBinary(f, op, x, y, type, span);
}

Flow HandleBinary(Frame& f, InstId i, const untyped::Binary& inst) {
  const Operand& left = f.result(inst.left);
  const Operand& right = f.result(inst.right);
  if (left.is_const() && right.is_const()) {
    return f.Set(i, BinaryOperation(f, inst.op, left, right, f.span(i)));
  }
  if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
  const Operand a = ValueOf(f, left, f.span(inst.left));
  const Operand b = ValueOf(f, right, f.span(inst.right));
  return f.Set(i, BinaryOperation(f, inst.op, a, b, f.span(i)));
}

Flow HandleUnary(Frame& f, InstId i, const untyped::Unary& inst) {
  const auto op = static_cast<types::UnaryOp>(inst.op);
  const Operand v = ValueOf(f, f.result(inst.operand), f.span(inst.operand));
  if (v.is_poison()) return f.Set(i, v);
  if (op == types::UnaryOp::kBitNot && v.type == types::kBoolType) {
    return f.Set(i, FailOnForm(f, diagnostics::Form::kBitNotOfBool, f.span(i)));
  }
  if (op == types::UnaryOp::kNot && types::IsAnyInt(f.sema.types, v.type)) {
    return f.Set(i, FailOnForm(f, diagnostics::Form::kNotOfInteger, f.span(i)));
  }
  if (v.is_const()) {
    const diagnostics::ProblemOr<types::Folded> result =
        types::FoldUnary(f.sema.types, op, Use(f, v));
    if (!result.ok()) return f.Set(i, FailWith(f, f.span(i), result.status()));
    if (result->note == types::FoldNote::kWrapped && !f.emits()) {
      f.sema.Report(&f, f.span(i), Kind::kWrapped, {f.sema.ValueText(result->value)});
    }
    return f.Set(i, Operand::Const(result->value));
  }
  const diagnostics::Problem ok = types::CheckUnaryOperand(f.sema.types, op, v.type);
  if (!ok.ok()) return f.Set(i, FailWith(f, f.span(i), ok));
  const ir::ValueId value = ToScalar(f, v, f.span(i));
  const bool negates = inst.op == lower::UnaryOp::kNeg;
  return f.Set(i,
               Operand::Runtime(v.type, negates ? f.builder->Neg(value) : f.builder->Not(value)));
}

}  // namespace csl::sema
