// SPDX-License-Identifier: Apache-2.0
#include "base/whole_number.h"

#include <charconv>

namespace csl {

std::string WholeNumberProblem(const std::string& text, int64_t min, int64_t max) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && std::to_string(value) == text && value >= min && value <= max) return "";
  return "'" + text + "' must be a whole number from " + std::to_string(min) + " to " +
         std::to_string(max);
}

}  // namespace csl
