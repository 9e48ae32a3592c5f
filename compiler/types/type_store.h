// SPDX-License-Identifier: Apache-2.0
// TypeStore: every type of a compilation, interned, so that type equality is equality of ids.
//
// Structural types (integers, pointers, arrays, functions, anonymous structs and tuples, ranges)
// are the same type when their parts are. Named structs, unions and enums are the same type when
// they come from the same expression of the source (the `site`, a number the caller chooses, equal
// for one expression in every instance of its file) and have the same fields: so a generic function
// yields equal types for equal arguments.
//
// A store lives as long as the compilation and is shared by the programs compiled in parallel: all
// functions are thread safe, and what they return (spans, string views) stays valid and unchanged
// as long as the store. Which id a type gets depends on the order of interning: never sort by id.
#ifndef COMPILER_TYPES_TYPE_STORE_H_
#define COMPILER_TYPES_TYPE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/types/type_id.h"

namespace csl::types {

// What decides the memory layout of a struct or union.
enum class Packing : uint8_t { kPlain, kExtern, kPacked };

struct Field {
  std::string_view name;  // "0", "1" ... in tuples
  TypeId type;
  friend bool operator==(const Field&, const Field&) = default;
};

struct FnParam {
  TypeId type;  // kAnytypeType for `anytype` and for types that depend on other parameters
  bool is_comptime = false;
  friend bool operator==(const FnParam&, const FnParam&) = default;
};

struct EnumMember {
  std::string_view name;
  int64_t value;  // bits of the underlying type, sign- or zero-extended
  friend bool operator==(const EnumMember&, const EnumMember&) = default;
};

class TypeStore {
 public:
  // fp16: the 16-bit float type that exists at run time (--fp16-format): kF16Type, kBf16Type or
  // kCb16Type.
  explicit TypeStore(TypeId fp16 = kF16Type);
  ~TypeStore();
  TypeStore(const TypeStore&) = delete;
  TypeStore& operator=(const TypeStore&) = delete;

  TypeId fp16() const { return fp16_; }

  // ---- interning ----
  static constexpr uint32_t kMaxIntBits = 16777215;
  static constexpr size_t kMaxRank = 4;  // of arrays that a DSD can walk; arrays may have more

  TypeId Int(bool is_signed, uint32_t bits);  // bits in 0..kMaxIntBits
  TypeId Pointer(TypeId pointee, bool is_const, bool is_many = false);
  TypeId Array(std::span<const uint32_t> dims, TypeId element);
  TypeId Array(uint32_t count, TypeId element) { return Array(std::span(&count, 1), element); }
  TypeId Fn(std::span<const FnParam> params, TypeId result, bool is_task = false);
  TypeId AnonStruct(std::span<const Field> fields);
  TypeId Tuple(std::span<const TypeId> elements);
  // `name` is what messages call the type (empty: prints its fields); not part of its identity.
  TypeId NamedStruct(uint64_t site, Packing packing, std::span<const Field> fields,
                     std::string_view name);
  TypeId NamedUnion(uint64_t site, Packing packing, std::span<const Field> fields,
                    std::string_view name);
  TypeId Enum(uint64_t site, TypeId underlying, std::span<const EnumMember> members,
              std::string_view name);
  TypeId Range(TypeId element);

  // The type a word names ("u16", "i3", "color", "mem1d_dsd" ...), or an invalid id.
  TypeId FromWord(std::string_view word);

  // ---- parts; asking a type for a part its kind lacks is a programmer error ----
  Kind kind(TypeId t) const;
  uint32_t int_bits(TypeId t) const;               // kInt
  bool int_is_signed(TypeId t) const;              // kInt
  TypeId pointee(TypeId t) const;                  // kPointer
  bool pointer_is_const(TypeId t) const;           // kPointer
  bool pointer_is_many(TypeId t) const;            // kPointer: [*]T
  TypeId element(TypeId t) const;                  // kArray, kRange
  std::span<const uint32_t> dims(TypeId t) const;  // kArray
  uint64_t element_count(TypeId t) const;          // kArray: product of dims
  std::span<const Field> fields(TypeId t) const;   // kStruct, kUnion
  Packing packing(TypeId t) const;                 // kStruct, kUnion
  bool is_anonymous(TypeId t) const;               // kStruct: anonymous struct or tuple
  bool is_tuple(TypeId t) const;                   // any type; the empty literal .{} is a tuple
  std::optional<uint32_t> FindField(TypeId t, std::string_view name) const;  // kStruct, kUnion
  TypeId underlying(TypeId t) const;                                         // kEnum
  std::span<const EnumMember> members(TypeId t) const;                       // kEnum
  std::span<const FnParam> params(TypeId t) const;                           // kFn
  TypeId result(TypeId t) const;                                             // kFn
  bool fn_is_task(TypeId t) const;                                           // kFn
  std::string_view name(
      TypeId t) const;  // named struct, union, enum; spelling of types without parts

  size_t size() const;

 private:
  struct Record;
  class Impl;
  const Record& Get(TypeId t) const;
  TypeId Intern(const Record& key);

  TypeId fp16_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csl::types

#endif  // COMPILER_TYPES_TYPE_STORE_H_
