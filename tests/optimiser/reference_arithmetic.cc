// SPDX-License-Identifier: Apache-2.0
#include "tests/optimiser/reference_arithmetic.h"

#include <cmath>

#include "base/check.h"
#include "fabric/isa/arith/float.h"

namespace csl::optimiser {
namespace {

using ir::Op;
using SignedWord = __int128;
namespace arith = isa::arith;

SignedWord Signed(Word bits, uint32_t width) {
  return static_cast<SignedWord>(bits << (128 - width)) >> (128 - width);
}

Word Quotient(Op op, Word a, Word b, uint32_t width) {
  const bool is_quotient = op == Op::kSDiv || op == Op::kUDiv;
  if (b == 0) return is_quotient ? ~Word{0} : a;
  if (op == Op::kUDiv) return a / b;
  if (op == Op::kURem) return a % b;
  const SignedWord x = Signed(a, width);
  const SignedWord y = Signed(b, width);
  return static_cast<Word>(is_quotient ? x / y : x % y);
}

Word Shifted(Op op, Word a, Word count, uint32_t width) {
  const bool is_out = count >= width;
  const int by = is_out ? 0 : static_cast<int>(count);
  if (op == Op::kShl) return is_out ? 0 : a << by;
  if (op == Op::kLShr) return is_out ? 0 : a >> by;
  const SignedWord x = Signed(a, width);
  return static_cast<Word>(is_out ? (x < 0 ? -1 : 0) : x >> by);
}

// The nearest double, rounded to odd: rounding it once more to fewer bits is rounding once.
double RoundedToOdd(Word magnitude) {
  int exponent = 0;
  bool lost = false;
  while (magnitude >> 53 != 0) {
    lost = lost || (magnitude & 1) != 0;
    magnitude >>= 1;
    ++exponent;
  }
  if (lost) magnitude |= 1;
  return std::ldexp(static_cast<double>(static_cast<uint64_t>(magnitude)), exponent);
}

// Calls f(a format of floats).
template <typename F>
auto WithFormat(ir::Type type, isa::Fp16Format format, F&& f) {
  if (type == ir::kF32Type) return f(arith::F32{});
  return arith::WithFp16(static_cast<arith::Fp16Format>(format), f);
}

double ToDouble(Word a, ir::Type type, isa::Fp16Format format) {
  return WithFormat(type, format, [&](auto of) {
    return decltype(of)::ToDouble(static_cast<typename decltype(of)::Bits>(a));
  });
}

Word FromDouble(double d, ir::Type type, isa::Fp16Format format) {
  return WithFormat(type, format, [&](auto of) { return Word{decltype(of)::FromDouble(d)}; });
}

Word Saturated(double d, bool is_signed, uint32_t width) {
  if (d != d) return 0;
  const double ends = std::ldexp(1.0, static_cast<int>(width - (is_signed ? 1 : 0)));
  const Word highest = Masked(~Word{0}, width - (is_signed ? 1 : 0));
  if (d >= ends) return highest;
  if (!is_signed) return d <= 0 ? 0 : static_cast<Word>(d);
  if (d < -ends) return highest + 1;
  return static_cast<Word>(static_cast<SignedWord>(d));
}

}  // namespace

Word Masked(Word bits, uint32_t width) {
  return width >= 128 ? bits : bits & ((Word{1} << width) - 1);
}

Word IntegerOperation(Op op, Word a, Word b, uint32_t width) {
  switch (op) {
    case Op::kAdd:
      return Masked(a + b, width);
    case Op::kSub:
      return Masked(a - b, width);
    case Op::kMul:
      return Masked(a * b, width);
    case Op::kUMulH:
      return Masked((a * b) >> width, width);
    case Op::kSMulH:
      return Masked(static_cast<Word>(Signed(a, width) * Signed(b, width)) >> width, width);
    case Op::kAnd:
      return a & b;
    case Op::kOr:
      return a | b;
    case Op::kXor:
      return a ^ b;
    case Op::kShl:
    case Op::kLShr:
    case Op::kAShr:
      return Masked(Shifted(op, a, b, width), width);
    case Op::kSDiv:
    case Op::kUDiv:
    case Op::kSRem:
    case Op::kURem:
      return Masked(Quotient(op, a, b, width), width);
    default:
      CHECK(false) << "operation";
      return 0;
  }
}

bool IntegerComparison(Op op, Word a, Word b, uint32_t width) {
  switch (op) {
    case Op::kEq:
      return a == b;
    case Op::kNe:
      return a != b;
    case Op::kULt:
      return a < b;
    case Op::kULe:
      return a <= b;
    case Op::kSLt:
      return Signed(a, width) < Signed(b, width);
    default:
      return Signed(a, width) <= Signed(b, width);
  }
}

Word FloatOperation(Op op, Word a, Word b, ir::Type type, isa::Fp16Format format) {
  return WithFormat(type, format, [&](auto of) -> Word {
    using F = decltype(of);
    const auto x = static_cast<typename F::Bits>(a);
    const auto y = static_cast<typename F::Bits>(b);
    switch (op) {
      case Op::kFAdd:
        return F::Add(x, y);
      case Op::kFSub:
        return F::Sub(x, y);
      case Op::kFMul:
        return F::Mul(x, y);
      case Op::kFDiv:
        return F::Div(x, y);
      case Op::kFNeg:
        return F::Neg(x);
      case Op::kFEq:
        return F::Eq(x, y);
      case Op::kFNe:
        return !F::Eq(x, y);
      case Op::kFLt:
        return F::Lt(x, y);
      default:
        return F::Le(x, y);
    }
  });
}

Word Conversion(Op op, Word a, ir::Type from, ir::Type to, isa::Fp16Format format) {
  switch (op) {
    case Op::kTrunc:
      return Masked(a, to.bits);
    case Op::kSExt:
      return Masked(static_cast<Word>(Signed(a, from.bits)), to.bits);
    case Op::kFpExt:
    case Op::kFpTrunc:
      return FromDouble(ToDouble(a, from, format), to, format);
    case Op::kUIToFp:
      return FromDouble(RoundedToOdd(a), to, format);
    case Op::kSIToFp: {
      const SignedWord x = Signed(a, from.bits);
      const double magnitude =
          RoundedToOdd(x < 0 ? Word{0} - static_cast<Word>(x) : static_cast<Word>(x));
      return FromDouble(x < 0 ? -magnitude : magnitude, to, format);
    }
    case Op::kFpToSI:
    case Op::kFpToUI:
      return Masked(Saturated(ToDouble(a, from, format), op == Op::kFpToSI, to.bits), to.bits);
    default:
      return a;  // zext, bitcast
  }
}

}  // namespace csl::optimiser
