// SPDX-License-Identifier: Apache-2.0
// @as, @bitcast, @ptrcast.
#include "compiler/sema/handler.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

Operand FoldCast(Frame& f, const BuiltinCall& call, TypeId to, const Operand& v) {
  const Value& value = Use(f, v);
  const diagnostics::ProblemOr<types::Folded> result = types::FoldAs(f.sema.types, to, value);
  if (!result.ok()) return FailWith(f, f.span(call.args[1]), result.status());
  if (result->note == types::FoldNote::kNone) return Operand::Const(result->value);
  const std::string text = f.sema.ValueText(result->value);
  if (result->note == types::FoldNote::kWrapped && !f.emits()) {
    f.sema.Report(&f, f.span(call.args[1]), Kind::kWrapped, {text});
  }
  if (result->note == types::FoldNote::kSaturated) {
    f.sema.Report(&f, f.span(call.args[1]), Kind::kSaturated,
                  {f.sema.ValueText(value), f.sema.TypeText(to), text});
  }
  return Operand::Const(result->value);
}

ir::ValueId IsNotZero(Frame& f, ir::ValueId v) {
  ir::IrBuilder& b = *f.builder;
  const ir::Type type = b.TypeOf(v);
  if (type.is_int()) return b.Binary(ir::Op::kNe, v, b.Int(type.bits, 0));
  return b.Binary(ir::Op::kFNe, v, type == ir::kF32Type ? b.F32(0) : b.F16Bits(0));
}

Operand EmitCast(Frame& f, const BuiltinCall& call, TypeId to, const Operand& o) {
  types::TypeStore& s = f.sema.types;
  const source::Span span = f.span(call.args[1]);
  const diagnostics::Problem ok = types::CheckAs(s, to, o.type);
  if (!ok.ok()) return FailWith(f, span, ok);
  if (types::IsComptimeOnly(s, to)) {
    return FailAt(f, span, Kind::kNotComptime, {"a value that becomes " + f.sema.TypeText(to)});
  }
  auto number_like = [&s](TypeId t) {
    return types::IsNumeric(s, t) || t == types::kBoolType || s.kind(t) == types::Kind::kEnum;
  };
  if (!number_like(to) || !number_like(o.type)) return Coerce(f, o, to, span);
  const ir::ValueId v = ToScalar(f, o, span);
  const ir::Type from_type = f.builder->TypeOf(v);
  const ir::Type type = IrType(s, to);
  auto is_signed = [&s](TypeId t) {
    if (s.kind(t) == types::Kind::kEnum) t = s.underlying(t);
    return types::IsInt(s, t) && s.int_is_signed(t);
  };
  if (to == types::kBoolType) return Operand::Runtime(to, IsNotZero(f, v));
  if (from_type.is_int() && type.is_int()) {
    return Operand::Runtime(to, f.builder->IntCast(type.bits, v, is_signed(o.type)));
  }
  if (from_type.is_int()) {
    const ir::Op op = is_signed(o.type) ? ir::Op::kSIToFp : ir::Op::kUIToFp;
    return Operand::Runtime(to, f.builder->Convert(op, type, v));
  }
  if (type.is_int()) {
    const ir::Op op = is_signed(to) ? ir::Op::kFpToSI : ir::Op::kFpToUI;
    return Operand::Runtime(to, f.builder->Convert(op, type, v));
  }
  if (from_type == type) return Operand::Runtime(to, v);
  const ir::Op op = type == ir::kF32Type ? ir::Op::kFpExt : ir::Op::kFpTrunc;
  return Operand::Runtime(to, f.builder->Convert(op, type, v));
}

// The bits of a scalar, or of a packed struct or union in memory, as a scalar of IR type `type`.
ir::ValueId LoadBits(Frame& f, const Operand& o, ir::Type type, source::Span span) {
  if (!IsScalar(f.sema.types, o.type)) return f.builder->Load(type, ToMemory(f, o, span));
  const ir::ValueId v = ToScalar(f, o, span);
  return f.builder->TypeOf(v) == type ? v : f.builder->Convert(ir::Op::kBitcast, type, v);
}

}  // namespace

Operand Builtin_as(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> to = TypeArg(f, call, 0);
  const Operand v = Arg(f, call, 1);
  if (!to || v.is_poison()) return Operand::Poison();
  if (v.is_const()) return FoldCast(f, call, *to, v);
  if (!f.emits()) return Fail(f, call.args[1], Kind::kNotComptime, {"the operand of @as"});
  return EmitCast(f, call, *to, v);
}

Operand Builtin_bitcast(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const std::optional<TypeId> to = TypeArg(f, call, 0);
  const Operand v = Arg(f, call, 1);
  if (!to || v.is_poison()) return Operand::Poison();
  const source::Span span = f.span(call.args[1]);
  if (const std::optional<Value> known = AsKnown(f, v)) {
    diagnostics::ProblemOr<Value> result = types::FoldBitcast(s, *to, *known);
    if (result.ok()) {
      const bool is_address =
          s.kind(*to) == types::Kind::kPointer && s.kind(known->type()) != types::Kind::kPointer;
      if (is_address) f.sema.config.reconfigured_colors = UINT32_MAX;
      return Operand::Const(*std::move(result));
    }
    const bool at_run_time = f.emits() && result.status().kind() == Kind::kNotSupportedYet;
    if (!at_run_time) return FailWith(f, span, result.status());
  }
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"the operand of @bitcast"});
  const diagnostics::Problem ok = types::CheckBitcast(s, *to, v.type);
  if (!ok.ok()) return FailWith(f, span, ok);
  // A pointer made of a number may lead to the words of the configuration.
  if (s.kind(*to) == types::Kind::kPointer) f.sema.config.reconfigured_colors = UINT32_MAX;
  if (IsScalar(s, *to)) return Operand::Runtime(*to, LoadBits(f, v, IrType(s, *to), span));
  // A packed struct or union: its integer is its memory.
  const uint32_t bits = types::PackedBits(s, *to);
  const ir::ValueId address =
      f.builder->Alloca(static_cast<uint32_t>(types::SizeOf(s, *to)), types::AlignOf(s, *to));
  f.builder->Store(LoadBits(f, v, ir::IntType(bits), span), address);
  return Operand::Memory(*to, address);
}

Operand Builtin_ptrcast(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const std::optional<TypeId> to = TypeArg(f, call, 0);
  const Operand v = Arg(f, call, 1);
  if (!to || v.is_poison()) return Operand::Poison();
  if (s.kind(*to) != types::Kind::kPointer || types::IsComptimeOnly(s, *to)) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the type of @ptrcast", "a run-time pointer type", f.sema.TypeText(*to)});
  }
  if (s.kind(v.type) != types::Kind::kPointer) {
    return Fail(f, call.args[1], Kind::kExpectedKind,
                {"the operand of @ptrcast", "a pointer", f.sema.TypeText(v.type)});
  }
  if (!f.emits()) {
    return Fail(f, call.i, Kind::kBuiltinContext, {"ptrcast", "in code that runs on the tile"});
  }
  if (v.is_const()) {
    const Value& value = Use(f, v);
    if (value.form() == types::Form::kCell) {
      return Fail(f, call.args[1], Kind::kPtrcastOfComptime);
    }
    return Operand::Const(value.WithType(*to));
  }
  const ir::ValueId address = ToScalar(f, v, f.span(call.args[1]));
  const ir::Type type = IrType(s, *to);
  if (f.builder->TypeOf(address) == type) return Operand::Runtime(*to, address);
  return Operand::Runtime(*to, f.builder->Convert(ir::Op::kBitcast, type, address));
}

}  // namespace csl::sema
