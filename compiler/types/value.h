// SPDX-License-Identifier: Apache-2.0
// Value: a compile-time known value of a CSL type. 16 bytes, cheap to copy, never interned.
//
// Scalars are immediate: 64 bits beside the type. Everything larger is a shared, immutable object;
// changing an element of an aggregate through SetElement copies it only when it is shared, so
// filling a comptime table costs linear time. Copies may be read by several threads; one Value
// object must not be changed while another thread uses it.
//
// How the 64 bits of an immediate read:
//   iN, uN, N <= 64                 the number, sign- or zero-extended
//   comptime_int                    the number, if it fits in int64
//   enum                            as its underlying type
//   bool                            0 or 1
//   f16, bf16, cb16, f32            the format's bits, zero-extended
//   comptime_float                  bits of the double
//   color, task, queue, ut and
//   DSR ids                         the number
//   direction                       the Direction
//   type                            index of the TypeId
//   pointer                         a plain byte address
// Wider integers have form kBigInt.
#ifndef COMPILER_TYPES_VALUE_H_
#define COMPILER_TYPES_VALUE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "compiler/types/big_int.h"
#include "compiler/types/type_id.h"

namespace csl::types {

struct SymbolTag;
struct CellTag;
struct InstanceTag;
struct DeclTag;
using SymbolId = StrongId<SymbolTag>;      // a run-time global of the tile program
using CellId = StrongId<CellTag>;          // a mutable comptime variable
using InstanceId = StrongId<InstanceTag>;  // a module instance
using DeclId = StrongId<DeclTag>;          // a declaration of the instance's file

enum class Direction : uint8_t { kNorth, kSouth, kEast, kWest, kRamp };

enum class Form : uint8_t {
  kNone,       // not a value: default-constructed
  kImmediate,  // scalar, see above; void
  kBigInt,     // integer beyond 64 bits
  kString,     // comptime_string
  kAggregate,  // struct, tuple, array, range (start, stop, step), union (active field only, see
               // union_field())
  kSymbol,     // pointer to run-time data: symbol + byte offset
  kCell,       // pointer to a comptime variable, or to an element of one
  kFunction,   // function or task, or a pointer to one: instance + declaration
  kModule,     // imported_module: instance
  kDsd,        // see dsd_value.h
};

struct DsdData;
class ValueObject;

class Value {
 public:
  Value() = default;
  Value(const Value& other)
      : type_(other.type_), form_(other.form_), has_object_(other.has_object_), bits_(other.bits_) {
    if (has_object_) AddRef();
  }
  Value(Value&& other) noexcept
      : type_(other.type_),
        form_(std::exchange(other.form_, Form::kNone)),
        has_object_(std::exchange(other.has_object_, false)),
        bits_(std::exchange(other.bits_, 0)) {}
  Value& operator=(const Value& other) {
    if (this != &other) *this = Value(other);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    std::swap(type_, other.type_);
    std::swap(form_, other.form_);
    std::swap(has_object_, other.has_object_);
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~Value() {
    if (has_object_) Release();
  }

  // ---- making ----
  static Value Immediate(TypeId type, uint64_t bits);
  static Value Void() { return Immediate(kVoidType, 0); }
  static Value Bool(bool b) { return Immediate(kBoolType, b ? 1 : 0); }
  static Value ComptimeInt(int64_t v);
  static Value ComptimeInt(const BigInt& v);
  static Value ComptimeFloat(double v);
  static Value Type(TypeId t) { return Immediate(kTypeType, t.index); }
  static Value OfDirection(Direction d) {
    return Immediate(kDirectionType, static_cast<uint64_t>(d));
  }
  static Value String(std::string s);
  // An integer of more than 64 bits.
  static Value Wide(TypeId type, BigInt v);
  // Elements in field order, or row-major.
  static Value Aggregate(TypeId type, std::vector<Value> elements);
  // An array of `count` equal elements. Scalars are kept dense: 1 to 8 bytes an element.
  static Value Filled(TypeId array, uint64_t count, const Value& element);
  static Value Union(TypeId type, uint32_t field, Value v);
  static Value Symbol(TypeId pointer, SymbolId symbol, int32_t byte_offset);
  // `path`: field and flat element indices from the variable down to what is pointed to.
  static Value Cell(TypeId pointer, CellId cell, std::vector<uint32_t> path);
  static Value Function(TypeId type, InstanceId instance, DeclId decl);
  static Value Module(InstanceId instance);
  static Value Dsd(TypeId type, DsdData data);

  // ---- reading; asking for what the form lacks is a programmer error ----
  bool valid() const { return form_ != Form::kNone; }
  explicit operator bool() const { return valid(); }
  TypeId type() const { return type_; }
  Form form() const { return form_; }
  bool is_immediate() const { return form_ == Form::kImmediate; }
  uint64_t bits() const {
    CHECK(is_immediate()) << "form " << static_cast<int>(form_) << " is not a scalar";
    return bits_;
  }
  int64_t int64() const { return static_cast<int64_t>(bits()); }
  bool AsBool() const { return bits() != 0; }
  TypeId AsType() const { return TypeId(static_cast<uint32_t>(bits())); }
  double comptime_float() const;
  const BigInt& big_int() const;  // kBigInt only; ToBigInt (fold.h) reads any integer
  const std::string& string() const;
  size_t element_count() const;   // kAggregate
  Value element(size_t i) const;  // kAggregate
  // kAggregate: an array of scalars that are all zero, as far as a quick look can tell; false for
  // any other value, and for some that are zero.
  bool is_zero_array() const;
  // Replaces element i; the new value has the type of the old. Amortised O(1) unless the object is
  // shared.
  void SetElement(size_t i, Value v);
  // Moves element i out (leaves it invalid) so that a nested element can be changed without copying
  // it.
  Value TakeElement(size_t i);
  bool is_union() const;
  uint32_t union_field() const;  // active field of a union value; its value is element(0)
  SymbolId symbol() const;
  int32_t byte_offset() const;  // kSymbol
  CellId cell() const;
  std::span<const uint32_t> path() const;  // kCell
  InstanceId instance() const;             // kFunction, kModule
  DeclId decl() const;                     // kFunction
  const DsdData& dsd() const;

  // The same value under another type of the same representation (pointers, functions, structs with
  // equal fields).
  Value WithType(TypeId type) const;

  // Same type and same content; floats compare by bits. For keys of instantiation caches; `==` of
  // the language is FoldBinary.
  friend bool Identical(const Value& a, const Value& b);
  friend uint64_t HashOf(const Value& v);

 private:
  Value(TypeId type, Form form, ValueObject* object);  // takes over one reference
  Value(TypeId type, Form form, uint64_t bits);
  void AddRef() const;
  void Release() const;
  void Unshare();

  TypeId type_;
  Form form_ = Form::kNone;
  bool has_object_ = false;
  union {
    uint64_t bits_ = 0;
    ValueObject* object_;
  };
};

bool Identical(const Value& a, const Value& b);
uint64_t HashOf(const Value& v);

static_assert(sizeof(Value) == 16);

}  // namespace csl::types

#endif  // COMPILER_TYPES_VALUE_H_
