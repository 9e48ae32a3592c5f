// SPDX-License-Identifier: Apache-2.0
// "; did you mean 'width'?" for names that do not exist.
#ifndef COMPILER_SEMA_SUGGEST_H_
#define COMPILER_SEMA_SUGGEST_H_

#include <string>
#include <string_view>

#include "compiler/diagnostics/suggest.h"
#include "compiler/lower/untyped.h"

namespace csl::sema {

using diagnostics::Suggestion;

// For a name that should be a param of the file.
std::string ParamSuggestion(const lower::Untyped& file, std::string_view name);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_SUGGEST_H_
