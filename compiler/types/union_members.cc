// SPDX-License-Identifier: Apache-2.0
#include "compiler/types/union_members.h"

#include <algorithm>

#include "compiler/types/encode.h"
#include "compiler/types/fold.h"
#include "compiler/types/print.h"

namespace csl::types {
namespace {

std::string_view FieldName(const TypeStore& s, TypeId t, uint32_t n) { return s.fields(t)[n].name; }

ProblemOr<EncodedValue> Bytes(const TypeStore& s, const Value& v) {
  ASSIGN_OR_RETURN(EncodedValue encoded, Encode(s, v));
  if (encoded.relocations.empty()) return encoded;
  return diagnostics::NotSupported("the bits of an address, at compile time");
}

}  // namespace

ProblemOr<Value> UnionMember(const TypeStore& s, const Value& of, uint32_t field) {
  const TypeId t = of.type();
  if (of.union_field() == field) return of.element(0);
  const TypeId wanted = s.fields(t)[field].type;
  switch (s.packing(t)) {
    case Packing::kPlain:
      break;
    case Packing::kPacked: {
      ASSIGN_OR_RETURN(const BigInt bits, PackBits(s, of));
      return UnpackBits(s, wanted, bits);
    }
    case Packing::kExtern: {
      ASSIGN_OR_RETURN(const EncodedValue encoded, Bytes(s, of));
      return Decode(s, wanted, encoded.bytes);
    }
  }
  return Problem(diagnostics::Kind::kFieldNotActive,
                 {FieldName(s, t, field), TypeText(s, t), FieldName(s, t, of.union_field())});
}

ProblemOr<Value> WithUnionMember(const TypeStore& s, const Value& of, uint32_t field,
                                 Value member) {
  const TypeId t = of.type();
  if (of.union_field() == field || s.packing(t) == Packing::kPacked) {
    return Value::Union(t, field, std::move(member));
  }
  if (s.packing(t) == Packing::kPlain) return UnionMember(s, of, field);  // says why not
  ASSIGN_OR_RETURN(EncodedValue all, Bytes(s, of));
  ASSIGN_OR_RETURN(const EncodedValue part, Bytes(s, member));
  std::copy(part.bytes.begin(), part.bytes.end(), all.bytes.begin());
  // The field that shows the most bytes stands for them all.
  const uint32_t old_field = of.union_field();
  ASSIGN_OR_RETURN(const EncodedValue old, Bytes(s, of.element(0)));
  const uint32_t active = old.bytes.size() > part.bytes.size() ? old_field : field;
  ASSIGN_OR_RETURN(Value shown, Decode(s, s.fields(t)[active].type, all.bytes));
  return Value::Union(t, active, std::move(shown));
}

}  // namespace csl::types
