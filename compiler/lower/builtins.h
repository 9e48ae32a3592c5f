// SPDX-License-Identifier: Apache-2.0
// The rows of builtins.def by name.
#ifndef COMPILER_LOWER_BUILTINS_H_
#define COMPILER_LOWER_BUILTINS_H_

#include <string_view>

#include "compiler/lower/untyped.h"

namespace csl::lower {

struct BuiltinRow {
  std::string_view name;  // without the @
  BuiltinKind kind;
  uint32_t min_arguments;
  uint32_t max_arguments;
  std::string_view modes;

  // How argument number `index` is lowered: 'v', 'p' or 'q'.
  char Mode(size_t index) const {
    if (modes.empty()) return 'v';
    return modes[index < modes.size() ? index : modes.size() - 1];
  }
};

// Null for a name that is not a builtin.
const BuiltinRow* FindBuiltin(std::string_view name);
const BuiltinRow& BuiltinRowOf(BuiltinKind kind);

}  // namespace csl::lower

#endif  // COMPILER_LOWER_BUILTINS_H_
