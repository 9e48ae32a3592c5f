// SPDX-License-Identifier: Apache-2.0
// Reading, writing and taking the address of places.
#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/packed.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"
#include "compiler/types/union_members.h"

namespace csl::sema {

using diagnostics::Kind;
using diagnostics::Problem;
using diagnostics::ProblemOr;
using types::TypeId;
using types::Value;

namespace {

// Element `path` of a value.
ProblemOr<Value> ReadPath(const types::TypeStore& s, const Value& whole,
                          std::span<const uint32_t> path) {
  Value v = whole;
  for (uint32_t n : path) {
    if (v.is_union()) {
      ASSIGN_OR_RETURN(v, types::UnionMember(s, v, n));
    } else {
      v = v.element(n);
    }
  }
  return v;
}

// After an error `whole` is what it was.
Problem WritePath(const types::TypeStore& s, Value& whole, std::span<const uint32_t> path,
                  Value v) {
  if (path.empty()) {
    whole = std::move(v);
    return diagnostics::NoProblem();
  }
  const uint32_t n = path[0];
  const bool is_union = whole.is_union();
  if (is_union && whole.union_field() != n) {
    ASSIGN_OR_RETURN(Value member, types::UnionMember(s, whole, n));
    RETURN_IF_PROBLEM(WritePath(s, member, path.subspan(1), std::move(v)));
    ASSIGN_OR_RETURN(whole, types::WithUnionMember(s, whole, n, std::move(member)));
    return diagnostics::NoProblem();
  }
  const uint32_t at = is_union ? 0 : n;
  if (path.size() == 1) {
    whole.SetElement(at, std::move(v));
    return diagnostics::NoProblem();
  }
  Value part = whole.TakeElement(at);
  const Problem status = WritePath(s, part, path.subspan(1), std::move(v));
  whole.SetElement(at, std::move(part));
  return status;
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
    case PlaceKind::kCell: {
      f.sema.NoteUseOf(p.cell);
      ProblemOr<Value> v = ReadPath(f.sema.types, f.sema.cell(p.cell), p.path);
      if (!v.ok()) return FailWith(f, span, v.status());
      if (p.is_one_of_many) return Operand::Const(Value::Aggregate(p.type, {*std::move(v)}));
      return Operand::Const(*std::move(v));
    }
    case PlaceKind::kStatic:
    case PlaceKind::kDynamic:
      break;
  }
  types::TypeStore& s = f.sema.types;
  if (s.kind(p.type) == types::Kind::kAnyopaque) {
    return FailAt(f, span, Kind::kReadOfAnyopaque);
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
  const TypeId wanted = p.holds_any_struct ? types::kComptimeStructType : p.type;
  const Operand v = Coerce(f, value, wanted, span);
  if (v.is_poison()) return false;
  if (p.kind == PlaceKind::kCell) {
    f.sema.NoteUseOf(p.cell);
    std::optional<Value> known = AsKnown(f, v);
    if (!known) {
      FailAt(f, span, Kind::kNotComptime, {"the value of a compile-time variable"});
      return false;
    }
    if (p.is_one_of_many) known = known->element(0);
    const Problem done = WritePath(f.sema.types, f.sema.cell(p.cell), p.path, *std::move(known));
    if (!done.ok()) FailWith(f, span, done);
    return done.ok();
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

Operand AddressOfFunction(Frame& f, const Value& function, source::Span span) {
  const Instance& home = f.sema.instance(function.instance());
  const lower::Decl& decl = home.file->decls[function.decl().index];
  if (home.file->functions[decl.function].is_inline) {
    return FailAt(f, span, Kind::kAddressOfInline, {home.file->str(decl.name)});
  }
  return Operand::Const(function.WithType(f.sema.types.Pointer(function.type(), true)));
}

Operand AddressOfPlace(Frame& f, const Operand& place, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (place.is_const() && s.kind(place.type) == types::Kind::kFn) {
    return AddressOfFunction(f, place.value, span);
  }
  if (!place.is_place()) return FailAt(f, span, Kind::kAddressOfTemporary);
  const Place& p = *place.place;
  if (p.type.valid() && s.kind(p.type) == types::Kind::kFn && p.base.is_const()) {
    return AddressOfFunction(f, p.base.value, span);
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
