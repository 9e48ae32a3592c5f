// SPDX-License-Identifier: Apache-2.0
// Struct, tuple and array literals.
#include "compiler/sema/handler.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

bool FitsInLiteral(Frame& f, const Operand& v, uint32_t at) {
  if (v.is_poison()) return false;
  if (v.is_none() || v.kind == OperandKind::kQuote || !v.type.valid()) {
    Fail(f, at, Kind::kInvalidOperation, {"this has no value"});
    return false;
  }
  return true;
}

// A part keeps its value even if the literal is then stored over what it was read from.
Operand PartValue(Frame& f, const Operand& v, source::Span span) {
  return f.emits() ? Detach(f, v, span) : v;
}

Operand UnionLiteral(Frame& f, uint32_t i, TypeId type) {
  const lower::Inst& inst = f.inst(i);
  types::TypeStore& s = f.sema.types;
  if (inst.c != 1) {
    return Fail(f, i, Kind::kInvalidOperation, {"a union literal gives exactly one field"});
  }
  const std::optional<uint32_t> n = s.FindField(type, f.file.str(f.extra(inst.b)));
  if (!n) {
    return Fail(f, i, Kind::kNoField, {f.sema.TypeText(type), f.file.str(f.extra(inst.b)), ""});
  }
  const uint32_t at = f.extra(inst.b + 1);
  return MakeUnion(f, type, *n, f.result(at), f.span(at));
}

// The type before the braces.
std::optional<TypeId> LiteralType(Frame& f, uint32_t at) {
  const std::optional<Value> v = KnownValue(f, f.result(at), f.span(at), "a type");
  if (!v) return std::nullopt;
  if (v->type() == types::kTypeType) return v->AsType();
  Fail(f, at, Kind::kExpectedType, {f.sema.TypeText(v->type())});
  return std::nullopt;
}

}  // namespace

Flow HandleStructLit(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  types::TypeStore& s = f.sema.types;
  TypeId type;
  if (inst.a != lower::kNone) {
    const std::optional<TypeId> wanted = LiteralType(f, inst.a);
    if (!wanted) return f.Set(i, Operand::Poison());
    type = *wanted;
    if (s.kind(type) == types::Kind::kUnion) return f.Set(i, UnionLiteral(f, i, type));
    if (s.kind(type) != types::Kind::kStruct) {
      return f.Set(i, Fail(f, i, Kind::kExpectedKind,
                           {"the type of this literal", "a struct", f.sema.TypeText(type)}));
    }
  }
  std::vector<types::Field> fields;
  std::vector<Operand> parts;
  for (uint32_t n = 0; n < inst.c; ++n) {
    const uint32_t at = f.extra(inst.b + 2 * n + 1);
    const Operand v = ValueOf(f, f.result(at), f.span(at));
    if (!FitsInLiteral(f, v, at)) return f.Set(i, Operand::Poison());
    fields.push_back({f.file.str(f.extra(inst.b + 2 * n)), v.type});
    parts.push_back(PartValue(f, v, f.span(at)));
  }
  Operand literal = Assemble(f, s.AnonStruct(fields), std::move(parts));
  if (type.valid()) literal = Coerce(f, literal, type, f.span(i));
  return f.Set(i, std::move(literal));
}

Flow HandleTupleLit(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  std::vector<TypeId> elements;
  std::vector<Operand> parts;
  for (uint32_t n = 0; n < inst.c; ++n) {
    const uint32_t at = f.extra(inst.b + n);
    const Operand v = ValueOf(f, f.result(at), f.span(at));
    if (!FitsInLiteral(f, v, at)) return f.Set(i, Operand::Poison());
    elements.push_back(v.type);
    parts.push_back(PartValue(f, v, f.span(at)));
  }
  return f.Set(i, Assemble(f, f.sema.types.Tuple(elements), std::move(parts)));
}

Flow HandleArrayLit(Frame& f, uint32_t i) {
  const lower::Inst& inst = f.inst(i);
  types::TypeStore& s = f.sema.types;
  const std::optional<TypeId> wanted = LiteralType(f, inst.a);
  if (!wanted) return f.Set(i, Operand::Poison());
  const TypeId type = *wanted;
  if (s.kind(type) != types::Kind::kArray) {
    return f.Set(i, Fail(f, i, Kind::kExpectedKind,
                         {"the type of this literal", "an array", f.sema.TypeText(type)}));
  }
  if (s.element_count(type) != inst.c) {
    return f.Set(i, Fail(f, i, Kind::kIndexCount,
                         {"a literal of type " + f.sema.TypeText(type) + " (elements)",
                          s.element_count(type), inst.c}));
  }
  std::vector<Operand> parts;
  for (uint32_t n = 0; n < inst.c; ++n) {
    const uint32_t at = f.extra(inst.b + n);
    Operand element = Coerce(f, f.result(at), s.element(type), f.span(at));
    if (element.is_poison()) return f.Set(i, element);
    parts.push_back(PartValue(f, element, f.span(at)));
  }
  return f.Set(i, Assemble(f, type, std::move(parts)));
}

}  // namespace csl::sema
