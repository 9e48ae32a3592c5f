// SPDX-License-Identifier: Apache-2.0
// @strcat, @strlen, @get_array, @get_string_from_byte: strings are bytes, without a terminator.
#include "compiler/sema/handler.h"

namespace csl::sema {

using types::Value;

Operand Builtin_strcat(Frame& f, const BuiltinCall& call) {
  std::string text;
  for (size_t n = 0; n < call.args.size(); ++n) {
    const std::optional<std::string> part = StringArg(f, call, n);
    if (!part) return Operand::Poison();
    text += *part;
    // Strings that double would otherwise take all memory before a program is slow.
    constexpr size_t kMostBytes = 1 << 20;
    if (text.size() <= kMostBytes) continue;
    return Fail(f, call.i, diagnostics::Kind::kStringTooLong, {kMostBytes});
  }
  return Operand::Const(Value::String(std::move(text)));
}

Operand Builtin_strlen(Frame& f, const BuiltinCall& call) {
  const std::optional<std::string> text = StringArg(f, call, 0);
  if (!text) return Operand::Poison();
  return Operand::Const(Value::ComptimeInt(static_cast<int64_t>(text->size())));
}

Operand Builtin_get_array(Frame& f, const BuiltinCall& call) {
  const std::optional<std::string> text = StringArg(f, call, 0);
  if (!text) return Operand::Poison();
  const auto count = static_cast<uint32_t>(text->size());
  Value bytes = Value::Filled(f.sema.types.Array(count, types::kU8Type), count,
                              Value::Immediate(types::kU8Type, 0));
  for (uint32_t i = 0; i < count; ++i) {
    const auto byte = static_cast<uint8_t>((*text)[i]);
    bytes.SetElement(i, Value::Immediate(types::kU8Type, byte));
  }
  return Operand::Const(std::move(bytes));
}

Operand Builtin_get_string_from_byte(Frame& f, const BuiltinCall& call) {
  const std::optional<int64_t> byte = IntArg(f, call, 0, "a byte", 0, 255);
  if (!byte) return Operand::Poison();
  return Operand::Const(Value::String(std::string(1, static_cast<char>(*byte))));
}

}  // namespace csl::sema
