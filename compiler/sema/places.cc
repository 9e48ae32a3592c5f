// SPDX-License-Identifier: Apache-2.0
// Reading, writing and taking the address of places.
#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// Element `path` of a value.
Value ReadPath(const Value& whole, std::span<const uint32_t> path) {
  Value v = whole;
  for (uint32_t n : path) v = v.element(n);
  return v;
}

void WritePath(Value& whole, std::span<const uint32_t> path, Value v) {
  if (path.empty()) {
    whole = std::move(v);
    return;
  }
  Value part = path.size() == 1 ? Value() : whole.TakeElement(path[0]);
  WritePath(part, path.subspan(1), std::move(v));
  whole.SetElement(path[0], std::move(part));
}

Operand LoadBits(Frame& f, const Place& p) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  const uint32_t width = types::PackedBits(s, p.packed_in);
  const ir::Type type =
      IsScalar(s, p.type) ? IrType(s, p.type) : ir::IntType(types::PackedBits(s, p.type));
  ir::ValueId v = b.Load(ir::IntType(width), PlaceAddress(f, p));
  v = b.Binary(ir::Op::kLShr, v, b.Int(16, p.bit_offset));
  v = b.IntCast(ir::BitWidth(type), v, false);
  if (IsScalar(s, p.type)) {
    return Operand::Runtime(p.type, type.is_int() ? v : b.Convert(ir::Op::kBitcast, type, v));
  }
  const ir::ValueId copy =
      b.Alloca(static_cast<uint32_t>(types::SizeOf(s, p.type)), types::AlignOf(s, p.type));
  b.Store(v, copy);
  return Operand::StableMemory(p.type, copy);
}

void StoreBits(Frame& f, const Place& p, const Operand& o, source::Span span) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  const uint32_t width = types::PackedBits(s, p.packed_in);
  const uint32_t bits =
      IsScalar(s, p.type) ? ir::BitWidth(IrType(s, p.type)) : types::PackedBits(s, p.type);
  ir::ValueId v =
      IsScalar(s, p.type) ? ToScalar(f, o, span) : b.Load(ir::IntType(bits), ToMemory(f, o, span));
  if (!b.TypeOf(v).is_int()) v = b.Convert(ir::Op::kBitcast, ir::IntType(bits), v);
  v = b.IntCast(width, v, false);
  const ir::ValueId address = PlaceAddress(f, p);
  const uint64_t ones = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  const ir::ValueId rest = b.Binary(ir::Op::kAnd, b.Load(ir::IntType(width), address),
                                    b.Int(width, ~(ones << p.bit_offset)));
  v = b.Binary(ir::Op::kShl, v, b.Int(16, p.bit_offset));
  b.Store(b.Binary(ir::Op::kOr, rest, v), address);
}

Operand FailRunTime(Frame& f, const Place& p, source::Span span) {
  if (p.instance.valid()) {
    return FailAt(f, span, Kind::kRunTimeInComptime, {f.sema.DeclName(p.instance, p.decl.index)});
  }
  return FailAt(f, span, Kind::kNotComptime, {"this value"});
}

}  // namespace

Operand LoadPlace(Frame& f, const Operand& place, source::Span span) {
  if (!place.is_place()) return place;
  const Place& p = *place.place;
  switch (p.kind) {
    case PlaceKind::kTemporary:
      return p.base;
    case PlaceKind::kCell:
      return Operand::Const(ReadPath(f.sema.cell(p.cell), p.path));
    case PlaceKind::kStatic:
    case PlaceKind::kDynamic:
      break;
  }
  types::TypeStore& s = f.sema.types;
  if (s.kind(p.type) == types::Kind::kAnyopaque) {
    return FailAt(f, span, Kind::kInvalidOperation, {"a value of type anyopaque cannot be read"});
  }
  if (!types::HasRuntimeBits(s, p.type)) return Operand::Void();
  if (!f.emits()) return FailRunTime(f, p, span);
  if (p.is_bits()) return LoadBits(f, p);
  if (!IsScalar(s, p.type)) return Operand::Memory(p.type, PlaceAddress(f, p));
  const bool is_static = p.kind == PlaceKind::kStatic;
  return LoadFrom(f, p.type, is_static ? PlaceAddress(f, p) : p.address, is_static ? 0 : p.offset);
}

bool StorePlace(Frame& f, const Operand& place, const Operand& value, source::Span span) {
  if (!place.is_place() || place.place->is_const || place.place->kind == PlaceKind::kTemporary) {
    FailAt(f, span, Kind::kAssignToConst);
    return false;
  }
  const Place& p = *place.place;
  const Operand v = Coerce(f, value, p.type, span);
  if (v.is_poison()) return false;
  if (p.kind == PlaceKind::kCell) {
    std::optional<Value> known = AsKnown(f, v);
    if (!known) {
      FailAt(f, span, Kind::kNotComptime, {"the value of a compile-time variable"});
      return false;
    }
    WritePath(f.sema.cell(p.cell), p.path, *std::move(known));
    return true;
  }
  if (!f.emits()) {
    FailAt(f, span, Kind::kStoreToGlobalInComptime);
    return false;
  }
  if (v.type == types::kNoreturnType) return true;
  if (p.is_bits()) {
    StoreBits(f, p, v, span);
  } else if (p.kind == PlaceKind::kDynamic) {
    StoreTo(f, p.address, p.offset, v, span);
  } else {
    StoreTo(f, PlaceAddress(f, p), 0, v, span);
  }
  return true;
}

namespace {

Operand AddressOfStatic(Frame& f, const Place& p, TypeId pointer) {
  (void)f;
  return Operand::Const(Value::Symbol(pointer, p.symbol, p.offset));
}

// A declared constant gets memory when somebody wants its address.
Operand AddressOfConstant(Frame& f, const Place& p, TypeId pointer, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const DeclState& state = f.sema.Resolve(p.instance, p.decl.index, &f, span);
  if (!types::HasRuntimeBits(s, state.type)) {
    return FailAt(f, span, Kind::kRunTimeComptimeOnly, {f.sema.TypeText(state.type)});
  }
  int32_t offset = 0;
  TypeId type = state.type;
  for (uint32_t n : p.path) {
    if (s.kind(type) == types::Kind::kArray) {
      type = s.element(type);
      offset += static_cast<int32_t>(n * types::SizeOf(s, type));
    } else {
      if (s.packing(type) == types::Packing::kPacked) {
        return FailAt(f, span, Kind::kAddressOfPackedField);
      }
      offset += static_cast<int32_t>(types::FieldOffset(s, type, n));
      type = s.fields(type)[n].type;
    }
  }
  return Operand::Const(Value::Symbol(pointer, f.sema.SymbolOf(p.instance, p.decl.index), offset));
}

}  // namespace

Operand AddressOfPlace(Frame& f, const Operand& place, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (place.is_const() && s.kind(place.type) == types::Kind::kFn) {
    return Operand::Const(place.value.WithType(s.Pointer(place.type, true)));
  }
  if (!place.is_place()) return FailAt(f, span, Kind::kAddressOfTemporary);
  const Place& p = *place.place;
  if (p.type.valid() && s.kind(p.type) == types::Kind::kFn && p.base.is_const()) {
    return Operand::Const(p.base.value.WithType(s.Pointer(p.type, true)));
  }
  if (p.is_bits()) return FailAt(f, span, Kind::kAddressOfPackedField);
  if (!p.type.valid()) return FailAt(f, span, Kind::kAddressOfTemporary);
  const TypeId pointer = s.Pointer(p.type, p.is_const);
  switch (p.kind) {
    case PlaceKind::kTemporary:
      if (!p.instance.valid()) return FailAt(f, span, Kind::kAddressOfTemporary);
      return AddressOfConstant(f, p, pointer, span);
    case PlaceKind::kCell:
      return Operand::Const(Value::Cell(pointer, p.cell, p.path));
    case PlaceKind::kStatic:
      return AddressOfStatic(f, p, pointer);
    case PlaceKind::kDynamic:
      return Operand::Runtime(pointer, PlaceAddress(f, p));
  }
  return Operand::Poison();
}

}  // namespace csl::sema
