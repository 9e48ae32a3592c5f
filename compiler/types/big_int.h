// SPDX-License-Identifier: Apache-2.0
// BigInt: integers of any size, for comptime_int and for fixed-width integers beyond 64 bits.
#ifndef COMPILER_TYPES_BIG_INT_H_
#define COMPILER_TYPES_BIG_INT_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace csl::types {

class BigInt {
 public:
  BigInt() = default;
  BigInt(int64_t v);  // NOLINT: implicit on purpose
  static BigInt FromUint64(uint64_t v);
  // Digits of `base` (2, 8, 10 or 16), no sign, no separators; nullopt when there is another
  // character or none.
  static std::optional<BigInt> Parse(std::string_view digits, int base);
  // Rounds toward zero; `v` is finite.
  static BigInt FromDouble(double v);

  bool is_zero() const { return limbs_.empty(); }
  bool is_negative() const { return negative_; }
  // Number of bits of the magnitude; 0 for 0.
  uint64_t BitLength() const;
  bool FitsInt64() const;
  bool FitsUint64() const;
  bool FitsInt(bool is_signed, uint32_t bits) const;
  // The low 64 bits of the two's complement.
  uint64_t Low64() const;
  // Nearest double, ties to even; infinite when too large.
  double ToDouble() const;
  std::string ToString() const;  // decimal

  BigInt operator-() const;
  friend BigInt operator+(const BigInt& a, const BigInt& b);
  friend BigInt operator-(const BigInt& a, const BigInt& b);
  friend BigInt operator*(const BigInt& a, const BigInt& b);
  // Truncates toward zero, remainder has the sign of the dividend; b is not zero.
  static void DivMod(const BigInt& a, const BigInt& b, BigInt* quotient, BigInt* remainder);
  BigInt ShiftLeft(uint64_t n) const;
  BigInt ShiftRight(uint64_t n) const;  // rounds toward minus infinity
  // Bitwise on the infinite two's complement.
  friend BigInt operator&(const BigInt& a, const BigInt& b);
  friend BigInt operator|(const BigInt& a, const BigInt& b);
  friend BigInt operator^(const BigInt& a, const BigInt& b);
  // The value of the low `bits` bits read as an integer of that width.
  BigInt Wrap(bool is_signed, uint32_t bits) const;

  friend bool operator==(const BigInt& a, const BigInt& b) = default;
  friend std::strong_ordering operator<=>(const BigInt& a, const BigInt& b);
  // Magnitude, low limb first, no leading zero limbs.
  const std::vector<uint32_t>& limbs() const { return limbs_; }

 private:
  BigInt(bool negative, std::vector<uint32_t> limbs);
  std::vector<uint32_t> TwosComplement(size_t limbs) const;
  static BigInt FromTwosComplement(std::vector<uint32_t> limbs);

  bool negative_ = false;
  std::vector<uint32_t> limbs_;
};

}  // namespace csl::types

#endif  // COMPILER_TYPES_BIG_INT_H_
