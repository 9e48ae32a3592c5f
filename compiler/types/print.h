// SPDX-License-Identifier: Apache-2.0
// Types and values as text, spelled the way a CSL program spells them.
#ifndef COMPILER_TYPES_PRINT_H_
#define COMPILER_TYPES_PRINT_H_

#include <functional>
#include <string>

#include "compiler/types/type_store.h"
#include "compiler/types/value.h"

namespace csl::types {

// "[*]const f32", "[3, 4]i16", "fn(i16, f32)void", "Params", "struct { x: i16 }".
std::string TypeText(const TypeStore& s, TypeId t);

// Names of things that a value refers to by number; absent ones print as "symbol#3".
struct ValueNames {
  std::function<std::string(SymbolId)> symbol;
  std::function<std::string(InstanceId, DeclId)> function;
  std::function<std::string(InstanceId)> module;
};

// "42", "0.5", "true", "NORTH", ".{ .width = 4, .height = 1 }", "[3]i16{ 1, 2, 3 }", "&buffer + 4".
// Strings are bare at the top (as @comptime_print shows them) and quoted inside aggregates. Long
// arrays are cut after `max_elements`.
std::string ValueText(const TypeStore& s, const Value& v, const ValueNames& names = {},
                      size_t max_elements = 64);

}  // namespace csl::types

#endif  // COMPILER_TYPES_PRINT_H_
