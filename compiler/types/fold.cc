// SPDX-License-Identifier: Apache-2.0
// Unary and binary operators on known values.
#include "compiler/types/fold.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "compiler/types/coercion.h"
#include "compiler/types/numbers.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"

namespace csl::types {
namespace {

constexpr const char* kBinaryText[] = {
#define BINARY_OP(name, text) text,
#include "compiler/lower/operators.def"
};
constexpr const char* kUnaryText[] = {
#define UNARY_OP(name, text) text,
#include "compiler/lower/operators.def"
};

// A comptime_int must stay printable in reasonable time and memory.
constexpr uint64_t kMaxComptimeBits = 1 << 20;

bool Holds(BinaryOp op, std::strong_ordering order) {
  switch (op) {
    case BinaryOp::kEq:
      return order == 0;
    case BinaryOp::kNe:
      return order != 0;
    case BinaryOp::kLt:
      return order < 0;
    case BinaryOp::kGt:
      return order > 0;
    case BinaryOp::kLe:
      return order <= 0;
    default:
      return order >= 0;
  }
}

ProblemOr<BigInt> Apply(BinaryOp op, const BigInt& a, const BigInt& b) {
  BigInt quotient, remainder;
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSub:
      return a - b;
    case BinaryOp::kMul:
      if (a.BitLength() + b.BitLength() > kMaxComptimeBits) {
        return diagnostics::NotSupported(
            fmt::format("integers of more than {} bits", kMaxComptimeBits));
      }
      return a * b;
    case BinaryOp::kBitAnd:
      return a & b;
    case BinaryOp::kBitOr:
      return a | b;
    case BinaryOp::kBitXor:
      return a ^ b;
    default:
      break;
  }
  CHECK(op == BinaryOp::kDiv || op == BinaryOp::kRem);
  if (b.is_zero()) return Problem(diagnostics::Kind::kDivisionByZero, {});
  BigInt::DivMod(a, b, &quotient, &remainder);
  return op == BinaryOp::kDiv ? quotient : remainder;
}

// Operators on numbers of at most 64 bits, without BigInt. *exact says whether the 64 bits hold the
// mathematical result.
uint64_t ApplyNarrow(BinaryOp op, uint64_t a, uint64_t b, bool is_signed, bool* exact) {
  const auto x = is_signed ? static_cast<__int128>(static_cast<int64_t>(a)) : __int128{a};
  const auto y = is_signed ? static_cast<__int128>(static_cast<int64_t>(b)) : __int128{b};
  __int128 r = 0;
  switch (op) {
    case BinaryOp::kAdd:
      r = x + y;
      break;
    case BinaryOp::kSub:
      r = x - y;
      break;
    case BinaryOp::kDiv:
      r = x / y;
      break;
    case BinaryOp::kRem:
      r = x % y;
      break;
    case BinaryOp::kBitAnd:
      r = x & y;
      break;
    case BinaryOp::kBitOr:
      r = x | y;
      break;
    case BinaryOp::kBitXor:
      r = x ^ y;
      break;
    default: {
      // Only the product can leave 128 bits, and only for two large unsigned factors.
      CHECK(op == BinaryOp::kMul);
      unsigned __int128 product = 0;
      const bool overflow =
          !is_signed && __builtin_mul_overflow(static_cast<unsigned __int128>(x),
                                               static_cast<unsigned __int128>(y), &product);
      r = is_signed ? x * y : static_cast<__int128>(product);
      *exact = !overflow;
      if (!is_signed && product >> 64 != 0) *exact = false;
      if (is_signed) *exact = r == static_cast<int64_t>(r);
      return static_cast<uint64_t>(r);
    }
  }
  *exact = is_signed ? r == static_cast<int64_t>(r) : r >= 0 && (r >> 64) == 0;
  return static_cast<uint64_t>(r);
}

ProblemOr<Folded> FoldInts(const TypeStore& s, BinaryOp op, TypeId t, const Value& a,
                           const Value& b) {
  if (IsComparison(op)) {
    if (a.is_immediate() && b.is_immediate()) {
      const bool is_signed = t == kComptimeIntType || s.int_is_signed(t);
      return Folded{
          Value::Bool(Holds(op, is_signed ? a.int64() <=> b.int64() : a.bits() <=> b.bits()))};
    }
    return Folded{Value::Bool(Holds(op, ToBigInt(s, a) <=> ToBigInt(s, b)))};
  }
  if (a.is_immediate() && b.is_immediate()) {
    const bool is_comptime = t == kComptimeIntType;
    const bool is_signed = is_comptime || s.int_is_signed(t);
    if ((op == BinaryOp::kDiv || op == BinaryOp::kRem) && b.bits() == 0) {
      return Problem(diagnostics::Kind::kDivisionByZero, {});
    }
    bool exact = true;
    const uint64_t r = ApplyNarrow(op, a.bits(), b.bits(), is_signed, &exact);
    if (!is_comptime) {
      const uint64_t wrapped = isa::arith::WrapTo(r, s.int_bits(t), is_signed);
      const bool fits = exact && wrapped == r;
      return Folded{Value::Immediate(t, wrapped), fits ? FoldNote::kNone : FoldNote::kWrapped};
    }
    if (exact) return Folded{Value::Immediate(t, r)};
  }
  ASSIGN_OR_RETURN(const BigInt r, Apply(op, ToBigInt(s, a), ToBigInt(s, b)));
  const bool fits = t == kComptimeIntType || r.FitsInt(s.int_is_signed(t), s.int_bits(t));
  return Folded{IntValue(s, t, r), fits ? FoldNote::kNone : FoldNote::kWrapped};
}

ProblemOr<Folded> FoldShift(const TypeStore& s, BinaryOp op, const Value& a, const Value& b) {
  RETURN_IF_PROBLEM(CheckBinaryOperand(s, op, a.type()));
  RETURN_IF_PROBLEM(CheckShiftCount(s, b.type()));
  const BigInt count = ToBigInt(s, b);
  const TypeId t = a.type();
  if (count.is_negative()) return Problem(diagnostics::Kind::kNegativeShift, {});
  if (t == kComptimeIntType) {
    if (count > BigInt(kMaxComptimeBits)) {
      return diagnostics::NotSupported(
          fmt::format("integers of more than {} bits", kMaxComptimeBits));
    }
    const BigInt n = ToBigInt(s, a);
    return Folded{Value::ComptimeInt(op == BinaryOp::kShl ? n.ShiftLeft(count.Low64())
                                                          : n.ShiftRight(count.Low64()))};
  }
  if (count >= BigInt(s.int_bits(t))) {
    return Problem(diagnostics::Kind::kShiftCount,
                   {TypeText(s, t), count.ToString(), s.int_bits(t)});
  }
  const BigInt n = ToBigInt(s, a);
  return Folded{IntValue(
      s, t, op == BinaryOp::kShl ? n.ShiftLeft(count.Low64()) : n.ShiftRight(count.Low64()))};
}

ProblemOr<Folded> FoldDoubles(BinaryOp op, double a, double b) {
  if (IsComparison(op)) {
    const bool less = a < b;
    const bool equal = a == b;
    switch (op) {
      case BinaryOp::kEq:
        return Folded{Value::Bool(equal)};
      case BinaryOp::kNe:
        return Folded{Value::Bool(!equal)};
      case BinaryOp::kLt:
        return Folded{Value::Bool(less)};
      case BinaryOp::kLe:
        return Folded{Value::Bool(less || equal)};
      case BinaryOp::kGt:
        return Folded{Value::Bool(a > b)};
      default:
        return Folded{Value::Bool(a >= b)};
    }
  }
  if (op == BinaryOp::kDiv && b == 0) return Problem(diagnostics::Kind::kDivisionByZero, {});
  const double r = op == BinaryOp::kAdd   ? a + b
                   : op == BinaryOp::kSub ? a - b
                   : op == BinaryOp::kMul ? a * b
                                          : a / b;
  if (r != r) return Problem(diagnostics::Kind::kNotANumber, {});
  return Folded{Value::ComptimeFloat(r)};
}

ProblemOr<Folded> FoldFloats(const TypeStore& s, BinaryOp op, TypeId t, const Value& a,
                             const Value& b) {
  if (t == kComptimeFloatType) return FoldDoubles(op, a.comptime_float(), b.comptime_float());
  return WithFloat(s, t, [&](auto format) -> ProblemOr<Folded> {
    using Format = decltype(format);
    const auto x = static_cast<typename Format::Bits>(a.bits());
    const auto y = static_cast<typename Format::Bits>(b.bits());
    switch (op) {
      case BinaryOp::kAdd:
        return Folded{Value::Immediate(t, Format::Add(x, y))};
      case BinaryOp::kSub:
        return Folded{Value::Immediate(t, Format::Sub(x, y))};
      case BinaryOp::kMul:
        return Folded{Value::Immediate(t, Format::Mul(x, y))};
      case BinaryOp::kDiv:
        return Folded{Value::Immediate(t, Format::Div(x, y))};
      case BinaryOp::kEq:
        return Folded{Value::Bool(Format::Eq(x, y))};
      case BinaryOp::kNe:
        return Folded{Value::Bool(!Format::Eq(x, y))};
      case BinaryOp::kLt:
        return Folded{Value::Bool(Format::Lt(x, y))};
      case BinaryOp::kLe:
        return Folded{Value::Bool(Format::Le(x, y))};
      case BinaryOp::kGt:
        return Folded{Value::Bool(Format::Lt(y, x))};
      case BinaryOp::kGe:
        return Folded{Value::Bool(Format::Le(y, x))};
      default:
        CHECK(false) << "float operator";
        return diagnostics::NoProblem();
    }
  });
}

bool IsArithmetic(BinaryOp op) { return op <= BinaryOp::kDiv; }
bool IsEquality(BinaryOp op) { return op == BinaryOp::kEq || op == BinaryOp::kNe; }

bool HasEquality(const TypeStore& s, TypeId t) {
  switch (s.kind(t)) {
    case Kind::kBool:
    case Kind::kEnum:
    case Kind::kDirection:
    case Kind::kComptimeString:
    case Kind::kType:
    case Kind::kXdsr:
    case Kind::kSr:
      return true;
    default:
      return IsNumeric(s, t) || IsMachineId(s, t) || IsDsr(s, t);
  }
}

}  // namespace

bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEq; }
bool IsShift(BinaryOp op) { return op == BinaryOp::kShl || op == BinaryOp::kShr; }

Problem CheckBinaryOperand(const TypeStore& s, BinaryOp op, TypeId t) {
  const char* text = kBinaryText[static_cast<int>(op)];
  const char* wanted = nullptr;
  if (IsEquality(op)) {
    if (HasEquality(s, t)) return diagnostics::NoProblem();
    return Problem(diagnostics::Kind::kNotComparable, {TypeText(s, t)});
  }
  if (IsArithmetic(op) || IsComparison(op)) {
    if (!IsNumeric(s, t)) wanted = "numbers";
  } else if (!IsAnyInt(s, t)) {
    wanted = "integers";
  }
  if (wanted == nullptr) return diagnostics::NoProblem();
  return Problem(diagnostics::Kind::kOperatorOperand, {text, wanted, TypeText(s, t)});
}

Problem CheckUnaryOperand(const TypeStore& s, UnaryOp op, TypeId t) {
  const char* wanted = nullptr;
  if (op == UnaryOp::kNeg && !IsNumeric(s, t)) wanted = "a number";
  if (op == UnaryOp::kBitNot && !IsInt(s, t)) wanted = "a fixed-width integer";
  if (op == UnaryOp::kNot && t != kBoolType) wanted = "a bool";
  if (wanted == nullptr) return diagnostics::NoProblem();
  return Problem(diagnostics::Kind::kOperatorOperand,
                 {kUnaryText[static_cast<int>(op)], wanted, TypeText(s, t)});
}

Problem CheckShiftCount(const TypeStore& s, TypeId t) {
  if (t == kComptimeIntType || (IsInt(s, t) && !s.int_is_signed(t)))
    return diagnostics::NoProblem();
  return Problem(diagnostics::Kind::kShiftCountType, {TypeText(s, t)});
}

namespace {

// The type that a fixed-width integer of at most 64 bits and a comptime_int have in common, if the
// latter is a number of it; invalid for anything else.
TypeId CommonInt(const TypeStore& s, const Value& a, const Value& b) {
  const bool a_is_comptime = a.type() == kComptimeIntType;
  const Value& number = a_is_comptime ? a : b;
  const TypeId t = a_is_comptime ? b.type() : a.type();
  const bool are_small = a.is_immediate() && b.is_immediate();
  if (!are_small || number.type() != kComptimeIntType || !IsInt(s, t)) return {};
  const uint32_t bits = s.int_bits(t);
  const uint32_t value_bits = bits - (s.int_is_signed(t) ? 1 : 0);
  if (bits == 0 || bits > 64 || number.int64() < 0) return {};
  return value_bits == 64 || number.bits() >> value_bits == 0 ? t : TypeId();
}

}  // namespace

ProblemOr<Folded> FoldBinary(TypeStore& s, BinaryOp op, const Value& a, const Value& b) {
  if (IsShift(op)) return FoldShift(s, op, a, b);
  TypeId t = a.type();
  if (t != b.type()) {
    if (const TypeId common = CommonInt(s, a, b); common.valid()) {
      return FoldInts(s, op, common, a, b);
    }
  }
  if (b.type() == t) {
    RETURN_IF_PROBLEM(CheckBinaryOperand(s, op, t));
    if (IsAnyInt(s, t)) return FoldInts(s, op, t, a, b);
    if (IsAnyFloat(s, t)) return FoldFloats(s, op, t, a, b);
    return Folded{Value::Bool(Identical(a, b) == (op == BinaryOp::kEq))};
  }
  const std::array<Peer, 2> peers = {Peer{a.type(), &a}, Peer{b.type(), &b}};
  ASSIGN_OR_RETURN(t, ResolvePeers(s, peers));
  ASSIGN_OR_RETURN(const CoercedValue x, CoerceValue(s, a, t));
  ASSIGN_OR_RETURN(const CoercedValue y, CoerceValue(s, b, t));
  return FoldBinary(s, op, x.value, y.value);
}

ProblemOr<Folded> FoldUnary(TypeStore& s, UnaryOp op, const Value& v) {
  const TypeId t = v.type();
  RETURN_IF_PROBLEM(CheckUnaryOperand(s, op, t));
  if (op == UnaryOp::kNot) return Folded{Value::Bool(!v.AsBool())};
  if (op == UnaryOp::kBitNot) return Folded{IntValue(s, t, BigInt(-1) - ToBigInt(s, v))};
  if (t == kComptimeFloatType) return Folded{Value::ComptimeFloat(-v.comptime_float())};
  if (IsFixedFloat(s, t)) {
    return Folded{WithFloat(s, t, [&](auto format) {
      using Format = decltype(format);
      return Value::Immediate(t, Format::Neg(static_cast<typename Format::Bits>(v.bits())));
    })};
  }
  const BigInt negated = -ToBigInt(s, v);
  const bool fits = t == kComptimeIntType || negated.FitsInt(s.int_is_signed(t), s.int_bits(t));
  return Folded{IntValue(s, t, negated), fits ? FoldNote::kNone : FoldNote::kWrapped};
}

}  // namespace csl::types
