// SPDX-License-Identifier: Apache-2.0
// Members, elements, pointers, loads, stores.
#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

void SetLocation(Frame& f, uint32_t i) {
  if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
}

// A compile-time variable lives in time, run-time control flow does not.
bool CheckComptimeStore(Frame& f, uint32_t i, const Operand& place) {
  if (!place.is_place() || place.place->kind != PlaceKind::kCell) return true;
  for (const Slot& slot : f.slots) {
    if (slot.kind == SlotKind::kCell && slot.cell == place.place->cell &&
        slot.depth < f.control_depth) {
      Fail(f, i, Kind::kComptimeStoreRunTime);
      return false;
    }
  }
  return true;
}

// Whether a chain of places starts at a local that was declared `comptime var`.
bool IsOfComptimeVar(const Frame& f, uint32_t at) {
  while (f.inst(at).op == lower::Op::kMember || f.inst(at).op == lower::Op::kIndex) {
    at = f.inst(at).a;
  }
  return f.inst(at).op == lower::Op::kLocalRef && f.slots[f.inst(at).a].is_comptime_var;
}

}  // namespace

Flow HandleMember(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  return f.Set(i, MemberPlace(f, f.result(inst.a), f.file.str(inst.b), f.span(i)));
}

Flow HandleIndex(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  std::vector<Operand> indices(inst.c);
  for (uint32_t n = 0; n < inst.c; ++n) {
    const uint32_t at = f.extra(inst.b + n);
    indices[n] = ValueOf(f, f.result(at), f.span(at));
    if (indices[n].is_poison()) return f.Set(i, Operand::Poison());
  }
  return f.Set(i, IndexPlace(f, f.result(inst.a), indices, f.span(i)));
}

Flow HandleDeref(Frame& f, uint32_t i) {
  return f.Set(i, DerefPlace(f, f.result(f.inst(i).a), f.span(i)));
}

Flow HandleLoad(Frame& f, uint32_t i) {
  return f.Set(i, LoadPlace(f, f.result(f.inst(i).a), f.span(i)));
}

Flow HandleAddrOf(Frame& f, uint32_t i) {
  const Operand& place = f.result(f.inst(i).a);
  if (IsOfComptimeVar(f, f.inst(i).a)) return f.Set(i, Fail(f, i, Kind::kAddressOfComptimeVar));
  // A run-time constant or parameter gets memory for the occasion: it never changes.
  if (place.is_place() && place.place->kind == PlaceKind::kTemporary &&
      !place.place->instance.valid() && f.emits()) {
    const Operand& base = place.place->base;
    const auto from = f.inst(f.inst(i).a).op;
    const bool is_value = from == lower::Op::kLocalRef && base.type.valid() &&
                          f.sema.types.kind(base.type) != types::Kind::kFn;
    if (is_value && !types::HasRuntimeBits(f.sema.types, base.type)) {
      return f.Set(i, Fail(f, i, Kind::kRunTimeComptimeOnly, {f.sema.TypeText(base.type)}));
    }
    if (from == lower::Op::kLocalRef && IsScalar(f.sema.types, base.type)) {
      types::TypeStore& s = f.sema.types;
      const ir::ValueId address = f.builder->Alloca(4, 4);
      StoreTo(f, address, 0, base, f.span(i));
      return f.Set(i, Operand::Runtime(s.Pointer(base.type, true), address));
    }
    if (from == lower::Op::kLocalRef && f.sema.types.kind(base.type) != types::Kind::kFn) {
      return f.Set(
          i, Operand::Runtime(f.sema.types.Pointer(base.type, true), ToMemory(f, base, f.span(i))));
    }
  }
  return f.Set(i, AddressOfPlace(f, place, f.span(i)));
}

Flow HandleStore(Frame& f, uint32_t i) {
  SetLocation(f, i);
  const lower::Inst& inst = f.inst(i);
  if (!CheckComptimeStore(f, i, f.result(inst.a))) return f.Set(i, Operand::Poison());
  const Operand& place = f.result(inst.a);
  const bool is_variable =
      place.is_place() && !place.place->is_const && !place.place->holds_any_struct;
  const Operand value =
      is_variable ? Coerce(f, f.result(inst.b), place.type, f.span(inst.b)) : f.result(inst.b);
  if (value.is_poison()) return f.Set(i, value);
  const bool ok = StorePlace(f, place, value, f.span(i));
  return f.Set(i, ok ? Operand::Void() : Operand::Poison());
}

Flow HandleStoreOp(Frame& f, uint32_t i) {
  SetLocation(f, i);
  const lower::Inst& inst = f.inst(i);
  if (!CheckComptimeStore(f, i, f.result(inst.a))) return f.Set(i, Operand::Poison());
  const Operand old =
      inst.c == lower::kNone ? LoadPlace(f, f.result(inst.a), f.span(i)) : f.result(inst.c);
  if (old.is_poison()) return f.Set(i, Operand::Poison());
  Operand value = ValueOf(f, f.result(inst.b), f.span(inst.b));
  const bool is_shift =
      inst.binary_op() == lower::BinaryOp::kShl || inst.binary_op() == lower::BinaryOp::kShr;
  // The place fixes the type, as it does for a plain assignment.
  if (!is_shift && !value.is_poison() && old.type != types::kComptimeIntType) {
    value = Coerce(f, value, old.type, f.span(inst.b));
  }
  if (value.is_poison()) return f.Set(i, Operand::Poison());
  const Operand result = BinaryOperation(f, inst.binary_op(), old, value, f.span(i));
  if (result.is_poison()) return f.Set(i, Operand::Poison());
  const bool ok = StorePlace(f, f.result(inst.a), result, f.span(i));
  return f.Set(i, ok ? Operand::Void() : Operand::Poison());
}

Flow HandlePlaceType(Frame& f, uint32_t i) {
  const Operand& place = f.result(f.inst(i).a);
  return f.Set(i, place.type.valid() ? Operand::Type(place.type) : Operand::None());
}

}  // namespace csl::sema
