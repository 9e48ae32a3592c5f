// SPDX-License-Identifier: Apache-2.0
// The machine's float formats on bit patterns. Results that are NaN are the canonical one.
//
//            exponent  mantissa  bias
//   F32      8         23        127   IEEE single
//   F16      5         10        15    IEEE half
//   Bf16     8         7         127
//   Cb16     6         9         42     bias inferred from the published pattern of 6.0 (0x5900);
//                                       infinities, NaN and subnormals as in IEEE formats (assumed)
//
// An image has one of the 16-bit formats as its 16-bit float type; WithFp16 picks the class by
// Fp16Format.
#ifndef FABRIC_ISA_ARITH_FLOAT_H_
#define FABRIC_ISA_ARITH_FLOAT_H_

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "fabric/isa/arith/float_round.h"
#include "fabric/isa/arith/int.h"

namespace csl::isa::arith {

template <int kExponent, int kMantissa, int kBias>
struct Float {
  static constexpr bool kIsSingle = kExponent == 8 && kMantissa == 23 && kBias == 127;
  static_assert(kIsSingle || kExponent + kMantissa == 15);
  using Bits = std::conditional_t<kIsSingle, uint32_t, uint16_t>;
  // What the host computes with. In double, products and quotients of values of at most 11 bits are
  // exact, or correctly rounded twice: 53 >= 2 * 11 + 2.
  using Host = std::conditional_t<kIsSingle, float, double>;

  static constexpr Bits kSign = Bits{1} << (kExponent + kMantissa);
  static constexpr Bits kInfinity = ((Bits{1} << kExponent) - 1) << kMantissa;
  static constexpr Bits kNan = kInfinity | (Bits{1} << (kMantissa - 1));

  static Host Value(Bits a) {
    if constexpr (kIsSingle) {
      return std::bit_cast<float>(a);
    } else {
      return Widen16<kExponent, kMantissa, kBias>(a);
    }
  }
  static Bits Round(Host h) {
    if constexpr (kIsSingle) {
      return h != h ? kNan : std::bit_cast<Bits>(h);
    } else {
      return RoundTo16<kExponent, kMantissa, kBias>(h);
    }
  }
  static double ToDouble(Bits a) { return Value(a); }
  static Bits FromDouble(double d) { return Round(static_cast<Host>(d)); }
  static bool IsNan(Bits a) { return (a & ~kSign) > kInfinity; }

  static Bits Add(Bits a, Bits b) { return Round(Value(a) + Value(b)); }
  static Bits Sub(Bits a, Bits b) { return Round(Value(a) - Value(b)); }
  static Bits Mul(Bits a, Bits b) { return Round(Value(a) * Value(b)); }
  static Bits Div(Bits a, Bits b) { return Round(Value(a) / Value(b)); }
  static Bits Sqrt(Bits a) { return Round(std::sqrt(Value(a))); }
  // These two touch the sign bit alone, NaN or not.
  static Bits Neg(Bits a) { return a ^ kSign; }
  static Bits Abs(Bits a) { return a & ~kSign; }

  // addend + a * b, rounded once. The product, of at most 48 bits, is exact.
  static Bits Fma(Bits addend, Bits a, Bits b) {
    const double product = ToDouble(a) * ToDouble(b);
    return FromDouble(AddForRounding<kMantissa, 1 - kBias>(product, ToDouble(addend)));
  }

  // maxNum: a number wins over NaN; +0 over -0.
  static Bits Max(Bits a, Bits b) {
    const Host x = Value(a);
    const Host y = Value(b);
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

  static bool Eq(Bits a, Bits b) { return Value(a) == Value(b); }
  static bool Lt(Bits a, Bits b) { return Value(a) < Value(b); }
  static bool Le(Bits a, Bits b) { return Value(a) <= Value(b); }

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
    static_assert(kIsSingle || sizeof(T) <= 4, "must be exact as a double");
    return Round(static_cast<Host>(v));
  }

  // Between a 16-bit format and f32 (@fh2s and @fs2h), f32 + 16-bit float (@faddhs), and f32 +
  // 16-bit * 16-bit rounded once (@fmachs).
  static uint32_t ToF32(Bits a);
  static Bits FromF32(uint32_t a);
  static uint32_t AddToF32(uint32_t a, Bits b);
  static uint32_t FmaToF32(uint32_t addend, Bits a, Bits b);
};

using F32 = Float<8, 23, 127>;
using F16 = Float<5, 10, 15>;
using Bf16 = Float<8, 7, 127>;
using Cb16 = Float<6, 9, 42>;

template <int kExponent, int kMantissa, int kBias>
inline uint32_t Float<kExponent, kMantissa, kBias>::ToF32(Bits a) {
  return F32::FromDouble(ToDouble(a));
}

template <int kExponent, int kMantissa, int kBias>
inline auto Float<kExponent, kMantissa, kBias>::FromF32(uint32_t a) -> Bits {
  return FromDouble(F32::ToDouble(a));
}

template <int kExponent, int kMantissa, int kBias>
inline uint32_t Float<kExponent, kMantissa, kBias>::AddToF32(uint32_t a, Bits b) {
  return F32::Add(a, ToF32(b));
}

template <int kExponent, int kMantissa, int kBias>
inline uint32_t Float<kExponent, kMantissa, kBias>::FmaToF32(uint32_t addend, Bits a, Bits b) {
  const double product = ToDouble(a) * ToDouble(b);
  return F32::FromDouble(AddForRounding<23, -126>(product, F32::ToDouble(addend)));
}

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

#endif  // FABRIC_ISA_ARITH_FLOAT_H_
