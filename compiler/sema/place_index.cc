// SPDX-License-Identifier: Apache-2.0
// `base[i, j]`: elements of arrays, tuples and many-item pointers.
#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// A comptime-known index, checked against its dimension where there is one.
std::optional<int64_t> KnownIndex(Frame& f, const Operand& index, std::optional<uint64_t> bound,
                                  source::Span span) {
  const Value& v = Use(f, index);
  const types::BigInt n = types::ToBigInt(f.sema.types, v);
  if (bound && (n < types::BigInt(0) || n >= types::BigInt(static_cast<int64_t>(*bound)))) {
    FailAt(f, span, Kind::kIndexOutOfBounds, {n.ToString(), *bound});
    return std::nullopt;
  }
  return static_cast<int64_t>(n.Low64());
}

// The element number: comptime-known, or an i16 value.
struct FlatIndex {
  bool ok = false;
  bool known = false;
  int64_t number = 0;
  ir::ValueId value;
};

ir::ValueId Index16(Frame& f, const Operand& index, source::Span span) {
  const ir::ValueId v = ToScalar(f, index, span);
  return f.builder->IntCast(16, v, types::IsSigned(f.sema.types, index.type));
}

FlatIndex Flatten(Frame& f, std::span<const Operand> indices, std::span<const uint32_t> dims,
                  bool is_bounded, source::Span span) {
  FlatIndex flat;
  flat.known = true;
  for (size_t n = 0; n < indices.size(); ++n) {
    const Operand& index = indices[n];
    if (!types::IsAnyInt(f.sema.types, index.type)) {
      FailAt(f, span, Kind::kExpectedInteger, {"an index", f.sema.TypeText(index.type)});
      return flat;
    }
    if (!flat.known && n > 0) {
      flat.value = f.builder->Binary(ir::Op::kMul, flat.value, f.builder->Int(16, dims[n]));
    } else if (n > 0) {
      flat.number *= dims[n];
    }
    if (index.is_const()) {
      std::optional<uint64_t> bound;
      if (is_bounded) bound = dims[n];
      const std::optional<int64_t> known = KnownIndex(f, index, bound, span);
      if (!known) return flat;
      if (flat.known) {
        flat.number += *known;
      } else {
        flat.value = f.builder->Binary(ir::Op::kAdd, flat.value,
                                       f.builder->Int(16, static_cast<uint64_t>(*known)));
      }
      continue;
    }
    if (!f.emits()) {
      FailAt(f, span, Kind::kNotComptime, {"an index"});
      return flat;
    }
    const ir::ValueId v = Index16(f, index, span);
    const bool has_base = !flat.known || flat.number != 0;
    const ir::ValueId base =
        flat.known ? f.builder->Int(16, static_cast<uint64_t>(flat.number)) : flat.value;
    flat.value = has_base ? f.builder->Binary(ir::Op::kAdd, base, v) : v;
    flat.known = false;
  }
  flat.ok = true;
  return flat;
}

Operand ElementInMemory(Frame& f, Place p, TypeId element, const FlatIndex& at) {
  types::TypeStore& s = f.sema.types;
  const uint32_t size = static_cast<uint32_t>(types::SizeOf(s, element));
  p.type = element;
  if (at.known) {
    p.offset += static_cast<int32_t>(at.number * size);
    return Operand::Of(std::move(p));
  }
  const ir::ValueId base = PlaceAddress(f, p);
  p.kind = PlaceKind::kDynamic;
  p.address = f.builder->ElementPtr(base, at.value, true, size);
  p.offset = 0;
  return Operand::Of(std::move(p));
}

// Elements of a temporary value, or of a declared constant.
Operand ElementOfValue(Frame& f, const Operand& base, const Operand& v, TypeId element,
                       const FlatIndex& at, source::Span span) {
  if (at.known) {
    Operand part = PartOf(f, v, static_cast<uint32_t>(at.number));
    if (!base.is_place() || !part.is_const() || !base.place->instance.valid()) return part;
    Place inner = *base.place;
    inner.type = part.type;
    inner.path.push_back(static_cast<uint32_t>(at.number));
    inner.base = std::move(part);
    return Operand::Of(std::move(inner));
  }
  Place p;
  p.kind = PlaceKind::kDynamic;
  p.is_const = true;
  if (base.is_place() && base.place->instance.valid()) {
    const Operand address = AddressOfPlace(f, base, span);
    if (address.is_poison()) return address;
    p.address = ToScalar(f, address, span);
  } else {
    p.address = ToMemory(f, v, span);
  }
  return ElementInMemory(f, std::move(p), element, at);
}

Operand TupleEntry(Frame& f, const Operand& base, std::span<const Operand> indices,
                   source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (indices.size() != 1) {
    return FailAt(f, span, Kind::kIndexCount, {"a tuple", 1, indices.size()});
  }
  if (!indices[0].is_const()) return FailAt(f, span, Kind::kNotComptime, {"the index of a tuple"});
  const size_t count = s.fields(base.type).size();
  const std::optional<int64_t> n = KnownIndex(f, indices[0], count, span);
  if (!n) return Operand::Poison();
  return MemberPlace(f, base, s.fields(base.type)[static_cast<size_t>(*n)].name, span);
}

// `p[i]` of a many-item pointer.
Operand IndexPointer(Frame& f, const Operand& base, std::span<const Operand> indices,
                     source::Span span) {
  const Operand pointer = ValueOf(f, base, span);
  if (pointer.is_poison()) return pointer;
  const uint32_t no_dims[] = {0};
  const FlatIndex at = Flatten(f, indices, no_dims, false, span);
  if (!at.ok) return Operand::Poison();
  if (pointer.is_const() && pointer.value.form() == types::Form::kCell) {
    if (!at.known) return FailAt(f, span, Kind::kNotComptime, {"the index of a comptime array"});
    return CellPlace(f, Use(f, pointer), at.number, span);
  }
  const Operand whole = DerefPlace(f, pointer, span);
  if (whole.is_poison()) return whole;
  return ElementInMemory(f, *whole.place, f.sema.types.pointee(pointer.type), at);
}

}  // namespace

Operand IndexPlace(Frame& f, const Operand& base, std::span<const Operand> indices,
                   source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (!base.type.valid()) return FailAt(f, span, Kind::kNotIndexable, {"a module"});
  if (s.kind(base.type) == types::Kind::kPointer && s.pointer_is_many(base.type)) {
    if (indices.size() != 1) {
      return FailAt(f, span, Kind::kIndexCount, {f.sema.TypeText(base.type), 1, indices.size()});
    }
    return IndexPointer(f, base, indices, span);
  }
  if (s.is_tuple(base.type)) return TupleEntry(f, base, indices, span);
  if (s.kind(base.type) != types::Kind::kArray) {
    return FailAt(f, span, Kind::kNotIndexable, {f.sema.TypeText(base.type)});
  }
  const auto dims = s.dims(base.type);
  if (dims.size() != indices.size()) {
    return FailAt(f, span, Kind::kIndexCount,
                  {f.sema.TypeText(base.type), dims.size(), indices.size()});
  }
  const FlatIndex at = Flatten(f, indices, dims, true, span);
  if (!at.ok) return Operand::Poison();
  const TypeId element = s.element(base.type);
  if (!base.is_place()) return ElementOfValue(f, base, base, element, at, span);
  const Place& p = *base.place;
  if (p.kind == PlaceKind::kTemporary) return ElementOfValue(f, base, p.base, element, at, span);
  if (p.kind != PlaceKind::kCell) return ElementInMemory(f, p, element, at);
  if (!at.known) return FailAt(f, span, Kind::kNotComptime, {"the index of a comptime array"});
  Place inner = p;
  inner.type = element;
  inner.is_one_of_many = false;
  inner.holds_any_struct = false;
  if (!p.is_one_of_many) inner.path.push_back(static_cast<uint32_t>(at.number));
  return Operand::Of(std::move(inner));
}

}  // namespace csl::sema
