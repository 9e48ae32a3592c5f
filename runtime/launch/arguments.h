// SPDX-License-Identifier: Apache-2.0
// From the arguments of `launch` to the words an exported function receives.
//
// Each argument travels as one 32-bit word: the bit pattern of 8- and 16-bit types in the low bits,
// zeros above; 32-bit types as they are.
#ifndef RUNTIME_LAUNCH_ARGUMENTS_H_
#define RUNTIME_LAUNCH_ARGUMENTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/image/manifest.h"

namespace csl::runtime {

// A scalar of the host language.
struct HostScalar {
  enum class Kind : uint8_t {
    kInteger,  // without a width: `int`
    kReal,     // without a width: `float`
    kBool,     // `bool`, `numpy.bool_`
    kTyped,    // a NumPy scalar: its type must be the parameter's
    kHuge,     // an integer that 64 bits do not hold
    kOther,    // anything else
  };
  Kind kind = Kind::kOther;
  // kTyped: the CSL spelling of its type: "i16", "u32", "f16", "f32" ..., "f64" and "i64" included.
  // kOther: what the host language calls its type.
  std::string type;
  int64_t integer = 0;  // kInteger, kBool
  double real = 0;      // kReal
  uint32_t bits = 0;    // kTyped, up to 32 bits wide
  std::string text;     // as the user would write it, for messages
};

// Numbers without a width fit any parameter that can hold their value: integers all numeric types,
// reals the floating-point ones. kInvalidArgument for a wrong number of arguments or a wrong type,
// kOutOfRange for a value the parameter's type cannot hold; each names function, argument, value
// and what was allowed.
StatusOr<std::vector<uint32_t>> EncodeArguments(const image::Export& function,
                                                std::span<const HostScalar> arguments);

}  // namespace csl::runtime

#endif  // RUNTIME_LAUNCH_ARGUMENTS_H_
