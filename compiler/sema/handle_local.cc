// SPDX-License-Identifier: Apache-2.0
// Local variables and constants.
#include <algorithm>

#include "compiler/sema/handler.h"
#include "compiler/types/coercion.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

Operand ComptimeVariable(Frame& f, InstId i, TypeId type, const Operand& init, Slot& slot) {
  Value value;
  if (init.is_none()) {
    value = types::ZeroValue(f.sema.types, type);
    if (!value.valid()) {
      return Fail(f, i, Kind::kNeedsInitialValue, {f.sema.TypeText(type)});
    }
  } else {
    std::optional<Value> known = KnownValue(f, init, f.span(i), "the initial value");
    if (!known) return Operand::Poison();
    value = *std::move(known);
  }
  slot.kind = SlotKind::kCell;
  slot.cell = f.sema.NewCell(std::move(value));
  return Operand::Void();
}

Operand RunTimeVariable(Frame& f, InstId i, lower::StringId name, TypeId type, const Operand& init,
                        uint32_t align, Slot& slot) {
  types::TypeStore& s = f.sema.types;
  if (types::IsComptimeOnly(s, type)) {
    return Fail(f, i, Kind::kLocalNeedsComptime, {f.sema.TypeText(type)});
  }
  ir::IrBuilder& b = *f.builder;
  b.SetLocation(f.sema.IrLocation(f.span(i)));
  const uint32_t size =
      types::HasRuntimeBits(s, type) ? static_cast<uint32_t>(types::SizeOf(s, type)) : 0;
  const uint32_t natural = size == 0 ? 1 : types::AlignOf(s, type);
  slot.kind = SlotKind::kAlloca;
  slot.address = b.Alloca(std::max(size, 1u), std::max(natural, align));
  b.NameVariable(slot.address, f.file.str(name), f.sema.TypeText(type));
  if (size == 0) return Operand::Void();
  if (!init.is_none()) {
    StoreTo(f, slot.address, 0, init, f.span(i));
  } else if (IsScalar(s, type)) {
    b.Store(f.builder->function().Const(IrType(s, type), 0), slot.address);
  } else {
    b.Zero(slot.address, size);
  }
  return Operand::Void();
}

}  // namespace

Flow HandleLocalDecl(Frame& f, InstId i, const untyped::LocalDecl& inst) {
  Slot& slot = f.slot(inst.local);
  slot = Slot();
  slot.depth = static_cast<uint16_t>(f.control_depth);
  slot.is_const = inst.is_const;
  slot.is_comptime_var = !inst.is_const && inst.is_comptime;
  TypeId type;
  if (inst.type.valid()) {
    const std::optional<Value> v = KnownValue(f, f.result(inst.type), f.span(inst.type), "a type");
    if (!v) return f.Set(i, Operand::Poison());
    if (v->type() != types::kTypeType) {
      return f.Set(i, Fail(f, inst.type, Kind::kExpectedType, {f.sema.TypeText(v->type())}));
    }
    type = v->AsType();
  }
  Operand init;
  if (inst.init.valid()) {
    init = ValueOf(f, f.result(inst.init), f.span(inst.init));
    if (type.valid() && !init.is_poison()) init = Coerce(f, init, type, f.span(inst.init));
    if (init.is_poison()) return f.Set(i, init);
    if (!type.valid()) type = init.type;
  }
  slot.type = type;
  uint32_t align = 1;
  if (inst.align.valid()) {
    const std::optional<Value> v =
        KnownValue(f, f.result(inst.align), f.span(inst.align), "alignment");
    if (!v) return f.Set(i, Operand::Poison());
    const std::optional<uint32_t> bytes = AlignmentOf(f, *v, f.span(inst.align));
    if (!bytes) return f.Set(i, Operand::Poison());
    align = *bytes;
  }
  if (slot.is_const) {
    slot.bound = f.emits() ? Detach(f, init, f.span(i)) : std::move(init);
    slot.kind = SlotKind::kBound;
    return f.Set(i, Operand::Void());
  }
  const bool comptime = !f.emits() || inst.is_comptime;
  return f.Set(i, comptime ? ComptimeVariable(f, i, type, init, slot)
                           : RunTimeVariable(f, i, inst.name, type, init, align, slot));
}

}  // namespace csl::sema
