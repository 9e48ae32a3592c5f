// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/builtins.h"

#include <unordered_map>

namespace csl::lower {
namespace {

constexpr BuiltinRow kRows[] = {
#define BUILTIN(name, min_args, max_args, modes, where) \
  {#name, BuiltinKind::k_##name, min_args, max_args, modes},
#include "compiler/lower/builtins.def"
};

}  // namespace

const BuiltinRow* FindBuiltin(std::string_view name) {
  static const auto& by_name = *[] {
    auto* rows = new std::unordered_map<std::string_view, const BuiltinRow*>;
    for (const BuiltinRow& row : kRows) rows->emplace(row.name, &row);
    return rows;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

const BuiltinRow& BuiltinRowOf(BuiltinKind kind) { return kRows[static_cast<size_t>(kind)]; }

}  // namespace csl::lower
