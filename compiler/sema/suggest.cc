// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/suggest.h"

namespace csl::sema {

std::string ParamSuggestion(const lower::Untyped& file, std::string_view name) {
  std::vector<std::string_view> params;
  for (const lower::Decl& decl : file.decls) {
    if (decl.kind == lower::DeclKind::kParam) params.push_back(file.str(decl.name));
  }
  return Suggestion(name, params);
}

}  // namespace csl::sema
