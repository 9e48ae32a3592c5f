// SPDX-License-Identifier: Apache-2.0
// Implicit conversions of operands, folded or emitted, and the common type of several operands.
#include <fmt/format.h>

#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/signature.h"
#include "compiler/sema/suggest.h"
#include "compiler/types/coercion.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Conversion;
using types::TypeId;

namespace {

Operand FailConversion(Frame& f, TypeId from, TypeId to, std::string_view reason,
                       source::Span span) {
  std::string tail;
  if (!reason.empty()) tail = fmt::format(": {}", reason);
  return FailAt(f, span, Kind::kCannotConvert, {f.sema.TypeText(from), f.sema.TypeText(to), tail});
}

Operand CoerceKnown(Frame& f, const Operand& o, TypeId to, source::Span span) {
  // Passing a value on unchanged is not a read of it.
  if (o.type == to) return o;
  if (o.value.form() == types::Form::kFunction && types::IsFnPointer(f.sema.types, to) &&
      f.sema.types.pointee(to) == o.type) {
    return AddressOfFunction(f, o.value, span);
  }
  const diagnostics::ProblemOr<types::CoercedValue> v =
      types::CoerceValue(f.sema.types, o.value, to);
  if (!v.ok()) return FailWith(f, span, v.status());
  if (v->note == types::CoercionNote::kIntegralFloat) {
    f.sema.Report(&f, span, Kind::kIntegralFloat, {f.sema.ValueText(o.value)});
  }
  Operand result = Operand::Const(v->value);
  // A conversion between scalars keeps the leaf: its outcome is a function of it.
  result.provenance = o.provenance;
  return result;
}

// Struct or tuple to a struct with the same field names, or a tuple to one place by place.
Operand CoerceFields(Frame& f, const Operand& o, TypeId to, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const auto target = s.fields(to);
  const auto source = s.fields(o.type);
  std::vector<Operand> parts(target.size());
  for (uint32_t n = 0; n < target.size(); ++n) {
    const std::optional<uint32_t> from = s.FindField(o.type, target[n].name);
    if (!from || target.size() != source.size()) return FailConversion(f, o.type, to, "", span);
    parts[n] = Coerce(f, PartOf(f, o, *from), target[n].type, span);
    if (parts[n].is_poison()) return Operand::Poison();
  }
  return Assemble(f, to, std::move(parts));
}

Operand CoerceToUnion(Frame& f, const Operand& o, TypeId to, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const types::Coercion plan = types::ClassifyCoercion(s, o.type, to);
  if (!plan.ok()) return FailConversion(f, o.type, to, plan.reason, span);
  return MakeUnion(f, to, *s.FindField(to, s.fields(o.type)[0].name), PartOf(f, o, 0), span);
}

// A run-time value; aggregates other than anonymous structs keep their type.
Operand CoerceRuntime(Frame& f, const Operand& o, TypeId to, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const types::Coercion plan = types::ClassifyCoercion(s, o.type, to);
  if (plan.conversion == Conversion::kNone) return o;
  if (!plan.ok()) return FailConversion(f, o.type, to, plan.reason, span);
  if (plan.conversion == Conversion::kFields) return CoerceFields(f, o, to, span);
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"this value"});
  const ir::ValueId v = ToScalar(f, o, span);
  const ir::Type type = IrType(s, to);
  switch (plan.conversion) {
    case Conversion::kSignExtend:
      return Operand::Runtime(to, f.builder->Convert(ir::Op::kSExt, type, v));
    case Conversion::kZeroExtend:
      return Operand::Runtime(to, f.builder->Convert(ir::Op::kZExt, type, v));
    case Conversion::kFloatWiden:
      return Operand::Runtime(to, f.builder->Convert(ir::Op::kFpExt, type, v));
    case Conversion::kPointer:
      return Operand::Runtime(to, v);
    default:
      return FailConversion(f, o.type, to, "", span);
  }
}

// Any struct known at compile time is one, under its own type.
Operand CoerceToComptimeStruct(Frame& f, const Operand& o, source::Span span) {
  const TypeId to = types::kComptimeStructType;
  const bool is_struct = o.type.valid() && f.sema.types.kind(o.type) == types::Kind::kStruct;
  if (!is_struct) return FailConversion(f, o.is_none() ? types::kVoidType : o.type, to, "", span);
  if (AsPassedOn(o)) return o;
  return FailAt(f, span, Kind::kNotComptime, {"a comptime_struct"});
}

// Whether a literal gives a field that the type does not have, which says more than that the types
// differ; reported.
bool NamesUnknownField(Frame& f, TypeId from, TypeId to, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (!from.valid() || !to.valid()) return false;
  const bool has_fields = s.kind(to) == types::Kind::kStruct || s.kind(to) == types::Kind::kUnion;
  if (from == to || !has_fields || s.is_tuple(to) || !s.is_anonymous(from) || s.is_tuple(from)) {
    return false;
  }
  std::vector<std::string_view> names;
  for (const types::Field& field : s.fields(to)) names.push_back(field.name);
  for (const types::Field& field : s.fields(from)) {
    if (s.FindField(to, field.name)) continue;
    FailAt(f, span, Kind::kNoField,
           {"a value of type " + f.sema.TypeText(to), field.name, Suggestion(field.name, names)});
    return true;
  }
  return false;
}

}  // namespace

Operand Coerce(Frame& f, const Operand& value, TypeId to, source::Span span) {
  if (value.is_const() && value.type == to) return value;
  const Operand o = ValueOf(f, value, span);
  if (o.is_poison()) return o;
  if (o.type == types::kNoreturnType || to == types::kAnytypeType) return o;
  CHECK(o.kind != OperandKind::kQuote);
  if (to == types::kComptimeStructType) return CoerceToComptimeStruct(f, o, span);
  if (o.is_none()) return CoerceKnown(f, Operand::Void(), to, span);
  if (NamesUnknownField(f, o.type, to, span)) return Operand::Poison();
  if (o.is_const()) return CoerceKnown(f, o, to, span);
  if (o.kind == OperandKind::kFields && o.type != to &&
      f.sema.types.kind(o.type) == types::Kind::kStruct &&
      f.sema.types.kind(to) == types::Kind::kStruct) {
    return CoerceFields(f, o, to, span);
  }
  if (f.sema.types.kind(to) == types::Kind::kUnion && f.sema.types.is_anonymous(o.type)) {
    return CoerceToUnion(f, o, to, span);
  }
  return CoerceRuntime(f, o, to, span);
}

TypeId PeerType(Frame& f, std::span<const Operand> values, source::Span span) {
  std::vector<types::Peer> peers;
  for (const Operand& v : values) {
    if (v.is_poison()) return {};
    types::Peer peer;
    peer.type = v.is_none() ? types::kVoidType : v.type;
    if (v.is_const()) peer.known = &v.value;
    peers.push_back(peer);
  }
  const diagnostics::ProblemOr<TypeId> type = types::ResolvePeers(f.sema.types, peers);
  if (type.ok()) return *type;
  FailWith(f, span, type.status());
  return {};
}

}  // namespace csl::sema
