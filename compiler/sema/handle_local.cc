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

struct Record {
  uint32_t name, type, init, align;
};

Operand ComptimeVariable(Frame& f, uint32_t i, TypeId type, const Operand& init, Slot& slot) {
  Value value;
  if (init.is_none()) {
    value = types::ZeroValue(f.sema.types, type);
    if (!value.valid()) {
      return Fail(f, i, Kind::kInvalidOperation,
                  {"a variable of type " + f.sema.TypeText(type) + " needs an initial value"});
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

Operand RunTimeVariable(Frame& f, uint32_t i, const Record& r, TypeId type, const Operand& init,
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
  b.NameVariable(slot.address, f.file.str(r.name), f.sema.TypeText(type));
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

Flow HandleLocalDecl(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  const Record r = {f.extra(inst.b), f.extra(inst.b + 1), f.extra(inst.b + 2), f.extra(inst.b + 3)};
  Slot& slot = f.slots[inst.a];
  slot = Slot();
  slot.depth = static_cast<uint16_t>(f.control_depth);
  slot.is_const = (inst.flags & lower::kConst) != 0;
  slot.is_comptime_var = !slot.is_const && (inst.flags & lower::kComptime) != 0;
  TypeId type;
  if (r.type != lower::kNone) {
    const std::optional<Value> v = KnownValue(f, f.result(r.type), f.span(r.type), "a type");
    if (!v) return f.Set(i, Operand::Poison());
    if (v->type() != types::kTypeType) {
      return f.Set(i, Fail(f, r.type, Kind::kExpectedType, {f.sema.TypeText(v->type())}));
    }
    type = v->AsType();
  }
  Operand init;
  if (r.init != lower::kNone) {
    init = ValueOf(f, f.result(r.init), f.span(r.init));
    if (type.valid() && !init.is_poison()) init = Coerce(f, init, type, f.span(r.init));
    if (init.is_poison()) return f.Set(i, init);
    if (!type.valid()) type = init.type;
  }
  slot.type = type;
  uint32_t align = 1;
  if (r.align != lower::kNone) {
    const std::optional<Value> v = KnownValue(f, f.result(r.align), f.span(r.align), "alignment");
    if (!v) return f.Set(i, Operand::Poison());
    const std::optional<uint32_t> bytes = AlignmentOf(f, *v, f.span(r.align));
    if (!bytes) return f.Set(i, Operand::Poison());
    align = *bytes;
  }
  if (slot.is_const) {
    slot.bound = f.emits() ? Detach(f, init, f.span(i)) : std::move(init);
    slot.kind = SlotKind::kBound;
    return f.Set(i, Operand::Void());
  }
  const bool comptime = !f.emits() || (inst.flags & lower::kComptime) != 0;
  return f.Set(i, comptime ? ComptimeVariable(f, i, type, init, slot)
                           : RunTimeVariable(f, i, r, type, init, align, slot));
}

}  // namespace csl::sema
