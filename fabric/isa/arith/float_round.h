// SPDX-License-Identifier: Apache-2.0
// Rounding of doubles to the machine's float formats, and the exact sum behind fused operations.
//
// Everything assumes round to nearest even and no flushing of subnormals: see float_mode.h.
#ifndef FABRIC_ISA_ARITH_FLOAT_ROUND_H_
#define FABRIC_ISA_ARITH_FLOAT_ROUND_H_

#include <bit>
#include <cstdint>

namespace csl::isa::arith {

// a + b, rounded to odd where the sum does not fit a double: a later rounding to a format of at
// most 51 bits then gives what rounding the exact sum would. No overflow: |a|, |b| < 2^1000.
inline double AddRoundToOdd(double a, double b) {
  const double s = a + b;
  const double b_seen = s - a;
  const double error = (a - (s - b_seen)) + (b - b_seen);  // exact: a + b == s + error
  const uint64_t bits = std::bit_cast<uint64_t>(s);
  if (error == 0 || error != error || (bits & 1)) return s;
  return std::bit_cast<double>((error > 0) == (s > 0) ? bits + 1 : bits - 1);
}

// A sum that is about to be rounded to kMantissa explicit bits: rounding twice differs from once
// only when the first result lies half way between two values of the format (or below its normal
// range, where that place moves).
template <int kMantissa, int kMinExponent>
inline double AddForRounding(double a, double b) {
  constexpr uint64_t kTail = (uint64_t{1} << (52 - kMantissa)) - 1;
  constexpr uint64_t kHalf = uint64_t{1} << (51 - kMantissa);
  constexpr uint64_t kMinNormal = static_cast<uint64_t>(kMinExponent + 1023) << 52;
  const double s = a + b;
  const uint64_t magnitude = std::bit_cast<uint64_t>(s) & ~(uint64_t{1} << 63);
  if ((magnitude & kTail) != kHalf && magnitude >= kMinNormal) [[likely]]
    return s;
  return AddRoundToOdd(a, b);
}

// Nearest value, ties to even, of an IEEE-like 16-bit format with kExponent + kMantissa == 15 bits:
// subnormals, infinity at the top exponent, NaN canonical.
template <int kExponent, int kMantissa, int kBias>
inline uint16_t RoundTo16(double d) {
  static_assert(kExponent + kMantissa == 15);
  constexpr int kShift = 52 - kMantissa;
  constexpr uint16_t kInfinity = ((1 << kExponent) - 1) << kMantissa;
  constexpr uint16_t kNan = kInfinity | (1 << (kMantissa - 1));
  // 2^(emax + 1): everything from here on is infinite whatever the rounding.
  constexpr uint64_t kOverflow = static_cast<uint64_t>((1 << kExponent) - 1 - kBias + 1023) << 52;
  constexpr uint64_t kMinNormal = static_cast<uint64_t>(1 - kBias + 1023) << 52;
  const uint64_t bits = std::bit_cast<uint64_t>(d);
  const uint16_t sign = static_cast<uint16_t>((bits >> 63) << 15);
  uint64_t magnitude = bits & ~(uint64_t{1} << 63);
  if (magnitude >= kOverflow) {
    return d != d ? kNan : static_cast<uint16_t>(sign | kInfinity);
  }
  if (magnitude < kMinNormal) {
    // A power of two whose last bit weighs as much as the format's smallest subnormal: adding it
    // makes the hardware round there.
    constexpr uint64_t kMagic = static_cast<uint64_t>(1 - kBias - kMantissa + 52 + 1023) << 52;
    const double sum = std::bit_cast<double>(magnitude) + std::bit_cast<double>(kMagic);
    return static_cast<uint16_t>(sign | (std::bit_cast<uint64_t>(sum) - kMagic));
  }
  const uint64_t odd = (magnitude >> kShift) & 1;
  magnitude += (uint64_t{1} << (kShift - 1)) - 1 + odd;
  magnitude -= static_cast<uint64_t>(1023 - kBias) << 52;
  return static_cast<uint16_t>(sign | (magnitude >> kShift));
}

// The value of such a format, exactly. A signalling NaN stays a NaN.
template <int kExponent, int kMantissa, int kBias>
inline double Widen16(uint16_t bits) {
  constexpr uint16_t kInfinity = ((1 << kExponent) - 1) << kMantissa;
  const uint64_t sign = static_cast<uint64_t>(bits >> 15) << 63;
  const uint16_t magnitude = bits & 0x7fff;
  uint64_t wide = static_cast<uint64_t>(magnitude) << (52 - kMantissa);
  if (magnitude >= kInfinity) {
    wide |= uint64_t{0x7ff} << 52;
  } else if (magnitude >= (1 << kMantissa)) {
    wide += static_cast<uint64_t>(1023 - kBias) << 52;
  } else {
    constexpr double kUnit =
        std::bit_cast<double>(static_cast<uint64_t>(1 - kBias - kMantissa + 1023) << 52);
    wide = std::bit_cast<uint64_t>(static_cast<double>(magnitude) * kUnit);
  }
  return std::bit_cast<double>(wide | sign);
}

}  // namespace csl::isa::arith

#endif  // FABRIC_ISA_ARITH_FLOAT_ROUND_H_
