// SPDX-License-Identifier: Apache-2.0
// What handlers ask of their operands: values, comptime-known values, types, fields.
#include <algorithm>

#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/types/coercion.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

Operand ValueOf(Frame& f, const Operand& o, source::Span span) {
  return o.is_place() ? LoadPlace(f, o, span) : o;
}

Operand Arg(Frame& f, const BuiltinCall& call, size_t n) {
  return ValueOf(f, f.result(call.args[n]), f.span(call.args[n]));
}

const Value& Use(Frame& f, const Operand& o) {
  CHECK(o.is_const());
  if (o.provenance.valid()) f.sema.RecordRead(o.provenance);
  return o.value;
}

Operand Assemble(Frame& f, types::TypeId type, std::vector<Operand> parts) {
  const bool all_known = std::all_of(parts.begin(), parts.end(), [](const Operand& o) {
    return o.is_const() && !o.provenance.valid();
  });
  if (!all_known) return Operand::Fields(type, std::move(parts));
  std::vector<Value> values;
  values.reserve(parts.size());
  for (Operand& part : parts) values.push_back(std::move(part.value));
  return Operand::Const(Value::Aggregate(type, std::move(values)));
}

std::optional<Value> AsKnown(Frame& f, const Operand& o) {
  if (o.is_const()) return Use(f, o);
  if (o.kind != OperandKind::kFields) return std::nullopt;
  std::vector<Value> values;
  values.reserve(o.fields->size());
  for (const Operand& part : *o.fields) {
    std::optional<Value> v = AsKnown(f, part);
    if (!v) return std::nullopt;
    values.push_back(*std::move(v));
  }
  return Value::Aggregate(o.type, std::move(values));
}

std::optional<Value> KnownValue(Frame& f, const Operand& o, source::Span span,
                                std::string_view what) {
  if (o.is_const()) return Use(f, o);
  const Operand v = ValueOf(f, o, span);
  if (v.is_poison()) return std::nullopt;
  if (std::optional<Value> known = AsKnown(f, v)) return known;
  FailAt(f, span, Kind::kNotComptime, {what});
  return std::nullopt;
}

std::optional<Value> KnownArg(Frame& f, const BuiltinCall& call, size_t n, std::string_view what) {
  return KnownValue(f, f.result(call.args[n]), f.span(call.args[n]), what);
}

std::optional<types::TypeId> TypeArg(Frame& f, const BuiltinCall& call, size_t n) {
  const std::optional<Value> v = KnownArg(f, call, n, "a type");
  if (!v) return std::nullopt;
  if (v->type() != types::kTypeType) {
    Fail(f, call.args[n], Kind::kExpectedType, {f.sema.TypeText(v->type())});
    return std::nullopt;
  }
  return v->AsType();
}

std::optional<int64_t> IntArg(Frame& f, const BuiltinCall& call, size_t n, std::string_view what,
                              int64_t lowest, int64_t highest) {
  // Most are: bits that are not a negative int64 are the number, whatever integer type it has.
  const Operand& o = f.result(call.args[n]);
  if (o.is_const() && o.value.is_immediate() && types::IsAnyInt(f.sema.types, o.type) &&
      o.value.int64() >= std::max<int64_t>(lowest, 0) && o.value.int64() <= highest) {
    return Use(f, o).int64();
  }
  const std::optional<Value> v = KnownArg(f, call, n, what);
  if (!v) return std::nullopt;
  if (!types::IsAnyInt(f.sema.types, v->type())) {
    Fail(f, call.args[n], Kind::kExpectedInteger, {what, f.sema.TypeText(v->type())});
    return std::nullopt;
  }
  const types::BigInt number = types::ToBigInt(f.sema.types, *v);
  if (number < types::BigInt(lowest) || number > types::BigInt(highest)) {
    Fail(f, call.args[n], Kind::kOutOfRange, {what, lowest, highest, number.ToString()});
    return std::nullopt;
  }
  return static_cast<int64_t>(number.Low64());
}

std::optional<uint32_t> AlignmentOf(Frame& f, const Value& v, source::Span span) {
  if (!types::IsAnyInt(f.sema.types, v.type())) {
    FailAt(f, span, Kind::kExpectedInteger, {"an alignment", f.sema.TypeText(v.type())});
    return std::nullopt;
  }
  constexpr int64_t kMost = 1 << 15;  // half of what an address can say
  const types::BigInt n = types::ToBigInt(f.sema.types, v);
  const bool fits = n >= types::BigInt(1) && n <= types::BigInt(kMost);
  if (fits && (n.Low64() & (n.Low64() - 1)) == 0) return static_cast<uint32_t>(n.Low64());
  FailAt(f, span, Kind::kAlignment, {n.ToString()});
  return std::nullopt;
}

std::optional<std::string> StringArg(Frame& f, const BuiltinCall& call, size_t n) {
  const std::optional<Value> v = KnownArg(f, call, n, "a string");
  if (!v) return std::nullopt;
  if (v->type() != types::kComptimeStringType) {
    Fail(f, call.args[n], Kind::kExpectedString, {f.sema.TypeText(v->type())});
    return std::nullopt;
  }
  return v->string();
}

Operand CoercedArg(Frame& f, const BuiltinCall& call, size_t n, types::TypeId type) {
  const Operand v = Arg(f, call, n);
  return v.is_poison() ? v : Coerce(f, v, type, f.span(call.args[n]));
}

std::optional<Operand> FieldOf(Frame& f, const Operand& o, std::string_view name,
                               source::Span span) {
  if (f.sema.types.kind(o.type) != types::Kind::kStruct) return std::nullopt;
  const std::optional<uint32_t> n = f.sema.types.FindField(o.type, name);
  if (!n) return std::nullopt;
  return PartOf(f, o, *n);
}

Operand PartOf(Frame& f, const Operand& o, uint32_t n) {
  types::TypeStore& s = f.sema.types;
  switch (o.kind) {
    case OperandKind::kConst: {
      Operand part = Operand::Const(o.value.element(n));
      if (o.provenance.valid()) part.provenance = f.sema.Descend(o.provenance, n);
      return part;
    }
    case OperandKind::kFields:
      return (*o.fields)[n];
    case OperandKind::kMemory: {
      if (s.kind(o.type) == types::Kind::kArray || s.kind(o.type) == types::Kind::kRange) {
        const types::TypeId element = s.element(o.type);
        return LoadFrom(f, element, o.ir, static_cast<int32_t>(n * types::SizeOf(s, element)));
      }
      Place place;
      place.kind = PlaceKind::kDynamic;
      place.type = o.type;
      place.address = o.ir;
      return LoadPlace(f, MemberPlace(f, Operand::Of(place), s.fields(o.type)[n].name, {}), {});
    }
    default:
      CHECK(false) << "operand has no parts";
      return Operand::Poison();
  }
}

}  // namespace csl::sema
