// SPDX-License-Identifier: Apache-2.0
// Whole numbers as programs take them in their options: digits alone, nothing that a library may
// read as another number than the user meant (0x10, 010, 1e3, " 5").
#ifndef BASE_WHOLE_NUMBER_H_
#define BASE_WHOLE_NUMBER_H_

#include <cstdint>
#include <functional>
#include <string>

namespace csl {

// What is wrong with a text that should be a number of `min` to `max`; empty: nothing.
std::string WholeNumberProblem(const std::string& text, int64_t min, int64_t max);

// The same as a check of an option.
inline std::function<std::string(const std::string&)> WholeNumber(int64_t min, int64_t max) {
  return [min, max](const std::string& text) { return WholeNumberProblem(text, min, max); };
}

}  // namespace csl

#endif  // BASE_WHOLE_NUMBER_H_
