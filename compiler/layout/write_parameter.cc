// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compiler/layout/parameter_text.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"

namespace csl::layout {
namespace {

using types::Form;
using types::Kind;
using types::TypeId;
using types::TypeStore;
using types::Value;

std::string Unspeakable(const TypeStore& s, const Value& v) {
  return fmt::format(" = ?({})", types::ValueText(s, v));
}

std::string Quoted(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// A scalar whose type stands before it: numbers and colors.
bool IsTypedScalar(const TypeStore& s, TypeId t) {
  return s.kind(t) == Kind::kInt || s.kind(t) == Kind::kColor || types::IsFixedFloat(s, t);
}

std::string ScalarText(const TypeStore& s, const Value& v) {
  return v.type() == types::kColorType ? std::to_string(v.bits()) : types::ValueText(s, v);
}

std::string StructText(const TypeStore& s, const Value& v) {
  if (v.element_count() == 0) return " = .{}";
  std::string out;
  const auto fields = s.fields(v.type());
  for (size_t i = 0; i < v.element_count(); ++i) {
    out += i == 0 ? " = .{ " : ", ";
    if (!s.is_tuple(v.type())) out += fmt::format(".{}", fields[i].name);
    std::string text = BindingText(s, v.element(i));
    if (s.is_tuple(v.type())) text = text.substr(text.starts_with(" = ") ? 3 : 0);
    out += text;
  }
  return out + " }";
}

std::string ArrayText(const TypeStore& s, const Value& v) {
  if (!IsTypedScalar(s, s.element(v.type()))) return Unspeakable(s, v);
  std::string out = fmt::format(": {} = {{", types::TypeText(s, v.type()));
  for (size_t i = 0; i < v.element_count(); ++i) {
    out += (i == 0 ? " " : ", ") + ScalarText(s, v.element(i));
  }
  return out + " }";
}

}  // namespace

std::string BindingText(const TypeStore& s, const Value& v) {
  const TypeId t = v.type();
  if (v.form() == Form::kString) return " = " + Quoted(v.string());
  if (v.form() == Form::kAggregate) {
    if (s.kind(t) == Kind::kStruct) return StructText(s, v);
    if (s.kind(t) == Kind::kArray) return ArrayText(s, v);
    return Unspeakable(s, v);
  }
  if (v.form() != Form::kImmediate && v.form() != Form::kBigInt) return Unspeakable(s, v);
  if (IsTypedScalar(s, t)) return fmt::format(": {} = {}", types::TypeText(s, t), ScalarText(s, v));
  switch (s.kind(t)) {
    case Kind::kVoid:
    case Kind::kBool:
    case Kind::kComptimeInt:
    case Kind::kComptimeFloat:
    case Kind::kDirection:
      return " = " + types::ValueText(s, v);
    case Kind::kType:
      return ": type = " + types::ValueText(s, v);
    default:
      return Unspeakable(s, v);
  }
}

std::string BindingText(const TypeStore& s, const Binding& binding) {
  if (!binding.is_color_number) return BindingText(s, binding.value);
  return " = color " + types::ValueText(s, binding.value);
}

}  // namespace csl::layout
