// SPDX-License-Identifier: Apache-2.0
// Operand: the result of one untyped instruction while it is being interpreted.
//
// Comptime-known results are values; run-time results are SSA values (scalars) or addresses of
// memory that holds them (arrays, structs, DSDs). Places designate storage and are not read yet.
#ifndef COMPILER_SEMA_OPERAND_H_
#define COMPILER_SEMA_OPERAND_H_

#include <cstdint>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/lower/untyped.h"
#include "compiler/sema/shared.h"
#include "compiler/types/value.h"

namespace csl::sema {

enum class OperandKind : uint8_t {
  kNone,     // no result; as a requested type: no type
  kPoison,   // an error was reported: users stay silent
  kConst,    // comptime-known: `value`
  kRuntime,  // scalar: `ir`
  kMemory,   // run-time aggregate or DSD at address `ir`, to be copied before it may change
  kFields,   // struct, tuple, array or range in parts, some of them known only at run time
  kPlace,    // `place`
  kQuote,    // unevaluated body of instruction `quote`
};

// A leaf of a tile parameter that a comptime-known value came from; index into the analyzer's
// table. A value that is only passed on does not count as read.
using ProvenanceId = StrongId<struct ProvenanceTag>;

struct Place;

struct Operand {
  OperandKind kind = OperandKind::kNone;
  bool is_stable = false;  // kMemory: written once, so it needs no copy to keep its value
  types::TypeId type;  // of the value; of what a place holds (invalid: a module, type or function)
  types::Value value;  // kConst
  ir::ValueId ir;      // kRuntime, kMemory
  lower::InstId quote;
  ProvenanceId provenance;  // kConst
  Shared<Place> place;
  Shared<std::vector<Operand>> fields;  // kFields: in the order of the type's fields

  Operand();
  Operand(const Operand&);
  Operand(Operand&&) noexcept;
  Operand& operator=(const Operand&);
  Operand& operator=(Operand&&) noexcept;
  ~Operand();

  bool is_none() const { return kind == OperandKind::kNone; }
  bool is_poison() const { return kind == OperandKind::kPoison; }
  bool is_const() const { return kind == OperandKind::kConst; }
  bool is_place() const { return kind == OperandKind::kPlace; }

  static Operand None() { return {}; }
  static Operand Poison() {
    Operand o;
    o.kind = OperandKind::kPoison;
    return o;
  }
  static Operand Const(types::Value v) {
    Operand o;
    o.kind = OperandKind::kConst;
    o.type = v.type();
    o.value = std::move(v);
    return o;
  }
  static Operand Void() { return Const(types::Value::Void()); }
  static Operand Type(types::TypeId t) { return Const(types::Value::Type(t)); }
  static Operand Runtime(types::TypeId type, ir::ValueId v) {
    Operand o;
    o.kind = OperandKind::kRuntime;
    o.type = type;
    o.ir = v;
    return o;
  }
  static Operand Memory(types::TypeId type, ir::ValueId address) {
    Operand o;
    o.kind = OperandKind::kMemory;
    o.type = type;
    o.ir = address;
    return o;
  }
  // Memory made for this value alone.
  static Operand StableMemory(types::TypeId type, ir::ValueId address) {
    Operand o = Memory(type, address);
    o.is_stable = true;
    return o;
  }
  static Operand Fields(types::TypeId type, std::vector<Operand> parts) {
    Operand o;
    o.kind = OperandKind::kFields;
    o.type = type;
    o.fields = Shared<std::vector<Operand>>::Make(std::move(parts));
    return o;
  }
  static Operand Quote(lower::InstId instruction) {
    Operand o;
    o.kind = OperandKind::kQuote;
    o.quote = instruction;
    return o;
  }
  static Operand Of(Place place);
};

enum class PlaceKind : uint8_t {
  kTemporary,  // `base`: a temporary value, or a declared constant (then `decl` names it)
  kCell,       // comptime variable `cell`, element `path`
  kStatic,     // run-time global `symbol` + `offset` bytes
  kDynamic,    // run-time address `address` + `offset` bytes
};

struct Place {
  PlaceKind kind = PlaceKind::kTemporary;
  types::TypeId type;
  bool is_const = false;
  Operand base;                   // kTemporary
  types::CellId cell;             // kCell
  std::vector<uint32_t> path;     // kCell; kTemporary of a declared constant
  bool holds_any_struct = false;  // kCell: a variable of type comptime_struct, as a whole
  bool is_one_of_many = false;  // kCell: an array of one element, which is all that the cell holds
  types::SymbolId symbol;       // kStatic
  ir::ValueId address;          // kDynamic
  int32_t offset = 0;
  // Bits of a packed struct or union that holds this field; width 0: not such a field.
  types::TypeId packed_in;  // the outermost packed type, which `offset` points at
  uint32_t bit_offset = 0;
  // The declaration that this place, or the whole it is part of, belongs to (kTemporary, kStatic).
  types::InstanceId instance;
  types::DeclId decl;

  bool is_bits() const { return packed_in.valid(); }
};

// Here, where Place is complete.
inline Operand::Operand() = default;
inline Operand::Operand(const Operand&) = default;
inline Operand::Operand(Operand&&) noexcept = default;
inline Operand& Operand::operator=(const Operand&) = default;
inline Operand& Operand::operator=(Operand&&) noexcept = default;
inline Operand::~Operand() = default;

inline Operand Operand::Of(Place p) {
  Operand o;
  o.kind = OperandKind::kPlace;
  o.type = p.type;
  o.place = Shared<Place>::Make(std::move(p));
  return o;
}

}  // namespace csl::sema

#endif  // COMPILER_SEMA_OPERAND_H_
