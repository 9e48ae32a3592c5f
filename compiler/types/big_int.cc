// SPDX-License-Identifier: Apache-2.0
// Schoolbook arithmetic on sign and magnitude: comptime integers are a few limbs at most.
#include "compiler/types/big_int.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace csl::types {
namespace {

using Limbs = std::vector<uint32_t>;

void Trim(Limbs* limbs) {
  while (!limbs->empty() && limbs->back() == 0) limbs->pop_back();
}

std::strong_ordering CompareMagnitude(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  for (size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] <=> b[i];
  }
  return std::strong_ordering::equal;
}

Limbs AddMagnitude(const Limbs& a, const Limbs& b) {
  Limbs sum(std::max(a.size(), b.size()) + 1);
  uint64_t carry = 0;
  for (size_t i = 0; i < sum.size(); ++i) {
    carry += (i < a.size() ? a[i] : 0) + uint64_t{i < b.size() ? b[i] : 0};
    sum[i] = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  return sum;
}

// a >= b.
Limbs SubMagnitude(const Limbs& a, const Limbs& b) {
  Limbs difference(a.size());
  int64_t borrow = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t d = int64_t{a[i]} - (i < b.size() ? b[i] : 0) + borrow;
    borrow = d < 0 ? -1 : 0;
    difference[i] = static_cast<uint32_t>(d);
  }
  return difference;
}

// Divides in place, returns the remainder.
uint32_t DivSmall(Limbs* a, uint32_t divisor) {
  uint64_t remainder = 0;
  for (size_t i = a->size(); i-- > 0;) {
    remainder = remainder << 32 | (*a)[i];
    (*a)[i] = static_cast<uint32_t>(remainder / divisor);
    remainder %= divisor;
  }
  Trim(a);
  return static_cast<uint32_t>(remainder);
}

}  // namespace

BigInt::BigInt(bool negative, Limbs limbs) : negative_(negative), limbs_(std::move(limbs)) {
  Trim(&limbs_);
  if (limbs_.empty()) negative_ = false;
}

BigInt::BigInt(int64_t v) {
  *this = FromUint64(v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v));
  negative_ = v < 0;
}

BigInt BigInt::FromUint64(uint64_t v) {
  return BigInt(false, {static_cast<uint32_t>(v), static_cast<uint32_t>(v >> 32)});
}

std::optional<BigInt> BigInt::Parse(std::string_view digits, int base) {
  if (digits.empty()) return std::nullopt;
  Limbs limbs;
  for (char c : digits) {
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : base;
    if (digit >= base) return std::nullopt;
    uint64_t carry = static_cast<uint64_t>(digit);
    for (uint32_t& limb : limbs) {
      carry += uint64_t{limb} * static_cast<uint32_t>(base);
      limb = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs.push_back(static_cast<uint32_t>(carry));
  }
  return BigInt(false, std::move(limbs));
}

BigInt BigInt::FromDouble(double v) {
  int exponent = 0;
  const double fraction = std::frexp(std::trunc(std::fabs(v)), &exponent);
  const auto mantissa = static_cast<int64_t>(std::ldexp(fraction, 53));
  const BigInt whole = exponent >= 53 ? BigInt(mantissa).ShiftLeft(exponent - 53)
                                      : BigInt(mantissa).ShiftRight(53 - exponent);
  return v < 0 ? -whole : whole;
}

uint64_t BigInt::BitLength() const {
  if (limbs_.empty()) return 0;
  return limbs_.size() * 32 - static_cast<uint64_t>(std::countl_zero(limbs_.back()));
}

bool BigInt::FitsInt64() const { return FitsInt(true, 64); }
bool BigInt::FitsUint64() const { return FitsInt(false, 64); }

bool BigInt::FitsInt(bool is_signed, uint32_t bits) const {
  const uint64_t length = BitLength();
  if (!is_signed) return !negative_ && length <= bits;
  if (bits == 0) return length == 0;
  if (length < bits) return true;
  // Only -2^(bits-1) is left.
  return negative_ && length == bits && (-*this - BigInt(1)).BitLength() < bits;
}

uint64_t BigInt::Low64() const {
  uint64_t low = limbs_.empty() ? 0 : limbs_[0];
  if (limbs_.size() > 1) low |= uint64_t{limbs_[1]} << 32;
  return negative_ ? uint64_t{0} - low : low;
}

double BigInt::ToDouble() const {
  const uint64_t length = BitLength();
  if (length <= 64) {
    const uint64_t magnitude = negative_ ? uint64_t{0} - Low64() : Low64();
    const double d = static_cast<double>(magnitude);
    return negative_ ? -d : d;
  }
  if (length > 1025) {
    const double inf = std::numeric_limits<double>::infinity();
    return negative_ ? -inf : inf;
  }
  // 64 leading bits, the last one sticky, round to 53 correctly.
  const BigInt magnitude = negative_ ? -*this : *this;
  const uint64_t shift = length - 64;
  BigInt top = magnitude.ShiftRight(shift);
  uint64_t lead = top.Low64();
  if (top.ShiftLeft(shift) != magnitude) lead |= 1;
  const double d = std::ldexp(static_cast<double>(lead), static_cast<int>(shift));
  return negative_ ? -d : d;
}

std::string BigInt::ToString() const {
  if (limbs_.empty()) return "0";
  std::string text;
  Limbs rest = limbs_;
  while (!rest.empty()) {
    uint32_t chunk = DivSmall(&rest, 1000000000);
    for (int i = 0; i < 9 && (chunk != 0 || !rest.empty()); ++i, chunk /= 10) {
      text.push_back(static_cast<char>('0' + chunk % 10));
    }
  }
  if (negative_) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

BigInt BigInt::operator-() const { return BigInt(!negative_, limbs_); }

BigInt operator+(const BigInt& a, const BigInt& b) {
  if (a.negative_ == b.negative_) return BigInt(a.negative_, AddMagnitude(a.limbs_, b.limbs_));
  if (CompareMagnitude(a.limbs_, b.limbs_) >= 0) {
    return BigInt(a.negative_, SubMagnitude(a.limbs_, b.limbs_));
  }
  return BigInt(b.negative_, SubMagnitude(b.limbs_, a.limbs_));
}

BigInt operator-(const BigInt& a, const BigInt& b) { return a + -b; }

BigInt operator*(const BigInt& a, const BigInt& b) {
  Limbs product(a.limbs_.size() + b.limbs_.size());
  for (size_t i = 0; i < a.limbs_.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < b.limbs_.size(); ++j) {
      carry += uint64_t{a.limbs_[i]} * b.limbs_[j] + product[i + j];
      product[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    product[i + b.limbs_.size()] = static_cast<uint32_t>(carry);
  }
  return BigInt(a.negative_ != b.negative_, std::move(product));
}

void BigInt::DivMod(const BigInt& a, const BigInt& b, BigInt* quotient, BigInt* remainder) {
  CHECK(!b.is_zero()) << "division by zero";
  Limbs q(a.limbs_.size());
  BigInt r;
  const BigInt divisor(false, b.limbs_);
  if (divisor.limbs_.size() == 1) {
    q = a.limbs_;
    r = BigInt(static_cast<int64_t>(DivSmall(&q, divisor.limbs_[0])));
  } else {
    for (uint64_t i = a.BitLength(); i-- > 0;) {
      r = r.ShiftLeft(1);
      if (a.limbs_[i / 32] >> (i % 32) & 1) r = r + BigInt(1);
      if (r >= divisor) {
        r = r - divisor;
        q[i / 32] |= uint32_t{1} << (i % 32);
      }
    }
  }
  const bool negative = a.negative_;
  *quotient = BigInt(negative != b.negative_, std::move(q));
  *remainder = BigInt(negative, r.limbs_);
}

BigInt BigInt::ShiftLeft(uint64_t n) const {
  if (is_zero()) return *this;
  Limbs limbs(n / 32, 0);
  uint64_t carry = 0;
  for (uint32_t limb : limbs_) {
    carry |= uint64_t{limb} << (n % 32);
    limbs.push_back(static_cast<uint32_t>(carry));
    carry >>= 32;
  }
  limbs.push_back(static_cast<uint32_t>(carry));
  return BigInt(negative_, std::move(limbs));
}

BigInt BigInt::ShiftRight(uint64_t n) const {
  if (negative_) return -((-*this - BigInt(1)).ShiftRight(n)) - BigInt(1);
  Limbs limbs;
  for (size_t i = n / 32; i < limbs_.size(); ++i) {
    uint64_t pair = limbs_[i];
    if (i + 1 < limbs_.size()) pair |= uint64_t{limbs_[i + 1]} << 32;
    limbs.push_back(static_cast<uint32_t>(pair >> (n % 32)));
  }
  return BigInt(false, std::move(limbs));
}

std::vector<uint32_t> BigInt::TwosComplement(size_t count) const {
  Limbs limbs = limbs_;
  limbs.resize(count, 0);
  if (!negative_) return limbs;
  uint64_t carry = 1;
  for (uint32_t& limb : limbs) {
    carry += static_cast<uint32_t>(~limb);
    limb = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  return limbs;
}

BigInt BigInt::FromTwosComplement(Limbs limbs) {
  if (limbs.empty() || !(limbs.back() >> 31)) return BigInt(false, std::move(limbs));
  const BigInt modulus = BigInt(1).ShiftLeft(limbs.size() * 32);
  return BigInt(false, std::move(limbs)) - modulus;
}

#define BIG_INT_BITWISE(op)                                              \
  BigInt operator op(const BigInt& a, const BigInt& b) {                 \
    const size_t count = std::max(a.limbs_.size(), b.limbs_.size()) + 1; \
    Limbs x = a.TwosComplement(count);                                   \
    const Limbs y = b.TwosComplement(count);                             \
    for (size_t i = 0; i < count; ++i) x[i] = x[i] op y[i];              \
    return BigInt::FromTwosComplement(std::move(x));                     \
  }
BIG_INT_BITWISE(&)
BIG_INT_BITWISE(|)
BIG_INT_BITWISE(^)
#undef BIG_INT_BITWISE

BigInt BigInt::Wrap(bool is_signed, uint32_t bits) const {
  if (FitsInt(is_signed, bits)) return *this;
  const BigInt modulus = BigInt(1).ShiftLeft(bits);
  const BigInt low = *this & (modulus - BigInt(1));
  return is_signed && low.BitLength() == bits && bits > 0 ? low - modulus : low;
}

std::strong_ordering operator<=>(const BigInt& a, const BigInt& b) {
  if (a.negative_ != b.negative_) {
    return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const std::strong_ordering magnitude = CompareMagnitude(a.limbs_, b.limbs_);
  return a.negative_ ? 0 <=> magnitude : magnitude;
}

}  // namespace csl::types
