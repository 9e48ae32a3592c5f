// SPDX-License-Identifier: Apache-2.0
// "; did you mean 'width'?" for names that do not exist.
#ifndef COMPILER_DIAGNOSTICS_SUGGEST_H_
#define COMPILER_DIAGNOSTICS_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

namespace csl::diagnostics {

// "" when no candidate is near.
std::string_view Nearest(std::string_view name, const std::vector<std::string_view>& candidates);

// The tail of a message, or "" when no candidate is near.
std::string Suggestion(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace csl::diagnostics

#endif  // COMPILER_DIAGNOSTICS_SUGGEST_H_
