// SPDX-License-Identifier: Apache-2.0
// Conversions between floats and integers of more than 32 bits: rounded once to nearest even, and
// truncated and saturated, as those of 32 bits are.
#include <algorithm>

#include "compiler/passes/wide.h"

namespace csl::passes {

using ir::Op;
using ir::ValueId;

// The highest part that is not zero, the one below it, and one bit for everything further down:
// what a helper function normalises and rounds.
ValueId WideBuilder::ToFloat(bool is_signed, const Parts& a, ir::Type type) {
  Parts magnitude = a;
  ValueId is_negative;
  if (is_signed) {
    is_negative = IsNegative(a);
    magnitude = Select(is_negative, Negate(a), a);
  }
  const ValueId zero = Number(0);
  ValueId high = zero;
  ValueId low = magnitude[0];
  ValueId lost = zero;
  ValueId exponent = zero;
  ValueId below = zero;  // bits under part i - 1
  for (size_t i = 1; i < a.size(); ++i) {
    if (i >= 2) below = Make(Op::kOr, below, magnitude[i - 2]);
    const ValueId is_there = Compare(Op::kNe, magnitude[i], zero);
    const auto choose = [&](ValueId x, ValueId y) {
      return x == y ? x : Make(Op::kSelect, kI32, {is_there, x, y});
    };
    high = choose(magnitude[i], high);
    low = choose(magnitude[i - 1], low);
    lost = choose(below, lost);
    exponent = choose(Number(static_cast<uint32_t>(32 * (i - 1))), exponent);
  }
  const ValueId sticky = Make(Op::kZExt, kI32, {Compare(Op::kNe, lost, zero)});
  low = Make(Op::kOr, low, sticky);
  const char* helper = type == ir::kF32Type                            ? "$wide.to_f32"
                       : module_.fp16_format == isa::Fp16Format::kBf16 ? "$wide.to_bf16"
                                                                       : "$wide.to_small_float";
  const ValueId rounded = CallHelper(helper, type, {high, low, exponent});
  if (!is_signed) return rounded;
  return Make(Op::kSelect, type, {is_negative, Make(Op::kFNeg, type, {rounded}), rounded});
}

// By the bits of the float: its mantissa shifted by its exponent.
Parts WideBuilder::FromFloat(bool is_signed, ValueId a, size_t count) {
  constexpr ir::Type kI16 = ir::IntType(16);
  if (f_.value(a).type == ir::kF16Type) a = Make(Op::kFpExt, ir::kF32Type, {a});
  const ValueId bits = Make(Op::kBitcast, kI32, {a});
  const ValueId biased = Make(Op::kAnd, Make(Op::kLShr, bits, f_.Const(kI16, 23)), Number(255));
  const ValueId fraction = Make(Op::kAnd, bits, Number(0x7fffff));
  Parts mantissa = Zero(count);
  mantissa[0] = Make(Op::kOr, fraction, Number(0x800000));
  const ValueId exponent = Make(Op::kTrunc, kI16, {biased});
  const ValueId up = Make(Op::kSub, kI16, {exponent, f_.Const(kI16, 150)});
  const ValueId down = Make(Op::kSub, kI16, {f_.Const(kI16, 150), exponent});
  Parts small = Zero(count);
  small[0] = Make(Op::kLShr, mantissa[0], down);
  const ValueId is_small = Make(Op::kULt, ir::kBoolType, {exponent, f_.Const(kI16, 150)});
  Parts out = Select(is_small, small, Shift(Op::kShl, mantissa, up));
  const ValueId is_negative = Compare(Op::kSLt, bits, Number(0));
  Parts highest(count, Number(0xffffffff));
  Parts lowest = Zero(count);
  if (is_signed) {
    out = Select(is_negative, Negate(out), out);
    highest.back() = Number(0x7fffffff);
    lowest.back() = Number(0x80000000);
  } else {
    out = Select(is_negative, Zero(count), out);
  }
  const uint64_t limit = std::min<uint64_t>(127 + 32 * count - (is_signed ? 1 : 0), 255);
  const ValueId is_big = Make(Op::kULe, ir::kBoolType, {f_.Const(kI16, limit), exponent});
  out = Select(is_big, Select(is_negative, lowest, highest), out);
  const ValueId is_nan = Make(Op::kFNe, ir::kBoolType, {a, a});
  return Select(is_nan, Zero(count), out);
}

}  // namespace csl::passes
