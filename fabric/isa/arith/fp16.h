// SPDX-License-Identifier: Apache-2.0
// The three 16-bit float formats on bit patterns: F16 (IEEE half), Bf16, Cb16. Members as in F32.
//
//            exponent  mantissa  bias
//   F16      5         10        15
//   Bf16     8         7         127
//   Cb16     6         9         42     bias inferred from the published pattern of 6.0 (0x5900);
//                                       infinities, NaN and subnormals as in IEEE formats (assumed)
//
// An image has one of them as its 16-bit float type; WithFp16 picks the class by Fp16Format.
#ifndef FABRIC_ISA_ARITH_FP16_H_
#define FABRIC_ISA_ARITH_FP16_H_

#include <bit>
#include <cmath>
#include <cstdint>

#include "fabric/isa/arith/f32.h"
#include "fabric/isa/arith/float_round.h"
#include "fabric/isa/arith/int.h"

namespace csl::isa::arith {

template <int kExponent, int kMantissa, int kBias>
struct Fp16 {
  using Bits = uint16_t;
  static constexpr Bits kInfinity = ((1 << kExponent) - 1) << kMantissa;
  static constexpr Bits kNan = kInfinity | (1 << (kMantissa - 1));
  static constexpr Bits kSign = 0x8000;

  static double ToDouble(Bits a) { return Widen16<kExponent, kMantissa, kBias>(a); }
  static Bits FromDouble(double d) { return RoundTo16<kExponent, kMantissa, kBias>(d); }
  static bool IsNan(Bits a) { return (a & 0x7fff) > kInfinity; }

  // Products and quotients of values of at most 11 bits are exact, or correctly rounded twice, in
  // double: 53 >= 2 * 11 + 2.
  static Bits Add(Bits a, Bits b) { return FromDouble(ToDouble(a) + ToDouble(b)); }
  static Bits Sub(Bits a, Bits b) { return FromDouble(ToDouble(a) - ToDouble(b)); }
  static Bits Mul(Bits a, Bits b) { return FromDouble(ToDouble(a) * ToDouble(b)); }
  static Bits Div(Bits a, Bits b) { return FromDouble(ToDouble(a) / ToDouble(b)); }
  static Bits Sqrt(Bits a) { return FromDouble(std::sqrt(ToDouble(a))); }
  static Bits Neg(Bits a) { return a ^ kSign; }
  static Bits Abs(Bits a) { return a & 0x7fff; }

  static Bits Fma(Bits addend, Bits a, Bits b) {
    const double product = ToDouble(a) * ToDouble(b);
    return FromDouble(AddForRounding<kMantissa, 1 - kBias>(product, ToDouble(addend)));
  }

  static Bits Max(Bits a, Bits b) {
    const double x = ToDouble(a);
    const double y = ToDouble(b);
    if (x > y) return a;
    if (y > x) return b;
    if (x == y) return a & b;
    if (x == x) return a;
    return y == y ? b : kNan;
  }

  static Bits Scale(Bits a, int32_t n) {
    const int32_t clamped = n < -600 ? -600 : n > 600 ? 600 : n;
    return FromDouble(std::ldexp(ToDouble(a), clamped));
  }

  // m of a = m * 2^n with |m| in 1 to 2; zeros, infinities and NaN stay what they are.
  static Bits Significand(Bits a) {
    int exponent = 0;
    return FromDouble(2 * std::frexp(ToDouble(a), &exponent));
  }

  static bool Eq(Bits a, Bits b) { return ToDouble(a) == ToDouble(b); }
  static bool Lt(Bits a, Bits b) { return ToDouble(a) < ToDouble(b); }
  static bool Le(Bits a, Bits b) { return ToDouble(a) <= ToDouble(b); }

  template <typename T>
  static T ToInt(Bits a) {
    return TruncateToInt<T>(ToDouble(a));
  }
  template <typename T>
  static T ToIntNearest(Bits a) {
    return RoundToInt<T>(ToDouble(a));
  }
  template <typename T>
  static Bits FromInt(T v) {
    static_assert(sizeof(T) <= 4, "must be exact as a double");
    return FromDouble(static_cast<double>(v));
  }

  // @fh2s and @fs2h.
  static uint32_t ToF32(Bits a) { return F32::FromDouble(ToDouble(a)); }
  static Bits FromF32(uint32_t a) { return FromDouble(F32::ToDouble(a)); }
  // f32 + 16-bit float (@faddhs), and f32 + 16-bit * 16-bit rounded once (@fmachs).
  static uint32_t AddToF32(uint32_t a, Bits b) { return F32::Add(a, ToF32(b)); }
  static uint32_t FmaToF32(uint32_t addend, Bits a, Bits b) {
    const double product = ToDouble(a) * ToDouble(b);
    return F32::FromDouble(AddForRounding<23, -126>(product, F32::ToDouble(addend)));
  }
};

using F16 = Fp16<5, 10, 15>;
using Bf16 = Fp16<8, 7, 127>;
using Cb16 = Fp16<6, 9, 42>;

enum class Fp16Format : uint8_t { kF16, kBf16, kCb16 };

// Calls f(F16{}), f(Bf16{}) or f(Cb16{}).
template <typename F>
decltype(auto) WithFp16(Fp16Format format, F&& f) {
  switch (format) {
    case Fp16Format::kBf16:
      return f(Bf16{});
    case Fp16Format::kCb16:
      return f(Cb16{});
    case Fp16Format::kF16:
      break;
  }
  return f(F16{});
}

}  // namespace csl::isa::arith

#endif  // FABRIC_ISA_ARITH_FP16_H_
