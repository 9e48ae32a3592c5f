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

std::optional<TypeId> TypeAt(Frame& f, InstId at) {
  const std::optional<Value> v = KnownValue(f, f.result(at), f.span(at), "a type");
  if (!v) return std::nullopt;
  if (v->type() == types::kTypeType) return v->AsType();
  Fail(f, at, Kind::kExpectedType, {f.sema.TypeText(v->type())});
  return std::nullopt;
}

uint64_t Site(const Frame& f, InstId i) {
  return static_cast<uint64_t>(f.file.file.index) << 32 | i.index;
}

std::string_view TypeName(const Frame& f) {
  return f.decl.name.valid() ? std::string_view(f.file.str(f.decl.name)) : std::string_view();
}

Flow SetOptionalType(Frame& f, InstId i, TypeId type) {
  const bool none = !type.valid() || type == types::kAnytypeType;
  return f.Set(i, none ? Operand::None() : Operand::Type(type));
}

}  // namespace

Flow HandlePtrType(Frame& f, InstId i, const untyped::PtrType& inst) {
  const std::optional<TypeId> pointee = TypeAt(f, inst.pointee);
  if (!pointee) return f.Set(i, Operand::Poison());
  return f.Set(i, Operand::Type(f.sema.types.Pointer(*pointee, inst.is_const, inst.is_many)));
}

namespace {

// Far more than a PE holds, and little enough to be counted in bytes anywhere.
uint64_t MostElements(const types::TypeStore& s, TypeId element) {
  constexpr uint64_t kMostBytes = 1 << 22;
  if (!types::HasRuntimeBits(s, element)) return kMostBytes;
  return kMostBytes / std::max<uint64_t>(types::SizeOf(s, element), 1);
}

}  // namespace

Flow HandleArrayType(Frame& f, InstId i, const untyped::ArrayType& inst) {
  const std::optional<TypeId> element = TypeAt(f, inst.element);
  if (!element) return f.Set(i, Operand::Poison());
  if (f.sema.types.kind(*element) == types::Kind::kArray) {
    return f.Set(i, Fail(f, inst.element, Kind::kNestedArray));
  }
  if (!types::IsComptimeOnly(f.sema.types, *element) &&
      !types::HasRuntimeBits(f.sema.types, *element)) {
    return f.Set(i, Fail(f, inst.element, Kind::kArrayElement, {f.sema.TypeText(*element)}));
  }
  uint64_t elements = 1;
  std::vector<uint32_t> dims;
  for (const InstId at : f.List(inst.dims)) {
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

Flow HandleFnType(Frame& f, InstId i, const untyped::FnType& inst) {
  const std::optional<TypeId> result = TypeAt(f, inst.result);
  if (!result) return f.Set(i, Operand::Poison());
  std::vector<types::FnParam> params;
  for (const InstId param : f.List(inst.params)) {
    const std::optional<TypeId> type = TypeAt(f, param);
    if (!type) return f.Set(i, Operand::Poison());
    params.push_back({*type, false});
  }
  return f.Set(i, Operand::Type(f.sema.types.Fn(params, *result, inst.is_task)));
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
bool CheckFields(Frame& f, const untyped::StructType& inst, types::Packing packing,
                 std::span<const types::Field> all) {
  types::TypeStore& s = f.sema.types;
  const std::span<const lower::NamedInst> written = f.List(inst.fields);
  std::optional<uint32_t> width;
  for (uint32_t n = 0; n < all.size(); ++n) {
    const TypeId type = all[n].type;
    const InstId at = written[n].value;
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
    if (inst.is_union && width && *width != bits) {
      Fail(f, at, Kind::kPackedUnionWidth, {all[n].name, bits, *width});
      return false;
    }
    width = bits;
  }
  return true;
}

}  // namespace

Flow HandleStructType(Frame& f, InstId i, const untyped::StructType& inst) {
  std::vector<types::Field> fields;
  for (const lower::NamedInst& field : f.List(inst.fields)) {
    const std::optional<TypeId> type = TypeAt(f, field.value);
    if (!type) return f.Set(i, Operand::Poison());
    fields.push_back({f.file.str(field.name), *type});
  }
  auto packing = types::Packing::kPlain;
  if (inst.is_extern) packing = types::Packing::kExtern;
  if (inst.is_packed) packing = types::Packing::kPacked;
  if (!CheckFields(f, inst, packing, fields)) return f.Set(i, Operand::Poison());
  types::TypeStore& s = f.sema.types;
  const TypeId type = inst.is_union ? s.NamedUnion(Site(f, i), packing, fields, TypeName(f))
                                    : s.NamedStruct(Site(f, i), packing, fields, TypeName(f));
  return f.Set(i, Operand::Type(type));
}

Flow HandleEnumType(Frame& f, InstId i, const untyped::EnumType& inst) {
  types::TypeStore& s = f.sema.types;
  TypeId underlying = types::kU16Type;
  if (inst.underlying.valid()) {
    const std::optional<TypeId> type = TypeAt(f, inst.underlying);
    if (!type) return f.Set(i, Operand::Poison());
    underlying = *type;
  }
  if (!types::IsInt(s, underlying) || s.int_bits(underlying) > 64) {
    return f.Set(i, Fail(f, i, Kind::kExpectedKind,
                         {"the type of an enum", "an integer type", f.sema.TypeText(underlying)}));
  }
  const std::span<const lower::NamedInst> written = f.List(inst.members);
  std::vector<types::EnumMember> members(written.size());
  std::vector<int64_t> taken;
  for (size_t n = 0; n < written.size(); ++n) {
    members[n].name = f.file.str(written[n].name);
    const InstId at = written[n].value;
    if (!at.valid()) continue;
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
  for (size_t n = 0; n < written.size(); ++n) {
    if (written[n].value.valid()) continue;
    while (is_taken(next)) ++next;
    if (!types::BigInt(next).FitsInt(s.int_is_signed(underlying), s.int_bits(underlying))) {
      return f.Set(i, Fail(f, i, Kind::kEnumFull, {f.sema.TypeText(underlying)}));
    }
    members[n].value = next++;
  }
  return f.Set(i, Operand::Type(s.Enum(Site(f, i), underlying, members, TypeName(f))));
}

Flow HandleFieldType(Frame& f, InstId i, const untyped::FieldType& inst) {
  types::TypeStore& s = f.sema.types;
  const TypeId whole = Requested(f, inst.whole);
  TypeId type;
  if (whole.valid() &&
      (s.kind(whole) == types::Kind::kStruct || s.kind(whole) == types::Kind::kUnion)) {
    const std::optional<uint32_t> n = s.FindField(whole, f.file.str(inst.name));
    if (n) type = s.fields(whole)[*n].type;
  }
  return SetOptionalType(f, i, type);
}

Flow HandleFieldTypeAt(Frame& f, InstId i, const untyped::FieldTypeAt& inst) {
  types::TypeStore& s = f.sema.types;
  const TypeId whole = Requested(f, inst.whole);
  TypeId type;
  if (whole.valid() && s.kind(whole) == types::Kind::kStruct &&
      inst.number < s.fields(whole).size()) {
    type = s.fields(whole)[inst.number].type;
  } else if (whole.valid() && s.kind(whole) == types::Kind::kArray) {
    type = s.element(whole);
  }
  return SetOptionalType(f, i, type);
}

Flow HandleElemType(Frame& f, InstId i, const untyped::ElemType& inst) {
  const TypeId whole = Requested(f, inst.whole);
  const bool is_array = whole.valid() && f.sema.types.kind(whole) == types::Kind::kArray;
  return SetOptionalType(f, i, is_array ? f.sema.types.element(whole) : TypeId());
}

Flow HandleArgType(Frame& f, InstId i, const untyped::ArgType& inst) {
  types::TypeStore& s = f.sema.types;
  TypeId callee = f.result(inst.callee).type;
  if (callee.valid() && s.kind(callee) == types::Kind::kPointer) callee = s.pointee(callee);
  TypeId type;
  if (callee.valid() && s.kind(callee) == types::Kind::kFn &&
      inst.number < s.params(callee).size()) {
    type = s.params(callee)[inst.number].type;
  }
  return SetOptionalType(f, i, type);
}

Flow HandleRetType(Frame& f, InstId i, const untyped::RetType& inst) {
  return SetOptionalType(f, i, f.return_type);
}

}  // namespace csl::sema
