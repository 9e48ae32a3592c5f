// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic of the machine: two's complement, wrapping, defined for every operand.
//
// T is int8_t ... int64_t or uint8_t ... uint64_t. No function has undefined behaviour.
#ifndef FABRIC_ISA_ARITH_INT_H_
#define FABRIC_ISA_ARITH_INT_H_

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace csl::isa::arith {

template <typename T>
using Unsigned = std::make_unsigned_t<T>;

template <typename T>
inline constexpr uint32_t kBits = sizeof(T) * 8;

// Narrow operands promote to int in C++, hence the detour over 64 bits (multiplication of two
// uint16_t as int would overflow).
template <typename T>
constexpr T Add(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
template <typename T>
constexpr T Sub(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
template <typename T>
constexpr T Mul(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
template <typename T>
constexpr T Neg(T a) {
  return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a));
}

// Truncates toward zero. By zero: all bits set (the caller diagnoses it). MIN / -1 wraps to MIN.
template <typename T>
constexpr T Div(T a, T b) {
  if (b == 0) return static_cast<T>(~uint64_t{0});
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return Neg(a);
  }
  return static_cast<T>(a / b);
}

// Has the sign of the dividend. By zero: the dividend. MIN % -1 is 0.
template <typename T>
constexpr T Rem(T a, T b) {
  if (b == 0) return a;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
  }
  return static_cast<T>(a % b);
}

// Shift counts of the width or more shift everything out: 0, or the sign for a signed Shr.
template <typename T>
constexpr T Shl(T a, uint64_t count) {
  if (count >= kBits<T>) return 0;
  return static_cast<T>(static_cast<uint64_t>(a) << count);
}
template <typename T>
constexpr T Shr(T a, uint64_t count) {
  if (count >= kBits<T>) return std::is_signed_v<T> && a < 0 ? static_cast<T>(-1) : T{0};
  return static_cast<T>(a >> count);
}

// The width for 0.
template <typename T>
constexpr uint16_t Clz(T a) {
  return static_cast<uint16_t>(std::countl_zero(static_cast<Unsigned<T>>(a)));
}
template <typename T>
constexpr uint16_t Ctz(T a) {
  return static_cast<uint16_t>(std::countr_zero(static_cast<Unsigned<T>>(a)));
}
template <typename T>
constexpr uint16_t Popcount(T a) {
  return static_cast<uint16_t>(std::popcount(static_cast<Unsigned<T>>(a)));
}

// a + b + *carry; *carry becomes the carry out (0 or 1).
constexpr uint16_t AddCarry16(uint16_t a, uint16_t b, uint16_t* carry) {
  const uint32_t sum = uint32_t{a} + b + (*carry & 1);
  *carry = static_cast<uint16_t>(sum >> 16);
  return static_cast<uint16_t>(sum);
}

// The low `bits` bits (1..64; 0 gives 0), sign- or zero-extended to 64: how integers of any width
// are held in 64 bits.
constexpr uint64_t WrapTo(uint64_t v, uint32_t bits, bool is_signed) {
  if (bits >= 64) return v;
  if (bits == 0) return 0;
  const uint32_t unused = 64 - bits;
  if (is_signed) return static_cast<uint64_t>(static_cast<int64_t>(v << unused) >> unused);
  return (v << unused) >> unused;
}

// Float to integer. Out of range gives the nearest end, NaN gives 0. Every float of the machine is
// exact as a double.
template <typename T>
constexpr T SaturateFromIntegral(double d) {
  // The ends as doubles: lo is exact, hi + 1 is a power of two, hence exact too.
  constexpr double kLo = static_cast<double>(std::numeric_limits<T>::min());
  constexpr double kPastHi = 2.0 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
  if (d != d) return 0;
  if (d < kLo) return std::numeric_limits<T>::min();
  if (d >= kPastHi) return std::numeric_limits<T>::max();
  return static_cast<T>(d);
}

// Rounds toward zero: @as.
template <typename T>
constexpr T TruncateToInt(double d) {
  if constexpr (!std::is_signed_v<T>) {
    if (d > -1.0 && d < 0.0) return 0;
  }
  return SaturateFromIntegral<T>(d);
}

// Rounds to nearest, ties to even: @fs2xp16, @fh2xp16.
template <typename T>
inline T RoundToInt(double d) {
  static_assert(sizeof(T) <= 4, "the rounding below needs room in the double");
  constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52: its last bit counts ones
  if (d != d) return 0;
  if (d > 4294967296.0) return std::numeric_limits<T>::max();
  if (d < -4294967296.0) return std::numeric_limits<T>::min();
  const double rounded = (d + kMagic) - kMagic;
  return SaturateFromIntegral<T>(rounded);
}

}  // namespace csl::isa::arith

#endif  // FABRIC_ISA_ARITH_INT_H_
