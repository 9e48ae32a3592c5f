// SPDX-License-Identifier: Apache-2.0
// Predicates on types.
#include "compiler/types/predicates.h"

#include <algorithm>

#include "compiler/types/type_layout.h"

namespace csl::types {
namespace {

bool Between(Kind k, Kind first, Kind last) { return k >= first && k <= last; }

bool AnyField(const TypeStore& s, TypeId t, bool (*predicate)(const TypeStore&, TypeId)) {
  return std::ranges::any_of(s.fields(t), [&](const Field& f) { return predicate(s, f.type); });
}

}  // namespace

bool IsAnyInt(const TypeStore& s, TypeId t) { return IsInt(s, t) || t == kComptimeIntType; }
bool IsFixedFloat(const TypeStore& s, TypeId t) {
  return Between(s.kind(t), Kind::kF16, Kind::kF32);
}
bool IsFloat16(const TypeStore& s, TypeId t) { return Between(s.kind(t), Kind::kF16, Kind::kCb16); }
bool IsAnyFloat(const TypeStore& s, TypeId t) {
  return IsFixedFloat(s, t) || t == kComptimeFloatType;
}
bool IsNumeric(const TypeStore& s, TypeId t) { return IsAnyInt(s, t) || IsAnyFloat(s, t); }
bool IsSigned(const TypeStore& s, TypeId t) {
  return IsInt(s, t) ? s.int_is_signed(t) : IsNumeric(s, t);
}
bool IsMachineId(const TypeStore& s, TypeId t) {
  return Between(s.kind(t), Kind::kColor, Kind::kUtId);
}
bool IsDsd(const TypeStore& s, TypeId t) {
  return Between(s.kind(t), Kind::kMem1dDsd, Kind::kFifoDsd);
}
bool IsMemoryDsd(const TypeStore& s, TypeId t) {
  return Between(s.kind(t), Kind::kMem1dDsd, Kind::kCircbufDsd);
}
bool IsFabricDsd(const TypeStore& s, TypeId t) {
  return Between(s.kind(t), Kind::kFabinDsd, Kind::kFaboutDsd);
}
bool IsDsr(const TypeStore& s, TypeId t) {
  return Between(s.kind(t), Kind::kDsrDest, Kind::kDsrFifoSrc1);
}
bool IsFnPointer(const TypeStore& s, TypeId t) {
  return s.kind(t) == Kind::kPointer && s.kind(s.pointee(t)) == Kind::kFn;
}

std::optional<uint32_t> ScalarBits(const TypeStore& s, TypeId t) {
  if (IsMachineId(s, t)) return 16;
  switch (s.kind(t)) {
    case Kind::kInt:
      return s.int_bits(t);
    case Kind::kBool:
      return 1;
    case Kind::kF32:
      return 32;
    case Kind::kF16:
    case Kind::kBf16:
    case Kind::kCb16:
    case Kind::kPointer:
    case Kind::kDirection:
      return 16;
    case Kind::kEnum:
      return ScalarBits(s, s.underlying(t));
    default:
      return std::nullopt;
  }
}

bool IsComptimeOnly(const TypeStore& s, TypeId t) {
  if (IsFloat16(s, t)) return t != s.fp16();
  if (IsDsr(s, t)) return true;
  switch (s.kind(t)) {
    case Kind::kComptimeInt:
    case Kind::kComptimeFloat:
    case Kind::kComptimeString:
    case Kind::kType:
    case Kind::kComptimeStruct:
    case Kind::kImportedModule:
    case Kind::kXdsr:
    case Kind::kSr:
    case Kind::kFn:
    case Kind::kAnytype:
    case Kind::kFifoDsd:
      return true;
    case Kind::kPointer:
      return !IsFnPointer(s, t) && IsComptimeOnly(s, s.pointee(t));
    case Kind::kArray:
    case Kind::kRange:
      return IsComptimeOnly(s, s.element(t));
    case Kind::kStruct:
    case Kind::kUnion:
      return AnyField(s, t, IsComptimeOnly);
    default:
      return false;
  }
}

bool HasRuntimeBits(const TypeStore& s, TypeId t) {
  const Kind k = s.kind(t);
  if (k == Kind::kVoid || k == Kind::kNoreturn || k == Kind::kAnyopaque) return false;
  return !IsComptimeOnly(s, t);
}

bool IsAbiSized(const TypeStore& s, TypeId t) {
  if (!HasRuntimeBits(s, t) || t == kBoolType || t == kDirectionType) return false;
  const std::optional<uint32_t> bits = ScalarBits(s, t);
  return bits == 16 || bits == 32;
}

bool IsExportCompatible(const TypeStore& s, TypeId t) {
  if (IsComptimeOnly(s, t)) return false;
  if (IsMemoryDsd(s, t) || IsFabricDsd(s, t)) return true;
  switch (s.kind(t)) {
    case Kind::kInt:
    case Kind::kEnum: {
      const std::optional<uint32_t> bits = ScalarBits(s, t);
      return bits == 16 || bits == 32;
    }
    case Kind::kBool:
    case Kind::kF16:
    case Kind::kBf16:
    case Kind::kCb16:
    case Kind::kF32:
    case Kind::kColor:
      return true;
    case Kind::kArray:
      return IsExportCompatible(s, s.element(t));
    case Kind::kPointer:
      return IsFnPointer(s, t) || s.pointee(t) == kAnyopaqueType ||
             IsExportCompatible(s, s.pointee(t));
    case Kind::kStruct:
    case Kind::kUnion:
      if (s.packing(t) == Packing::kPacked) return PackedBits(s, t) == 16 || PackedBits(s, t) == 32;
      return s.packing(t) == Packing::kExtern;
    default:
      return false;
  }
}

bool IsHostVisible(const TypeStore& s, TypeId t) {
  constexpr size_t kMaxFnParams = 15;
  if (s.kind(t) == Kind::kFn) {
    const auto params = s.params(t);
    const TypeId result = s.result(t);
    return params.size() <= kMaxFnParams && (result == kVoidType || IsHostVisible(s, result)) &&
           std::ranges::all_of(params, [&](const FnParam& p) { return IsHostVisible(s, p.type); });
  }
  if (!HasRuntimeBits(s, t)) return false;
  switch (s.kind(t)) {
    case Kind::kArray:
    case Kind::kStruct:
    case Kind::kUnion:
    case Kind::kEnum:
    case Kind::kRange:
      return false;
    default:
      return true;
  }
}

}  // namespace csl::types
