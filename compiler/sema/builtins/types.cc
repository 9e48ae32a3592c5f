// SPDX-License-Identifier: Apache-2.0
// @type_of, @is_same_type, @fp16, @field, @has_field, @get_int.
#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

namespace {

// Of a value, or of what a place holds.
TypeId TypeOfOperand(const Operand& o) {
  if (o.is_none()) return types::kVoidType;
  if (o.is_place() && !o.type.valid()) return o.place->base.type;  // a module, type or function
  return o.type;
}

// The type of the place behind a load, so that a run-time variable need not be known: what `yield`
// ends in. Nullopt: the expression ends otherwise.
std::optional<Operand> PlaceBehindYield(Frame& f, lower::Body body) {
  const lower::InstList& insts = f.file.insts;
  if (body.empty()) return std::nullopt;
  const auto yield = insts.As<untyped::Yield>(body.last());
  if (!yield) return std::nullopt;
  if (const auto get = insts.As<untyped::DeclGet>(yield->value)) {
    return f.sema.DeclPlace(f.instance.id, get->decl.index, &f, f.span(yield->value));
  }
  if (const auto get = insts.As<untyped::LocalGet>(yield->value)) {
    const Slot& slot = f.slot(get->local);
    if (slot.kind == SlotKind::kUnset || slot.kind == SlotKind::kGeneric) return std::nullopt;
    Operand o;
    o.type = slot.kind == SlotKind::kBound ? TypeOfOperand(slot.bound) : slot.type;
    o.kind = OperandKind::kPlace;  // only its type is looked at
    return o.type.valid() ? std::optional(o) : std::nullopt;
  }
  const auto load = insts.As<untyped::Load>(yield->value);
  if (!load || insts.Next(yield->value) != body.last()) return std::nullopt;
  if (RunBody(f, {body.first, yield->value}) != Flow::kNext) return Operand::Poison();
  return f.result(load->place);
}

// Code that the expression emits goes to a block that nothing reaches.
Operand EvaluateForType(Frame& f, lower::Body body) {
  if (std::optional<Operand> place = PlaceBehindYield(f, body)) return *std::move(place);
  return RunExpression(f, body);
}

}  // namespace

Operand Builtin_type_of(Frame& f, const BuiltinCall& call) {
  const lower::Body body = f.file.insts.Get<untyped::Quote>(call.args[0]).body;
  Operand o;
  if (f.emits()) {
    const ir::BlockId here = f.builder->block();
    f.builder->SetBlock(f.builder->NewBlock());
    o = EvaluateForType(f, body);
    if (!f.builder->BlockEnded()) f.builder->Unreachable();
    f.builder->SetBlock(here);
  } else {
    o = EvaluateForType(f, body);
  }
  if (o.is_poison()) return o;
  const TypeId type = TypeOfOperand(o);
  if (!type.valid()) return NotSupported(f, call.i, "@type_of this expression");
  return Operand::Type(type);
}

Operand Builtin_is_same_type(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> a = TypeArg(f, call, 0);
  const std::optional<TypeId> b = TypeArg(f, call, 1);
  if (!a || !b) return Operand::Poison();
  return Operand::Const(types::Value::Bool(*a == *b));
}

Operand Builtin_fp16(Frame& f, const BuiltinCall& call) {
  return Operand::Type(f.sema.types.fp16());
}

Operand Builtin_field(Frame& f, const BuiltinCall& call) {
  const std::optional<std::string> name = StringArg(f, call, 1);
  if (!name) return Operand::Poison();
  return MemberPlace(f, f.result(call.args[0]), *name, f.span(call.args[1]));
}

Operand Builtin_has_field(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const std::optional<std::string> name = StringArg(f, call, 1);
  if (!name) return Operand::Poison();
  const Operand& o = f.result(call.args[0]);
  TypeId type = TypeOfOperand(o);
  if (type == types::kTypeType) {
    const std::optional<TypeId> given = TypeArg(f, call, 0);
    if (!given) return Operand::Poison();
    type = *given;
  }
  const bool has_fields =
      type.valid() && (s.kind(type) == types::Kind::kStruct || s.kind(type) == types::Kind::kUnion);
  return Operand::Const(types::Value::Bool(has_fields && s.FindField(type, *name).has_value()));
}

Operand Builtin_get_int(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const Operand v = Arg(f, call, 0);
  if (v.is_poison()) return v;
  const types::Kind kind = s.kind(v.type);
  TypeId type = types::kU16Type;
  if (types::IsAnyInt(s, v.type)) return v;
  if (kind == types::Kind::kEnum) {
    type = s.underlying(v.type);
  } else if (!types::IsMachineId(s, v.type) && !types::IsDsr(s, v.type) &&
             kind != types::Kind::kXdsr && kind != types::Kind::kSr) {
    return Fail(
        f, call.args[0], Kind::kExpectedKind,
        {"the argument of @get_int", "an id, an enum or an integer", f.sema.TypeText(v.type)});
  }
  if (v.is_const()) return Operand::Const(Use(f, v).WithType(type));
  return Operand::Runtime(type, ToScalar(f, v, f.span(call.args[0])));
}

}  // namespace csl::sema
