// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/round_float.h"

#include <algorithm>
#include <cmath>

namespace csl::runtime {

uint32_t RoundToFormat(double value, FloatFormat format) {
  const int bias = (1 << (format.exponent_bits - 1)) - 1;
  const uint32_t sign =
      std::signbit(value) ? 1u << (format.exponent_bits + format.mantissa_bits) : 0u;
  const uint32_t infinity = ((1u << format.exponent_bits) - 1) << format.mantissa_bits;
  if (std::isnan(value)) return infinity | 1u << (format.mantissa_bits - 1);
  const double magnitude = std::fabs(value);
  if (magnitude == 0) return sign;
  if (std::isinf(magnitude)) return sign | infinity;
  // Units of the last place at this magnitude; denormals share the smallest exponent's.
  const int exponent = std::max(std::ilogb(magnitude), 1 - bias);
  const double units = std::ldexp(magnitude, format.mantissa_bits - exponent);
  double whole = std::floor(units);  // exact: a double has more bits than any format here
  const double rest = units - whole;
  if (rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2) == 1)) whole += 1;
  // A carry out of the mantissa moves into the exponent by itself.
  const uint32_t mantissa = static_cast<uint32_t>(whole);
  const uint32_t hidden = 1u << format.mantissa_bits;
  uint32_t bits = mantissa;
  if (mantissa >= hidden) {
    bits = (static_cast<uint32_t>(exponent + bias) << format.mantissa_bits) + (mantissa - hidden);
  }
  return sign | (bits >= infinity ? infinity : bits);
}

}  // namespace csl::runtime
