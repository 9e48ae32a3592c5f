// SPDX-License-Identifier: Apache-2.0
// The value that the bytes of a run-time variable stand for.
#include "base/check.h"
#include "compiler/types/encode.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"
#include "compiler/types/type_layout.h"

namespace csl::types {
namespace {

BigInt Number(std::span<const uint8_t> bytes) {
  BigInt n;
  for (size_t i = bytes.size(); i > 0; --i) {
    n = n.ShiftLeft(8) | BigInt(int64_t{bytes[i - 1]});
  }
  return n;
}

ProblemOr<Value> DecodeParts(const TypeStore& s, TypeId t, std::span<const uint8_t> bytes) {
  std::vector<Value> parts;
  const bool is_array = s.kind(t) == Kind::kArray;
  const uint64_t count = is_array ? s.element_count(t) : s.fields(t).size();
  for (uint32_t i = 0; i < count; ++i) {
    const TypeId type = is_array ? s.element(t) : s.fields(t)[i].type;
    const uint64_t at = is_array ? i * SizeOf(s, type) : FieldOffset(s, t, i);
    ASSIGN_OR_RETURN(Value part, Decode(s, type, bytes.subspan(at)));
    parts.push_back(std::move(part));
  }
  return Value::Aggregate(t, std::move(parts));
}

}  // namespace

ProblemOr<Value> Decode(const TypeStore& s, TypeId t, std::span<const uint8_t> bytes) {
  if (t == kVoidType) return Value::Void();
  CHECK(bytes.size() >= SizeOf(s, t)) << "too few bytes for " << TypeText(s, t);
  if (ScalarBits(s, t)) return UnpackBits(s, t, Number(bytes.first(SizeOf(s, t))));
  switch (s.kind(t)) {
    case Kind::kArray:
      return DecodeParts(s, t, bytes);
    case Kind::kStruct:
    case Kind::kUnion:
      break;
    default:
      return diagnostics::NotSupported("the value of a " + TypeText(s, t) + " from its bytes");
  }
  if (s.packing(t) == Packing::kPacked) return UnpackBits(s, t, Number(bytes.first(SizeOf(s, t))));
  if (s.kind(t) == Kind::kStruct) return DecodeParts(s, t, bytes);
  ASSIGN_OR_RETURN(Value first, Decode(s, s.fields(t)[0].type, bytes));
  return Value::Union(t, 0, std::move(first));
}

}  // namespace csl::types
