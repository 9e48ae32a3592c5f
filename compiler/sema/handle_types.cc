// SPDX-License-Identifier: Apache-2.0
// Type expressions, and the types that contexts request.
#include <algorithm>

#include "compiler/sema/handler.h"
#include "compiler/sema/join.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

std::optional<TypeId> TypeAt(Frame& f, uint32_t at) {
  const std::optional<Value> v = KnownValue(f, f.result(at), f.span(at), "a type");
  if (!v) return std::nullopt;
  if (v->type() == types::kTypeType) return v->AsType();
  Fail(f, at, Kind::kExpectedType, {f.sema.TypeText(v->type())});
  return std::nullopt;
}

uint64_t Site(const Frame& f, uint32_t i) {
  return static_cast<uint64_t>(f.file.file.index) << 32 | i;
}

std::string_view TypeName(const Frame& f) {
  return f.decl.name.valid() ? std::string_view(f.file.str(f.decl.name)) : std::string_view();
}

Flow SetOptionalType(Frame& f, uint32_t i, TypeId type) {
  const bool none = !type.valid() || type == types::kAnytypeType;
  return f.Set(i, none ? Operand::None() : Operand::Type(type));
}

}  // namespace

Flow HandlePtrType(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  const std::optional<TypeId> pointee = TypeAt(f, inst.a);
  if (!pointee) return f.Set(i, Operand::Poison());
  return f.Set(i, Operand::Type(f.sema.types.Pointer(*pointee, (inst.flags & lower::kPtrConst) != 0,
                                                     (inst.flags & lower::kPtrMany) != 0)));
}

namespace {

// Far more than a PE holds, and little enough to be counted in bytes anywhere.
uint64_t MostElements(const types::TypeStore& s, TypeId element) {
  constexpr uint64_t kMostBytes = 1 << 22;
  if (!types::HasRuntimeBits(s, element)) return kMostBytes;
  return kMostBytes / std::max<uint64_t>(types::SizeOf(s, element), 1);
}

}  // namespace

Flow HandleArrayType(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  const std::optional<TypeId> element = TypeAt(f, inst.a);
  if (!element) return f.Set(i, Operand::Poison());
  if (f.sema.types.kind(*element) == types::Kind::kArray) {
    return f.Set(i, Fail(f, inst.a, Kind::kInvalidOperation,
                         {"the element type of an array must not be an array; write [n, m]T"}));
  }
  if (!types::IsComptimeOnly(f.sema.types, *element) &&
      !types::HasRuntimeBits(f.sema.types, *element)) {
    return f.Set(i, Fail(f, inst.a, Kind::kInvalidOperation,
                         {"there are no arrays of " + f.sema.TypeText(*element)}));
  }
  uint64_t elements = 1;
  std::vector<uint32_t> dims;
  for (uint32_t n = 0; n < inst.c; ++n) {
    const uint32_t at = f.extra(inst.b + n);
    const std::optional<Value> v = KnownValue(f, f.result(at), f.span(at), "the size of an array");
    if (!v) return f.Set(i, Operand::Poison());
    if (!types::IsAnyInt(f.sema.types, v->type())) {
      return f.Set(i, Fail(f, at, Kind::kExpectedInteger,
                           {"the size of an array", f.sema.TypeText(v->type())}));
    }
    const types::BigInt size = types::ToBigInt(f.sema.types, *v);
    if (!size.FitsInt(false, 31)) {
      return f.Set(i, Fail(f, at, Kind::kOutOfRange,
                           {"the size of an array", 0, INT32_MAX, size.ToString()}));
    }
    dims.push_back(static_cast<uint32_t>(size.Low64()));
    elements *= dims.back();
    const uint64_t most = MostElements(f.sema.types, *element);
    if (elements > most) {
      return f.Set(i, Fail(f, i, Kind::kOutOfRange,
                           {"the number of elements of an array", 0, most, elements}));
    }
  }
  return f.Set(i, Operand::Type(f.sema.types.Array(dims, *element)));
}

Flow HandleFnType(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  const std::optional<TypeId> result = TypeAt(f, inst.a);
  if (!result) return f.Set(i, Operand::Poison());
  std::vector<types::FnParam> params;
  for (uint32_t n = 0; n < inst.c; ++n) {
    const std::optional<TypeId> type = TypeAt(f, f.extra(inst.b + n));
    if (!type) return f.Set(i, Operand::Poison());
    params.push_back({*type, false});
  }
  return f.Set(i,
               Operand::Type(f.sema.types.Fn(params, *result, (inst.flags & lower::kFnTask) != 0)));
}

namespace {

// What a field of a packed type may be: something with bits of its own.
bool FitsInPacked(const types::TypeStore& s, TypeId t) {
  const types::Kind kind = s.kind(t);
  if (kind == types::Kind::kStruct || kind == types::Kind::kUnion) {
    return s.packing(t) == types::Packing::kPacked;
  }
  return types::ScalarBits(s, t).has_value();
}

// The types of the fields of an extern or packed type. False if reported.
bool CheckFields(Frame& f, uint32_t i, types::Packing packing, std::span<const types::Field> all) {
  types::TypeStore& s = f.sema.types;
  const bool is_union = (f.inst(i).flags & lower::kUnion) != 0;
  std::optional<uint32_t> width;
  for (uint32_t n = 0; n < all.size(); ++n) {
    const TypeId type = all[n].type;
    const uint32_t at = f.extra(f.inst(i).a + 2 * n + 1);
    if (packing == types::Packing::kExtern && !types::IsExportCompatible(s, type)) {
      Fail(f, at, Kind::kFieldType, {"an extern type", all[n].name, f.sema.TypeText(type)});
      return false;
    }
    if (packing != types::Packing::kPacked) continue;
    if (!FitsInPacked(s, type)) {
      Fail(f, at, Kind::kFieldType, {"a packed type", all[n].name, f.sema.TypeText(type)});
      return false;
    }
    const uint32_t bits = types::BitsInPacked(s, type);
    if (is_union && width && *width != bits) {
      Fail(f, at, Kind::kPackedUnionWidth, {all[n].name, bits, *width});
      return false;
    }
    width = bits;
  }
  return true;
}

}  // namespace

Flow HandleStructType(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  std::vector<types::Field> fields;
  for (uint32_t n = 0; n < inst.c; ++n) {
    const std::optional<TypeId> type = TypeAt(f, f.extra(inst.a + 2 * n + 1));
    if (!type) return f.Set(i, Operand::Poison());
    fields.push_back({f.file.str(f.extra(inst.a + 2 * n)), *type});
  }
  auto packing = types::Packing::kPlain;
  if ((inst.flags & lower::kExtern) != 0) packing = types::Packing::kExtern;
  if ((inst.flags & lower::kPacked) != 0) packing = types::Packing::kPacked;
  if (!CheckFields(f, i, packing, fields)) return f.Set(i, Operand::Poison());
  const bool is_union = (inst.flags & lower::kUnion) != 0;
  types::TypeStore& s = f.sema.types;
  const TypeId type = is_union ? s.NamedUnion(Site(f, i), packing, fields, TypeName(f))
                               : s.NamedStruct(Site(f, i), packing, fields, TypeName(f));
  return f.Set(i, Operand::Type(type));
}

Flow HandleEnumType(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  types::TypeStore& s = f.sema.types;
  TypeId underlying = types::kU16Type;
  if (inst.a != lower::kNone) {
    const std::optional<TypeId> type = TypeAt(f, inst.a);
    if (!type) return f.Set(i, Operand::Poison());
    underlying = *type;
  }
  if (!types::IsInt(s, underlying) || s.int_bits(underlying) > 64) {
    return f.Set(i, Fail(f, i, Kind::kExpectedKind,
                         {"the type of an enum", "an integer type", f.sema.TypeText(underlying)}));
  }
  std::vector<types::EnumMember> members(inst.c);
  std::vector<int64_t> taken;
  for (uint32_t n = 0; n < inst.c; ++n) {
    members[n].name = f.file.str(f.extra(inst.b + 2 * n));
    const uint32_t at = f.extra(inst.b + 2 * n + 1);
    if (at == lower::kNone) continue;
    const Operand v = Coerce(f, f.result(at), underlying, f.span(at));
    if (v.is_poison()) return f.Set(i, v);
    members[n].value = Use(f, v).int64();
    const auto same = std::find(taken.begin(), taken.end(), members[n].value);
    if (same != taken.end()) {
      return f.Set(
          i, Fail(f, at, Kind::kEnumValueAgain, {f.sema.ValueText(Use(f, v)), members[n].name}));
    }
    taken.push_back(members[n].value);
  }
  // Members without a value count up on their own, past the values that are given.
  int64_t next = 0;
  auto is_taken = [&](int64_t v) {
    return std::find(taken.begin(), taken.end(), v) != taken.end();
  };
  for (uint32_t n = 0; n < inst.c; ++n) {
    if (f.extra(inst.b + 2 * n + 1) != lower::kNone) continue;
    while (is_taken(next)) ++next;
    if (!types::BigInt(next).FitsInt(s.int_is_signed(underlying), s.int_bits(underlying))) {
      return f.Set(i, Fail(f, i, Kind::kInvalidOperation,
                           {f.sema.TypeText(underlying) + " has too few values for this enum"}));
    }
    members[n].value = next++;
  }
  return f.Set(i, Operand::Type(s.Enum(Site(f, i), underlying, members, TypeName(f))));
}

Flow HandleFieldType(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  types::TypeStore& s = f.sema.types;
  const TypeId whole = Requested(f, inst.a);
  TypeId type;
  if (whole.valid() &&
      (s.kind(whole) == types::Kind::kStruct || s.kind(whole) == types::Kind::kUnion)) {
    const std::optional<uint32_t> n = s.FindField(whole, f.file.str(inst.b));
    if (n) type = s.fields(whole)[*n].type;
  }
  return SetOptionalType(f, i, type);
}

Flow HandleFieldTypeAt(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  types::TypeStore& s = f.sema.types;
  const TypeId whole = Requested(f, inst.a);
  TypeId type;
  if (whole.valid() && s.kind(whole) == types::Kind::kStruct && inst.b < s.fields(whole).size()) {
    type = s.fields(whole)[inst.b].type;
  } else if (whole.valid() && s.kind(whole) == types::Kind::kArray) {
    type = s.element(whole);
  }
  return SetOptionalType(f, i, type);
}

Flow HandleElemType(Frame& f, uint32_t i) {
  const TypeId whole = Requested(f, f.inst(i).a);
  const bool is_array = whole.valid() && f.sema.types.kind(whole) == types::Kind::kArray;
  return SetOptionalType(f, i, is_array ? f.sema.types.element(whole) : TypeId());
}

Flow HandleArgType(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  types::TypeStore& s = f.sema.types;
  TypeId callee = f.result(inst.a).type;
  if (callee.valid() && s.kind(callee) == types::Kind::kPointer) callee = s.pointee(callee);
  TypeId type;
  if (callee.valid() && s.kind(callee) == types::Kind::kFn && inst.b < s.params(callee).size()) {
    type = s.params(callee)[inst.b].type;
  }
  return SetOptionalType(f, i, type);
}

Flow HandleRetType(Frame& f, uint32_t i) { return SetOptionalType(f, i, f.return_type); }

}  // namespace csl::sema
