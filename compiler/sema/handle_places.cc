// SPDX-License-Identifier: Apache-2.0
// Members, elements, pointers, loads, stores.
#include "compiler/sema/effects.h"
#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

void SetLocation(Frame& f, InstId i) {
  if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
}

// A compile-time variable lives in time, run-time control flow does not.
bool CheckComptimeStore(Frame& f, InstId i, const Operand& place) {
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
bool IsOfComptimeVar(const Frame& f, InstId at) {
  const LocalId local = StartOfChain(f, at);
  return local.valid() && f.slot(local).is_comptime_var;
}

}  // namespace

Flow HandleMember(Frame& f, InstId i, const untyped::Member& inst) {
  return f.Set(i, MemberPlace(f, f.result(inst.place), f.file.str(inst.name), f.span(i)));
}

Flow HandleIndex(Frame& f, InstId i, const untyped::Index& inst) {
  const std::span<const InstId> ids = f.List(inst.indices);
  std::vector<Operand> indices(ids.size());
  for (size_t n = 0; n < ids.size(); ++n) {
    indices[n] = ValueOf(f, f.result(ids[n]), f.span(ids[n]));
    if (indices[n].is_poison()) return f.Set(i, Operand::Poison());
  }
  return f.Set(i, IndexPlace(f, f.result(inst.place), indices, f.span(i)));
}

Flow HandleDeref(Frame& f, InstId i, const untyped::Deref& inst) {
  return f.Set(i, DerefPlace(f, f.result(inst.pointer), f.span(i)));
}

Flow HandleLoad(Frame& f, InstId i, const untyped::Load& inst) {
  return f.Set(i, LoadPlace(f, f.result(inst.place), f.span(i)));
}

Flow HandleAddrOf(Frame& f, InstId i, const untyped::AddrOf& inst) {
  const Operand& place = f.result(inst.place);
  if (IsOfComptimeVar(f, inst.place)) return f.Set(i, Fail(f, i, Kind::kAddressOfComptimeVar));
  // A run-time constant or parameter gets memory for the occasion: it never changes.
  if (place.is_place() && place.place->kind == PlaceKind::kTemporary &&
      !place.place->instance.valid() && f.emits()) {
    const Operand& base = place.place->base;
    const bool is_local = f.file.insts.Is<untyped::LocalRef>(inst.place);
    const bool is_value =
        is_local && base.type.valid() && f.sema.types.kind(base.type) != types::Kind::kFn;
    if (is_value && !types::HasRuntimeBits(f.sema.types, base.type)) {
      return f.Set(i, Fail(f, i, Kind::kRunTimeComptimeOnly, {f.sema.TypeText(base.type)}));
    }
    if (is_local && IsScalar(f.sema.types, base.type)) {
      types::TypeStore& s = f.sema.types;
      const ir::ValueId address = f.builder->Alloca(4, 4);
      StoreTo(f, address, 0, base, f.span(i));
      return f.Set(i, Operand::Runtime(s.Pointer(base.type, true), address));
    }
    if (is_local && f.sema.types.kind(base.type) != types::Kind::kFn) {
      return f.Set(
          i, Operand::Runtime(f.sema.types.Pointer(base.type, true), ToMemory(f, base, f.span(i))));
    }
  }
  return f.Set(i, AddressOfPlace(f, place, f.span(i)));
}

Flow HandleStore(Frame& f, InstId i, const untyped::Store& inst) {
  SetLocation(f, i);
  if (!CheckComptimeStore(f, i, f.result(inst.place))) return f.Set(i, Operand::Poison());
  const Operand& place = f.result(inst.place);
  const bool is_variable =
      place.is_place() && !place.place->is_const && !place.place->holds_any_struct;
  const Operand value = is_variable
                            ? Coerce(f, f.result(inst.value), place.type, f.span(inst.value))
                            : f.result(inst.value);
  if (value.is_poison()) return f.Set(i, value);
  const bool ok = StorePlace(f, place, value, f.span(i));
  return f.Set(i, ok ? Operand::Void() : Operand::Poison());
}

Flow HandleStoreOp(Frame& f, InstId i, const untyped::StoreOp& inst) {
  SetLocation(f, i);
  if (!CheckComptimeStore(f, i, f.result(inst.place))) return f.Set(i, Operand::Poison());
  const Operand old =
      inst.old.valid() ? f.result(inst.old) : LoadPlace(f, f.result(inst.place), f.span(i));
  if (old.is_poison()) return f.Set(i, Operand::Poison());
  Operand value = ValueOf(f, f.result(inst.value), f.span(inst.value));
  const bool is_shift = inst.op == lower::BinaryOp::kShl || inst.op == lower::BinaryOp::kShr;
  // The place fixes the type, as it does for a plain assignment.
  if (!is_shift && !value.is_poison() && old.type != types::kComptimeIntType) {
    value = Coerce(f, value, old.type, f.span(inst.value));
  }
  if (value.is_poison()) return f.Set(i, Operand::Poison());
  const Operand result = BinaryOperation(f, inst.op, old, value, f.span(i));
  if (result.is_poison()) return f.Set(i, Operand::Poison());
  const bool ok = StorePlace(f, f.result(inst.place), result, f.span(i));
  return f.Set(i, ok ? Operand::Void() : Operand::Poison());
}

Flow HandlePlaceType(Frame& f, InstId i, const untyped::PlaceType& inst) {
  const Operand& place = f.result(inst.place);
  return f.Set(i, place.type.valid() ? Operand::Type(place.type) : Operand::None());
}

}  // namespace csl::sema
