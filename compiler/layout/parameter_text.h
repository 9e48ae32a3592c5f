// SPDX-License-Identifier: Apache-2.0
// Types and parameter values as a layout document spells them (docs/formats/layout.md).
#ifndef COMPILER_LAYOUT_PARAMETER_TEXT_H_
#define COMPILER_LAYOUT_PARAMETER_TEXT_H_

#include <optional>
#include <string>

#include "compiler/layout/layout.h"
#include "compiler/layout/text_cursor.h"
#include "compiler/types/type_store.h"
#include "compiler/types/value.h"

namespace csl::layout {

// " = 4", ": i16 = 4", " = .{ .x: u16 = 1, .name = "a" }": what follows the name of a parameter. A
// value that a document cannot hold (a module, a function, a pointer) prints as "= ?(what it is)",
// which no reader takes.
std::string BindingText(const types::TypeStore& types, const types::Value& value);

// The same, and " = color 4".
std::string BindingText(const types::TypeStore& types, const Binding& binding);

// The opposite; `is_color_number` is that of the binding. Reports what is wrong.
std::optional<types::Value> ReadBinding(TextCursor& cursor, types::TypeStore& types,
                                        bool* is_color_number);

// "[*]f32", "fn(x: i16, f32)void" ...; names of a function's parameters go to `inputs`, where it
// is not null.
std::optional<types::TypeId> ReadType(TextCursor& cursor, types::TypeStore& types,
                                      std::vector<ExportInput>* inputs = nullptr);

}  // namespace csl::layout

#endif  // COMPILER_LAYOUT_PARAMETER_TEXT_H_
