// SPDX-License-Identifier: Apache-2.0
// Implicit conversions of types and of known values.
#include "compiler/types/coercion.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"

namespace csl::types {
namespace {

Coercion Do(Conversion c) { return {.conversion = c}; }
Coercion No(std::string reason = "") {
  return {.conversion = Conversion::kImpossible, .reason = std::move(reason)};
}

Coercion ClassifyInts(const TypeStore& s, TypeId from, TypeId to) {
  const bool from_signed = s.int_is_signed(from);
  const bool to_signed = s.int_is_signed(to);
  if (from_signed && !to_signed) return No("the sign would be lost");
  const bool wider = s.int_bits(to) > s.int_bits(from);
  if (!wider) {
    return No(s.int_bits(to) < s.int_bits(from) ? "bits would be lost"
                                                : "the largest values would not fit");
  }
  return Do(from_signed ? Conversion::kSignExtend : Conversion::kZeroExtend);
}

Coercion ClassifyPointers(const TypeStore& s, TypeId from, TypeId to) {
  const TypeId target = s.pointee(to);
  const TypeId source = s.pointee(from);
  if (s.pointer_is_const(from) && !s.pointer_is_const(to)) return No("const would be lost");
  if (target == kAnyopaqueType && !s.pointer_is_many(to)) return Do(Conversion::kPointer);
  if (target == source && s.pointer_is_many(from) == s.pointer_is_many(to)) {
    return Do(Conversion::kPointer);
  }
  if (s.pointer_is_many(from)) return No();
  if (s.pointer_is_many(to)) {
    // *[N, M]T -> [*]T, flattened.
    const bool elements = s.kind(source) == Kind::kArray && s.element(source) == target;
    return elements ? Do(Conversion::kPointer) : No();
  }
  const bool one_element =
      s.kind(target) == Kind::kArray && s.element(target) == source && s.element_count(target) == 1;
  return one_element ? Do(Conversion::kPointer) : No();
}

// Names and number only: the fields themselves are the caller's.
Coercion ClassifyFields(const TypeStore& s, TypeId from, TypeId to) {
  const size_t have = s.fields(from).size();
  if (s.kind(to) == Kind::kUnion) {
    if (have != 1) return No(fmt::format("a union takes one field, not {}", have));
    const std::string_view name = s.fields(from)[0].name;
    if (!s.FindField(to, name)) return No(fmt::format("there is no field '{}'", name));
    return Do(Conversion::kFields);
  }
  const size_t want = s.fields(to).size();
  if (have == 0 && want == 0) return Do(Conversion::kFields);
  if (have != want) return No(fmt::format("it has {} fields, not {}", have, want));
  if (s.is_tuple(from) != s.is_tuple(to)) {
    return No(have == 0 ? "" : "one has field names, the other has not");
  }
  for (const Field& f : s.fields(to)) {
    if (!s.FindField(from, f.name)) return No(fmt::format("field '{}' is missing", f.name));
  }
  return Do(Conversion::kFields);
}

std::string IntRangeText(const TypeStore& s, TypeId t) {
  const uint32_t bits = s.int_bits(t);
  if (bits > 64) return "";
  const BigInt one(1);
  const bool is_signed = s.int_is_signed(t);
  const BigInt past = one.ShiftLeft(is_signed && bits > 0 ? bits - 1 : bits);
  const BigInt lowest = is_signed && bits > 0 ? -past : BigInt(0);
  return fmt::format(" ({} to {})", lowest.ToString(), (past - one).ToString());
}

// Whether a number of 0 .. 2^63 - 1 fits.
bool FitsSmall(const TypeStore& s, TypeId to, uint64_t n) {
  if (to == kComptimeIntType) return true;
  const uint32_t value_bits = s.int_bits(to) - (s.int_is_signed(to) && s.int_bits(to) > 0 ? 1 : 0);
  return value_bits >= 63 || n >> value_bits == 0;
}

ProblemOr<CoercedValue> CoerceToInt(const TypeStore& s, const Value& v, TypeId to) {
  // Coordinates and counts: of any integer type these bits are the number.
  const bool is_small = v.is_immediate() && v.type() != kComptimeFloatType && v.int64() >= 0;
  if (is_small && FitsSmall(s, to, v.bits()) && (to == kComptimeIntType || s.int_bits(to) <= 64)) {
    return CoercedValue{Value::Immediate(to, v.bits())};
  }
  CoercionNote note = CoercionNote::kNone;
  BigInt n;
  if (v.type() == kComptimeFloatType) {
    const double d = v.comptime_float();
    if (!std::isfinite(d) || d != std::trunc(d)) {
      return Problem(diagnostics::Kind::kFractionLost, {ValueText(s, v)});
    }
    n = BigInt::FromDouble(d);
    note = CoercionNote::kIntegralFloat;
  } else {
    n = ToBigInt(s, v);
  }
  if (IsInt(s, to) && !n.FitsInt(s.int_is_signed(to), s.int_bits(to))) {
    return Problem(diagnostics::Kind::kDoesNotFit,
                   {n.ToString(), TypeText(s, to), IntRangeText(s, to)});
  }
  return CoercedValue{IntValue(s, to, n), note};
}

ProblemOr<CoercedValue> CoerceFields(const TypeStore& s, const Value& v, TypeId to) {
  const auto fields = s.fields(v.type());
  auto coerce = [&](uint32_t from_field, const Field& f) -> ProblemOr<CoercedValue> {
    ProblemOr<CoercedValue> field = CoerceValue(s, v.element(from_field), f.type);
    if (field.ok() || field.status().kind() == diagnostics::Kind::kNotSupportedYet) return field;
    return field.status().OfField(f.name);
  };
  CoercedValue out;
  if (s.kind(to) == Kind::kUnion) {
    const uint32_t index = *s.FindField(to, fields[0].name);
    ASSIGN_OR_RETURN(out, coerce(0, s.fields(to)[index]));
    out.value = Value::Union(to, index, std::move(out.value));
    return out;
  }
  std::vector<Value> elements;
  for (const Field& f : s.fields(to)) {
    ASSIGN_OR_RETURN(CoercedValue field, coerce(*s.FindField(v.type(), f.name), f));
    if (field.note != CoercionNote::kNone) out.note = field.note;
    elements.push_back(std::move(field.value));
  }
  out.value = Value::Aggregate(to, std::move(elements));
  return out;
}

Problem Impossible(const TypeStore& s, TypeId from, TypeId to, const std::string& reason) {
  return Problem(diagnostics::Kind::kTypeMismatch,
                 {TypeText(s, to), TypeText(s, from), reason.empty() ? "" : ": " + reason});
}

}  // namespace

Coercion ClassifyCoercion(const TypeStore& s, TypeId from, TypeId to) {
  if (from == to) return Do(Conversion::kNone);
  if (from == kNoreturnType) return Do(Conversion::kNever);
  const Kind fk = s.kind(from);
  const Kind tk = s.kind(to);
  if (fk == Kind::kInt && tk == Kind::kInt) return ClassifyInts(s, from, to);
  if (IsAnyInt(s, from) && IsAnyFloat(s, to)) {
    return No("integers become floats only through @as");
  }
  if (IsFloat16(s, from) && to == kF32Type) return Do(Conversion::kFloatWiden);
  if (IsAnyFloat(s, from) && IsAnyFloat(s, to)) return No("precision would be lost");
  if (from == kBoolType && IsNumeric(s, to)) return No("a bool becomes a number only through @as");
  if (fk == Kind::kPointer && tk == Kind::kPointer) return ClassifyPointers(s, from, to);
  if (fk == Kind::kFn && tk == Kind::kPointer && s.pointee(to) == from) {
    return s.pointer_is_const(to) && !s.pointer_is_many(to)
               ? Do(Conversion::kFunctionPointer)
               : No("a pointer to a function is const");
  }
  if (to == kComptimeStructType && fk == Kind::kStruct) return Do(Conversion::kNone);
  if (s.is_anonymous(from) && (tk == Kind::kStruct || tk == Kind::kUnion)) {
    return ClassifyFields(s, from, to);
  }
  return No();
}

ProblemOr<CoercedValue> CoerceValue(const TypeStore& s, const Value& v, TypeId to) {
  const TypeId from = v.type();
  if (from == to) return CoercedValue{v};
  if (IsAnyInt(s, to) && (IsAnyInt(s, from) || from == kComptimeFloatType)) {
    return CoerceToInt(s, v, to);
  }
  if (from == kComptimeFloatType && IsFixedFloat(s, to)) {
    const Value rounded = FloatValue(s, to, v.comptime_float());
    if (std::isfinite(v.comptime_float()) && !std::isfinite(ToDouble(s, rounded))) {
      return Problem(diagnostics::Kind::kTooLargeFloat, {ValueText(s, v), TypeText(s, to)});
    }
    return CoercedValue{rounded};
  }
  const Coercion plan = ClassifyCoercion(s, from, to);
  switch (plan.conversion) {
    case Conversion::kNone:
      return CoercedValue{v};
    case Conversion::kFloatWiden:
      return CoercedValue{FloatValue(s, to, ToDouble(s, v))};
    case Conversion::kPointer:
    case Conversion::kFunctionPointer:
      return CoercedValue{v.WithType(to)};
    case Conversion::kFields:
      return CoerceFields(s, v, to);
    default:
      return Impossible(s, from, to, plan.reason);
  }
}

Value ZeroValue(const TypeStore& s, TypeId t) {
  switch (s.kind(t)) {
    case Kind::kInt:
      return s.int_bits(t) > 64 ? Value::Wide(t, BigInt()) : Value::Immediate(t, 0);
    case Kind::kComptimeString:
      return Value::String("");
    case Kind::kArray: {
      const Value element = ZeroValue(s, s.element(t));
      return element ? Value::Filled(t, s.element_count(t), element) : Value();
    }
    case Kind::kStruct: {
      std::vector<Value> elements;
      for (const Field& f : s.fields(t)) {
        elements.push_back(ZeroValue(s, f.type));
        if (!elements.back()) return Value();
      }
      return Value::Aggregate(t, std::move(elements));
    }
    case Kind::kUnion: {
      if (s.fields(t).empty()) return Value();
      Value first = ZeroValue(s, s.fields(t)[0].type);
      return first ? Value::Union(t, 0, std::move(first)) : Value();
    }
    case Kind::kComptimeStruct:
    case Kind::kType:
    case Kind::kFn:
    case Kind::kImportedModule:
    case Kind::kAnyopaque:
    case Kind::kNoreturn:
    case Kind::kAnytype:
    case Kind::kFifoDsd:
    case Kind::kRange:
      return Value();
    case Kind::kPointer:
      if (IsComptimeOnly(s, t)) return Value();
      [[fallthrough]];
    default:
      return IsDsr(s, t) ? Value() : Value::Immediate(t, 0);
  }
}

}  // namespace csl::types
