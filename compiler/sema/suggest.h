// SPDX-License-Identifier: Apache-2.0
// "; did you mean 'width'?" for names that are not there.
#ifndef COMPILER_SEMA_SUGGEST_H_
#define COMPILER_SEMA_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

namespace csl::sema {

// The tail of a message, or "" when no candidate is near.
std::string Suggestion(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_SUGGEST_H_
