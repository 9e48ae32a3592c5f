// SPDX-License-Identifier: Apache-2.0
// @as and @bitcast on known values, and the conversions between values and plain numbers.
#include <bit>
#include <cmath>
#include <optional>

#include "compiler/types/coercion.h"
#include "compiler/types/fold.h"
#include "compiler/types/numbers.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"
#include "compiler/types/type_layout.h"

namespace csl::types {
namespace {

bool IsEnum(const TypeStore& s, TypeId t) { return s.kind(t) == Kind::kEnum; }

bool IsUnsignedImmediate(const TypeStore& s, TypeId t) {
  if (IsEnum(s, t)) t = s.underlying(t);
  if (t == kComptimeIntType) return false;
  return !IsInt(s, t) || !s.int_is_signed(t);
}

// An integer as a double that is exact or rounded to odd: rounding it again to at most 51 bits is
// rounding once.
double ToDoubleOdd(const BigInt& n) {
  const uint64_t length = n.BitLength();
  if (length <= 53) return n.ToDouble();
  if (length > 1024) return n.ToDouble();
  const BigInt magnitude = n.is_negative() ? -n : n;
  const uint64_t shift = length - 53;
  const BigInt top = magnitude.ShiftRight(shift);
  uint64_t lead = top.Low64();
  if (top.ShiftLeft(shift) != magnitude) lead |= 1;
  const double d = std::ldexp(static_cast<double>(lead), static_cast<int>(shift));
  return n.is_negative() ? -d : d;
}

ProblemOr<Folded> FloatToInt(const TypeStore& s, TypeId to, const Value& v) {
  const double d = ToDouble(s, v);
  if (to == kComptimeIntType) {
    if (!std::isfinite(d)) {
      return Problem(diagnostics::Kind::kNotInteger, {ValueText(s, v)});
    }
    return Folded{Value::ComptimeInt(BigInt::FromDouble(d))};
  }
  const uint32_t bits = s.int_bits(to);
  const bool is_signed = s.int_is_signed(to);
  if (d != d) return Folded{IntValue(s, to, BigInt(0)), FoldNote::kSaturated};
  if (std::isfinite(d)) {
    const BigInt n = BigInt::FromDouble(d);
    if (n.FitsInt(is_signed, bits)) return Folded{IntValue(s, to, n)};
  }
  const BigInt past = BigInt(1).ShiftLeft(is_signed && bits > 0 ? bits - 1 : bits);
  const BigInt low = is_signed && bits > 0 ? -past : BigInt(0);
  return Folded{IntValue(s, to, d < 0 ? low : past - BigInt(1)), FoldNote::kSaturated};
}

Value IntToFloat(const TypeStore& s, TypeId to, const BigInt& n) {
  if (to == kComptimeFloatType) return Value::ComptimeFloat(n.ToDouble());
  return FloatValue(s, to, ToDoubleOdd(n));
}

Folded ToInteger(const TypeStore& s, TypeId to, const BigInt& n) {
  const bool fits = to == kComptimeIntType || n.FitsInt(s.int_is_signed(to), s.int_bits(to));
  return {IntValue(s, to, n), fits ? FoldNote::kNone : FoldNote::kWrapped};
}

}  // namespace

BigInt ToBigInt(const TypeStore& s, const Value& v) {
  if (v.form() == Form::kBigInt) return v.big_int();
  return IsUnsignedImmediate(s, v.type()) ? BigInt::FromUint64(v.bits()) : BigInt(v.int64());
}

Value IntValue(const TypeStore& s, TypeId int_type, const BigInt& n) {
  if (int_type == kComptimeIntType) return Value::ComptimeInt(n);
  const BigInt wrapped = n.Wrap(s.int_is_signed(int_type), s.int_bits(int_type));
  if (s.int_bits(int_type) > 64) return Value::Wide(int_type, wrapped);
  return Value::Immediate(int_type, wrapped.Low64());
}

double ToDouble(const TypeStore& s, const Value& v) {
  if (v.type() == kComptimeFloatType) return v.comptime_float();
  return WithFloat(s, v.type(), [&](auto format) {
    using Format = decltype(format);
    return Format::ToDouble(static_cast<typename Format::Bits>(v.bits()));
  });
}

Value FloatValue(const TypeStore& s, TypeId float_type, double d) {
  if (float_type == kComptimeFloatType) return Value::ComptimeFloat(d);
  return WithFloat(s, float_type, [&](auto format) {
    return Value::Immediate(float_type, decltype(format)::FromDouble(d));
  });
}

Problem CheckAs(const TypeStore& s, TypeId to, TypeId from) {
  const bool number_like = IsNumeric(s, from) || from == kBoolType || IsEnum(s, from);
  if (number_like && (IsNumeric(s, to) || to == kBoolType)) {
    if (!IsEnum(s, from) || IsAnyInt(s, to)) return diagnostics::NoProblem();
  }
  if (IsEnum(s, to) && IsAnyInt(s, from)) return diagnostics::NoProblem();
  if (ClassifyCoercion(s, from, to).ok()) return diagnostics::NoProblem();
  if (IsEnum(s, to) && IsEnum(s, from)) {
    return Problem(diagnostics::Kind::kAsImpossible,
                   {TypeText(s, from), TypeText(s, to), ": go through an integer"});
  }
  return Problem(diagnostics::Kind::kAsImpossible, {TypeText(s, from), TypeText(s, to), ""});
}

ProblemOr<Folded> FoldAs(TypeStore& s, TypeId to, const Value& v) {
  const TypeId from = v.type();
  if (from == to) return Folded{v};
  // Most are: a number that both types hold.
  if (v.is_immediate() && v.int64() >= 0 && IsInt(s, to) && IsAnyInt(s, from)) {
    const uint32_t value_bits = s.int_bits(to) - (s.int_is_signed(to) ? 1 : 0);
    if (s.int_bits(to) != 0 && s.int_bits(to) <= 64 &&
        (value_bits == 64 || v.bits() >> value_bits == 0)) {
      return Folded{Value::Immediate(to, v.bits())};
    }
  }
  RETURN_IF_PROBLEM(CheckAs(s, to, from));
  const bool from_float = IsAnyFloat(s, from);
  if (to == kBoolType) {
    // NaN is not equal to zero, so it is true.
    return Folded{Value::Bool(from_float ? !(ToDouble(s, v) == 0.0) : !ToBigInt(s, v).is_zero())};
  }
  const bool from_int_like = IsAnyInt(s, from) || from == kBoolType || IsEnum(s, from);
  if (IsAnyInt(s, to)) {
    if (from_float) return FloatToInt(s, to, v);
    if (from_int_like) return ToInteger(s, to, ToBigInt(s, v));
  }
  if (IsAnyFloat(s, to)) {
    if (from_float) return Folded{FloatValue(s, to, ToDouble(s, v))};
    if (from_int_like) return Folded{IntToFloat(s, to, ToBigInt(s, v))};
  }
  if (IsEnum(s, to) && from_int_like) {
    Folded folded = ToInteger(s, s.underlying(to), ToBigInt(s, v));
    folded.value = folded.value.WithType(to);
    return folded;
  }
  ASSIGN_OR_RETURN(CoercedValue coerced, CoerceValue(s, v, to));
  return Folded{std::move(coerced.value)};
}

namespace {

std::optional<uint32_t> BitWidth(const TypeStore& s, TypeId t) {
  const Kind k = s.kind(t);
  if ((k == Kind::kStruct || k == Kind::kUnion) && s.packing(t) == Packing::kPacked) {
    return PackedBits(s, t);
  }
  return ScalarBits(s, t);
}

}  // namespace

ProblemOr<BigInt> PackBits(const TypeStore& s, const Value& v) {
  const std::optional<uint32_t> width = BitWidth(s, v.type());
  if (!width) return Problem(diagnostics::Kind::kNoDefinedBits, {TypeText(s, v.type())});
  if (v.is_immediate()) return BigInt::FromUint64(v.bits()).Wrap(false, *width);
  if (v.form() == Form::kBigInt) return v.big_int().Wrap(false, *width);
  if (v.form() != Form::kAggregate) {
    return diagnostics::NotSupported("the bits of an address, at compile time");
  }
  BigInt bits;
  for (size_t i = 0; i < v.element_count(); ++i) {
    ASSIGN_OR_RETURN(const BigInt field, PackBits(s, v.element(i)));
    const bool is_union = s.kind(v.type()) == Kind::kUnion;
    const uint32_t at = is_union ? 0 : PackedFieldBit(s, v.type(), static_cast<uint32_t>(i));
    bits = bits | field.ShiftLeft(at);
  }
  return bits;
}

ProblemOr<Value> UnpackBits(const TypeStore& s, TypeId t, const BigInt& bits) {
  const std::optional<uint32_t> width = BitWidth(s, t);
  if (!width) return Problem(diagnostics::Kind::kNoDefinedBits, {TypeText(s, t)});
  const Kind k = s.kind(t);
  if (k == Kind::kEnum) {
    ASSIGN_OR_RETURN(const Value number, UnpackBits(s, s.underlying(t), bits));
    return number.WithType(t);
  }
  if (k == Kind::kInt) return IntValue(s, t, bits);
  if (k == Kind::kUnion) {
    const Field& first = s.fields(t)[0];
    ASSIGN_OR_RETURN(Value field, UnpackBits(s, first.type, bits));
    return Value::Union(t, 0, std::move(field));
  }
  if (k == Kind::kStruct) {
    std::vector<Value> fields;
    for (uint32_t i = 0; i < s.fields(t).size(); ++i) {
      const BigInt rest = bits.ShiftRight(PackedFieldBit(s, t, i));
      ASSIGN_OR_RETURN(Value field, UnpackBits(s, s.fields(t)[i].type, rest));
      fields.push_back(std::move(field));
    }
    return Value::Aggregate(t, std::move(fields));
  }
  return Value::Immediate(t, bits.Wrap(false, *width).Low64());
}

Problem CheckBitcast(const TypeStore& s, TypeId to, TypeId from) {
  if (from == to) return diagnostics::NoProblem();
  const std::optional<uint32_t> to_bits = BitWidth(s, to);
  const std::optional<uint32_t> from_bits = BitWidth(s, from);
  if (!to_bits || !from_bits) {
    return Problem(diagnostics::Kind::kBitcastImpossible, {TypeText(s, from), TypeText(s, to)});
  }
  if (*to_bits != *from_bits) {
    return Problem(diagnostics::Kind::kBitcastWidth,
                   {TypeText(s, from), *from_bits, TypeText(s, to), *to_bits});
  }
  const bool from_address = s.kind(from) == Kind::kPointer || IsInt(s, from);
  if (s.kind(to) == Kind::kPointer && !from_address) {
    return Problem(diagnostics::Kind::kBitcastToPointer, {TypeText(s, from)});
  }
  return diagnostics::NoProblem();
}

ProblemOr<Value> FoldBitcast(TypeStore& s, TypeId to, const Value& v) {
  if (v.type() == to) return v;
  RETURN_IF_PROBLEM(CheckBitcast(s, to, v.type()));
  if (s.kind(to) == Kind::kPointer && s.kind(v.type()) == Kind::kPointer) return v.WithType(to);
  ASSIGN_OR_RETURN(const BigInt bits, PackBits(s, v));
  return UnpackBits(s, to, bits);
}

}  // namespace csl::types
