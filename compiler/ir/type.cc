// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/type.h"

#include <charconv>

namespace csl::ir {

std::string TypeText(Type type) {
  switch (type.kind) {
    case TypeKind::kVoid:
      return "void";
    case TypeKind::kInt:
      return "i" + std::to_string(type.bits);
    case TypeKind::kF16:
      return "f16";
    case TypeKind::kF32:
      return "f32";
    case TypeKind::kPointer:
      return "ptr";
    case TypeKind::kFunction:
      return "func";
  }
  return "?";
}

std::optional<Type> ParseType(std::string_view text) {
  for (Type type : {kVoidType, kF16Type, kF32Type, kPointerType, kFunctionType}) {
    if (TypeText(type) == text) return type;
  }
  if (text.size() < 2 || text[0] != 'i') return std::nullopt;
  uint32_t bits = 0;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + 1, end, bits);
  if (error != std::errc() || stop != end || bits == 0) return std::nullopt;
  return IntType(bits);
}

}  // namespace csl::ir
