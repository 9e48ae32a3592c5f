// SPDX-License-Identifier: Apache-2.0
// A host's double as the bits of a narrower float, rounded to nearest, ties to even.
#ifndef RUNTIME_LAUNCH_ROUND_FLOAT_H_
#define RUNTIME_LAUNCH_ROUND_FLOAT_H_

#include <cstdint>

namespace csl::runtime {

struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
};

inline constexpr FloatFormat kF32 = {8, 23};
inline constexpr FloatFormat kF16 = {5, 10};
inline constexpr FloatFormat kBf16 = {8, 7};

// IEEE layout and bias. Overflow gives infinity, NaN the canonical quiet NaN.
uint32_t RoundToFormat(double value, FloatFormat format);

}  // namespace csl::runtime

#endif  // RUNTIME_LAUNCH_ROUND_FLOAT_H_
