// SPDX-License-Identifier: Apache-2.0
// "; did you mean 'width'?" for names that do not exist.
#ifndef COMPILER_SEMA_SUGGEST_H_
#define COMPILER_SEMA_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

#include "compiler/lower/untyped.h"

namespace csl::sema {

// The tail of a message, or "" when no candidate is near.
std::string Suggestion(std::string_view name, const std::vector<std::string_view>& candidates);

// The same for a name that should be a param of the file.
std::string ParamSuggestion(const lower::Untyped& file, std::string_view name);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_SUGGEST_H_
