// SPDX-License-Identifier: Apache-2.0
// Pointers to comptime variables. Their type may see an element as an array of one, or an array as
// its first element: the path that they hold says what is there.
#include "compiler/sema/handler.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

TypeId TypeAt(const types::TypeStore& s, TypeId type, std::span<const uint32_t> path) {
  for (uint32_t n : path) {
    type = s.kind(type) == types::Kind::kArray ? s.element(type) : s.fields(type)[n].type;
  }
  return type;
}

// Moves the place from an element to the n-th after it. False if there is none: reported.
bool Advance(Frame& f, TypeId variable, int64_t n, source::Span span, Place* p) {
  const types::TypeStore& s = f.sema.types;
  uint64_t count = 1;
  int64_t at = n;
  if (!p->path.empty()) {
    const TypeId around = TypeAt(s, variable, std::span(p->path).first(p->path.size() - 1));
    if (s.kind(around) == types::Kind::kArray) {
      count = s.element_count(around);
      at += p->path.back();
    }
  }
  if (at < 0 || at >= static_cast<int64_t>(count)) {
    FailAt(f, span, Kind::kIndexOutOfBounds, {at, count});
    return false;
  }
  if (n != 0) p->path.back() = static_cast<uint32_t>(at);
  return true;
}

}  // namespace

Operand CellPlace(Frame& f, const Value& pointer, int64_t n, source::Span span) {
  const types::TypeStore& s = f.sema.types;
  const TypeId variable = f.sema.cell(pointer.cell()).type();
  Place p;
  p.kind = PlaceKind::kCell;
  p.type = s.pointee(pointer.type());
  p.is_const = s.pointer_is_const(pointer.type());
  p.cell = pointer.cell();
  p.path.assign(pointer.path().begin(), pointer.path().end());
  const TypeId held = TypeAt(s, variable, p.path);
  if (held == p.type) {
    return Advance(f, variable, n, span, &p) ? Operand::Of(std::move(p)) : Operand::Poison();
  }
  const bool is_array = s.kind(held) == types::Kind::kArray;
  if (is_array && s.element(held) == p.type) {
    p.path.push_back(0);
    return Advance(f, variable, n, span, &p) ? Operand::Of(std::move(p)) : Operand::Poison();
  }
  if (s.kind(p.type) == types::Kind::kArray && s.element(p.type) == held) {
    p.is_one_of_many = true;
    return Operand::Of(std::move(p));
  }
  return FailAt(f, span, Kind::kNotSupportedYet,
                {"a comptime " + f.sema.TypeText(held) + " seen as " + f.sema.TypeText(p.type)});
}

}  // namespace csl::sema
