// SPDX-License-Identifier: Apache-2.0
// Peer type resolution: one type for the branches of an if, or the operands of an operator.
#include <optional>

#include "compiler/types/coercion.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"

namespace csl::types {
namespace {

bool Becomes(const TypeStore& s, const Peer& p, TypeId to) {
  if (p.known != nullptr) return CoerceValue(s, *p.known, to).ok();
  return ClassifyCoercion(s, p.type, to).ok();
}

// The documented widening rules between types come first, then what known values allow.
std::optional<TypeId> CommonNumber(const TypeStore& s, const Peer& a, const Peer& b) {
  if (ClassifyCoercion(s, a.type, b.type).ok()) return b.type;
  if (ClassifyCoercion(s, b.type, a.type).ok()) return a.type;
  if (IsAnyInt(s, a.type) != IsAnyInt(s, b.type)) return std::nullopt;
  // A comptime number takes the other's type; never the other way round.
  if (a.type == kComptimeIntType || a.type == kComptimeFloatType) return b.type;
  if (b.type == kComptimeIntType || b.type == kComptimeFloatType) return a.type;
  if (b.known != nullptr && Becomes(s, b, a.type)) return a.type;
  if (a.known != nullptr && Becomes(s, a, b.type)) return b.type;
  return std::nullopt;
}

std::optional<TypeId> CommonPointer(TypeStore& s, TypeId a, TypeId b) {
  auto element = [&s](TypeId t) {
    const TypeId pointee = s.pointee(t);
    return s.kind(pointee) == Kind::kArray ? s.element(pointee) : pointee;
  };
  const TypeId candidates[] = {
      b,
      a,
      s.Pointer(s.pointee(b), true, s.pointer_is_many(b)),
      s.Pointer(s.pointee(a), true, s.pointer_is_many(a)),
      s.Pointer(element(a), false, true),
      s.Pointer(element(a), true, true),
  };
  for (TypeId c : candidates) {
    if (ClassifyCoercion(s, a, c).ok() && ClassifyCoercion(s, b, c).ok()) return c;
  }
  return std::nullopt;
}

std::optional<TypeId> Common(TypeStore& s, const Peer& a, const Peer& b);

// Two anonymous structs with the same names: each field by itself.
std::optional<TypeId> CommonAnonymous(TypeStore& s, const Peer& a, const Peer& b) {
  if (!ClassifyCoercion(s, b.type, a.type).ok()) return std::nullopt;
  std::vector<Field> fields;
  std::vector<TypeId> types;
  for (uint32_t i = 0; i < s.fields(a.type).size(); ++i) {
    const Field& f = s.fields(a.type)[i];
    const uint32_t j = *s.FindField(b.type, f.name);
    const Value known_a = a.known != nullptr ? a.known->element(i) : Value();
    const Value known_b = b.known != nullptr ? b.known->element(j) : Value();
    const Peer field_a = {f.type, a.known != nullptr ? &known_a : nullptr};
    const Peer field_b = {s.fields(b.type)[j].type, b.known != nullptr ? &known_b : nullptr};
    const std::optional<TypeId> type = Common(s, field_a, field_b);
    if (!type) return std::nullopt;
    fields.push_back({f.name, *type});
    types.push_back(*type);
  }
  return s.is_tuple(a.type) ? s.Tuple(types) : s.AnonStruct(fields);
}

std::optional<TypeId> Common(TypeStore& s, const Peer& a, const Peer& b) {
  if (a.type == b.type || b.type == kNoreturnType) return a.type;
  if (a.type == kNoreturnType) return b.type;
  if (IsNumeric(s, a.type) && IsNumeric(s, b.type)) return CommonNumber(s, a, b);
  if (s.kind(a.type) == Kind::kPointer && s.kind(b.type) == Kind::kPointer) {
    return CommonPointer(s, a.type, b.type);
  }
  if (s.is_anonymous(a.type) && s.is_anonymous(b.type)) return CommonAnonymous(s, a, b);
  if (Becomes(s, a, b.type)) return b.type;
  if (Becomes(s, b, a.type)) return a.type;
  return std::nullopt;
}

}  // namespace

ProblemOr<TypeId> ResolvePeers(TypeStore& s, std::span<const Peer> peers) {
  Peer sum = {kNoreturnType, nullptr};
  for (const Peer& p : peers) {
    const std::optional<TypeId> common = Common(s, sum, p);
    if (!common) {
      return Problem(diagnostics::Kind::kNoCommonType,
                     {TypeText(s, sum.type), TypeText(s, p.type)});
    }
    // A value stands for the sum as long as it is the one that gave the type.
    if (*common == p.type && (sum.known == nullptr || *common != sum.type)) {
      sum = {*common, sum.type == kNoreturnType || sum.known != nullptr ? p.known : nullptr};
    } else if (*common != sum.type || p.known == nullptr) {
      sum = {*common, nullptr};
    }
  }
  for (const Peer& p : peers) {
    if (p.known == nullptr || p.type == kNoreturnType) continue;
    ProblemOr<CoercedValue> fits = CoerceValue(s, *p.known, sum.type);
    if (!fits.ok()) return fits.status();
  }
  return sum.type;
}

}  // namespace csl::types
