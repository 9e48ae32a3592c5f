// SPDX-License-Identifier: Apache-2.0
// Sizes and alignments of run-time types.
#include "compiler/types/type_layout.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"
#include "fabric/isa/descriptor.h"

namespace csl::types {
namespace {

uint64_t AlignUp(uint64_t n, uint32_t alignment) {
  return (n + alignment - 1) / alignment * alignment;
}

uint64_t SizeOfBits(uint32_t bits) {
  if (bits <= 8) return bits == 0 ? 0 : 1;
  if (bits <= 16) return 2;
  return AlignUp((uint64_t{bits} + 7) / 8, 4);
}

uint32_t AlignOfBits(uint32_t bits) {
  return bits == 0 ? 1 : static_cast<uint32_t>(std::min<uint64_t>(SizeOfBits(bits), 4));
}

}  // namespace

uint64_t SizeOf(const TypeStore& s, TypeId t) {
  CHECK(HasRuntimeBits(s, t)) << TypeText(s, t) << " has no size";
  if (const std::optional<uint32_t> bits = ScalarBits(s, t)) return SizeOfBits(*bits);
  switch (s.kind(t)) {
    case Kind::kArray:
      return s.element_count(t) * SizeOf(s, s.element(t));
    case Kind::kRange:
      return 3 * SizeOf(s, s.element(t));
    case Kind::kMem4dDsd:
      return isa::kMem4dBytes;
    case Kind::kCircbufDsd:
      return isa::kCircbufBytes;
    case Kind::kMem1dDsd:
    case Kind::kFabinDsd:
    case Kind::kFaboutDsd:
      return isa::kDsdBytes;
    case Kind::kStruct:
    case Kind::kUnion:
      break;
    default:
      CHECK(false) << TypeText(s, t) << " has no layout";
  }
  if (s.packing(t) == Packing::kPacked) return SizeOfBits(PackedBits(s, t));
  uint64_t end = 0;
  for (uint32_t i = 0; i < s.fields(t).size(); ++i) {
    const TypeId type = s.fields(t)[i].type;
    if (type != kVoidType) end = std::max(end, FieldOffset(s, t, i) + SizeOf(s, type));
  }
  return AlignUp(end, AlignOf(s, t));
}

uint32_t AlignOf(const TypeStore& s, TypeId t) {
  CHECK(HasRuntimeBits(s, t)) << TypeText(s, t) << " has no alignment";
  if (const std::optional<uint32_t> bits = ScalarBits(s, t)) return AlignOfBits(*bits);
  switch (s.kind(t)) {
    case Kind::kArray:
    case Kind::kRange:
      return AlignOf(s, s.element(t));
    case Kind::kStruct:
    case Kind::kUnion: {
      if (s.packing(t) == Packing::kPacked) return AlignOfBits(PackedBits(s, t));
      uint32_t alignment = 1;
      for (const Field& f : s.fields(t)) {
        if (f.type != kVoidType) alignment = std::max(alignment, AlignOf(s, f.type));
      }
      return alignment;
    }
    default:
      return 2;  // DSDs
  }
}

uint64_t FieldOffset(const TypeStore& s, TypeId t, uint32_t field) {
  CHECK(s.packing(t) != Packing::kPacked) << "fields of " << TypeText(s, t) << " have no address";
  CHECK(field < s.fields(t).size());
  if (s.kind(t) == Kind::kUnion) return 0;
  uint64_t offset = 0;
  for (uint32_t i = 0;; ++i) {
    const TypeId type = s.fields(t)[i].type;
    const bool has_size = type != kVoidType;
    if (has_size) offset = AlignUp(offset, AlignOf(s, type));
    if (i == field) return offset;
    if (has_size) offset += SizeOf(s, type);
  }
}

uint32_t BitsInPacked(const TypeStore& s, TypeId t) {
  const Kind k = s.kind(t);
  if (k == Kind::kStruct || k == Kind::kUnion) return PackedBits(s, t);
  return ScalarBits(s, t).value_or(0);
}

uint32_t PackedBits(const TypeStore& s, TypeId t) {
  CHECK(s.packing(t) == Packing::kPacked);
  uint32_t bits = 0;
  for (const Field& f : s.fields(t)) {
    const uint32_t width = BitsInPacked(s, f.type);
    bits = s.kind(t) == Kind::kUnion ? std::max(bits, width) : bits + width;
  }
  return bits;
}

uint32_t PackedFieldBit(const TypeStore& s, TypeId t, uint32_t field) {
  CHECK(s.packing(t) == Packing::kPacked);
  uint32_t bit = 0;
  if (s.kind(t) == Kind::kUnion) return 0;
  for (uint32_t i = 0; i < field; ++i) bit += BitsInPacked(s, s.fields(t)[i].type);
  return bit;
}

}  // namespace csl::types
