// SPDX-License-Identifier: Apache-2.0
// IR types: scalars only. Aggregates and DSDs live in memory and are named by a ptr.
#ifndef COMPILER_IR_TYPE_H_
#define COMPILER_IR_TYPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace csl::ir {

enum class TypeKind : uint8_t { kVoid, kInt, kF16, kF32, kPointer, kFunction };

struct Type {
  TypeKind kind = TypeKind::kVoid;
  uint32_t bits = 0;  // width of kInt, 1 or more; 0 for the others

  friend constexpr bool operator==(Type, Type) = default;
  constexpr bool is_void() const { return kind == TypeKind::kVoid; }
  constexpr bool is_int() const { return kind == TypeKind::kInt; }
  constexpr bool is_int(uint32_t width) const { return is_int() && bits == width; }
  constexpr bool is_float() const { return kind == TypeKind::kF16 || kind == TypeKind::kF32; }
  constexpr bool is_pointer() const { return kind == TypeKind::kPointer; }
};

inline constexpr Type kVoidType = {TypeKind::kVoid, 0};
inline constexpr Type kF16Type = {TypeKind::kF16, 0};
inline constexpr Type kF32Type = {TypeKind::kF32, 0};
inline constexpr Type kPointerType = {TypeKind::kPointer, 0};    // a byte address, 16 bits
inline constexpr Type kFunctionType = {TypeKind::kFunction, 0};  // a function index, 16 bits
constexpr Type IntType(uint32_t bits) { return {TypeKind::kInt, bits}; }
inline constexpr Type kBoolType = IntType(1);

// Bits of a value: N of iN, 16 or 32 of the others, 0 of void.
constexpr uint32_t BitWidth(Type type) {
  switch (type.kind) {
    case TypeKind::kVoid:
      return 0;
    case TypeKind::kInt:
      return type.bits;
    case TypeKind::kF32:
      return 32;
    default:
      return 16;
  }
}

// The low bits of a value of the type, extended to 64.
constexpr uint64_t ZeroExtended(Type type, uint64_t bits) {
  const uint32_t width = BitWidth(type);
  return width < 64 ? bits & ((uint64_t{1} << width) - 1) : bits;
}
constexpr int64_t SignExtended(Type type, uint64_t bits) {
  const uint32_t width = BitWidth(type);
  const uint32_t unused = width == 0 || width >= 64 ? 0 : 64 - width;
  return static_cast<int64_t>(bits << unused) >> unused;
}

// Bytes a load or store of the type moves: 1 up to 8 bits, 2 up to 16, then multiples of 4.
constexpr uint32_t StoreSize(Type type) {
  const uint32_t bits = BitWidth(type);
  if (bits == 0) return 0;
  if (bits <= 8) return 1;
  if (bits <= 16) return 2;
  return (bits + 31) / 32 * 4;
}

// "void", "i16", "f16", "f32", "ptr", "func" and back (nullopt if the text names no type).
std::string TypeText(Type type);
std::optional<Type> ParseType(std::string_view text);

}  // namespace csl::ir

#endif  // COMPILER_IR_TYPE_H_
