// SPDX-License-Identifier: Apache-2.0
// F32: IEEE single precision on bit patterns. Results that are NaN are the canonical one.
//
// The formats F32, F16, Bf16 and Cb16 (fp16.h) have the same members, so that code can be written
// once for all. Neg and Abs touch the sign bit alone, NaN or not.
#ifndef FABRIC_ISA_ARITH_F32_H_
#define FABRIC_ISA_ARITH_F32_H_

#include <bit>
#include <cmath>
#include <cstdint>

#include "fabric/isa/arith/float_round.h"
#include "fabric/isa/arith/int.h"

namespace csl::isa::arith {

struct F32 {
  using Bits = uint32_t;
  static constexpr Bits kNan = 0x7fc00000;
  static constexpr Bits kInfinity = 0x7f800000;
  static constexpr Bits kSign = 0x80000000;

  static float AsFloat(Bits a) { return std::bit_cast<float>(a); }
  static Bits Canonical(float f) { return f != f ? kNan : std::bit_cast<Bits>(f); }
  static double ToDouble(Bits a) { return AsFloat(a); }
  static Bits FromDouble(double d) { return Canonical(static_cast<float>(d)); }
  static bool IsNan(Bits a) { return (a & ~kSign) > kInfinity; }

  static Bits Add(Bits a, Bits b) { return Canonical(AsFloat(a) + AsFloat(b)); }
  static Bits Sub(Bits a, Bits b) { return Canonical(AsFloat(a) - AsFloat(b)); }
  static Bits Mul(Bits a, Bits b) { return Canonical(AsFloat(a) * AsFloat(b)); }
  static Bits Div(Bits a, Bits b) { return Canonical(AsFloat(a) / AsFloat(b)); }
  static Bits Sqrt(Bits a) { return Canonical(std::sqrt(AsFloat(a))); }
  static Bits Neg(Bits a) { return a ^ kSign; }
  static Bits Abs(Bits a) { return a & ~kSign; }

  // addend + a * b, rounded once.
  static Bits Fma(Bits addend, Bits a, Bits b) {
    const double product = ToDouble(a) * ToDouble(b);  // 48 bits: exact
    return FromDouble(AddForRounding<23, -126>(product, ToDouble(addend)));
  }

  // maxNum: a number wins over NaN; +0 over -0.
  static Bits Max(Bits a, Bits b) {
    const float x = AsFloat(a);
    const float y = AsFloat(b);
    if (x > y) return a;
    if (y > x) return b;
    if (x == y) return a & b;  // equal, or zeros of either sign
    if (x == x) return a;
    return y == y ? b : kNan;
  }

  // a * 2^n, rounded once.
  static Bits Scale(Bits a, int32_t n) {
    const int32_t clamped = n < -600 ? -600 : n > 600 ? 600 : n;
    return FromDouble(std::ldexp(ToDouble(a), clamped));
  }

  // m of a = m * 2^n with |m| in 1 to 2; zeros, infinities and NaN stay what they are.
  static Bits Significand(Bits a) {
    int exponent = 0;
    return FromDouble(2 * std::frexp(ToDouble(a), &exponent));
  }

  static bool Eq(Bits a, Bits b) { return AsFloat(a) == AsFloat(b); }
  static bool Lt(Bits a, Bits b) { return AsFloat(a) < AsFloat(b); }
  static bool Le(Bits a, Bits b) { return AsFloat(a) <= AsFloat(b); }

  // To integers: toward zero (@as), or to nearest even (fs2xp16); both saturate, NaN gives 0.
  template <typename T>
  static T ToInt(Bits a) {
    return TruncateToInt<T>(ToDouble(a));
  }
  template <typename T>
  static T ToIntNearest(Bits a) {
    return RoundToInt<T>(ToDouble(a));
  }
  // From integers: nearest, ties to even.
  template <typename T>
  static Bits FromInt(T v) {
    return std::bit_cast<Bits>(static_cast<float>(v));
  }
};

}  // namespace csl::isa::arith

#endif  // FABRIC_ISA_ARITH_F32_H_
