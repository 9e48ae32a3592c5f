// SPDX-License-Identifier: Apache-2.0
// Struct, tuple and array literals.
#include <algorithm>

#include "compiler/sema/handler.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

using Fields = std::span<const lower::NamedInst>;

bool FitsInLiteral(Frame& f, const Operand& v, InstId at) {
  if (v.is_poison()) return false;
  if (v.is_none() || v.kind == OperandKind::kQuote || !v.type.valid()) {
    Fail(f, at, Kind::kNoValue);
    return false;
  }
  return true;
}

// A part keeps its value even if the literal is then stored over what it was read from.
Operand PartValue(Frame& f, const Operand& v, source::Span span) {
  return f.emits() ? Detach(f, v, span) : v;
}

Operand UnionLiteral(Frame& f, InstId i, TypeId type, Fields fields) {
  types::TypeStore& s = f.sema.types;
  if (fields.size() != 1) {
    return Fail(f, i, Kind::kUnionLiteral);
  }
  const std::string& name = f.file.str(fields[0].name);
  const std::optional<uint32_t> n = s.FindField(type, name);
  if (!n) return Fail(f, i, Kind::kNoField, {f.sema.TypeText(type), name, ""});
  const InstId at = fields[0].value;
  return MakeUnion(f, type, *n, f.result(at), f.span(at));
}

// The type that the literal had last, if its parts had these types then.
std::optional<TypeId> KnownLiteralType(const Frame& f, InstId i, std::span<const Operand> parts) {
  const FileMemo* memo = f.instance.memo;
  if (memo == nullptr || memo->literal_of[i.index] == lower::kNone) return std::nullopt;
  const FileMemo::Literal& last = memo->literals[memo->literal_of[i.index]];
  const bool same =
      std::ranges::equal(last.parts, parts, [](TypeId t, const Operand& o) { return t == o.type; });
  return same ? std::optional(last.type) : std::nullopt;
}

TypeId RememberLiteralType(const Frame& f, InstId i, std::span<const Operand> parts, TypeId type) {
  FileMemo* memo = f.instance.memo;
  if (memo == nullptr) return type;
  if (memo->literal_of[i.index] == lower::kNone) {
    memo->literal_of[i.index] = static_cast<uint32_t>(memo->literals.size());
    memo->literals.emplace_back();
  }
  FileMemo::Literal& last = memo->literals[memo->literal_of[i.index]];
  last.parts.clear();
  for (const Operand& part : parts) last.parts.push_back(part.type);
  last.type = type;
  return type;
}

TypeId StructTypeOf(const Frame& f, InstId i, Fields written, std::span<const Operand> parts) {
  if (const std::optional<TypeId> known = KnownLiteralType(f, i, parts)) return *known;
  std::vector<types::Field> fields;
  for (size_t n = 0; n < written.size(); ++n) {
    fields.push_back({f.file.str(written[n].name), parts[n].type});
  }
  return RememberLiteralType(f, i, parts, f.sema.types.AnonStruct(fields));
}

TypeId TupleTypeOf(const Frame& f, InstId i, std::span<const Operand> parts) {
  if (const std::optional<TypeId> known = KnownLiteralType(f, i, parts)) return *known;
  std::vector<TypeId> elements;
  for (const Operand& part : parts) elements.push_back(part.type);
  return RememberLiteralType(f, i, parts, f.sema.types.Tuple(elements));
}

// The type before the braces.
std::optional<TypeId> LiteralType(Frame& f, InstId at) {
  const std::optional<Value> v = KnownValue(f, f.result(at), f.span(at), "a type");
  if (!v) return std::nullopt;
  if (v->type() == types::kTypeType) return v->AsType();
  Fail(f, at, Kind::kExpectedType, {f.sema.TypeText(v->type())});
  return std::nullopt;
}

}  // namespace

namespace {

InstId PartAt(InstId value) { return value; }
InstId PartAt(const lower::NamedInst& field) { return field.value; }

// The literal whose parts are known and are what they were the last time, but for their values.
template <typename Part>
std::optional<Operand> LiteralAsBefore(Frame& f, InstId i, std::span<const Part> written) {
  const FileMemo* memo = f.instance.memo;
  if (memo == nullptr || memo->literal_of[i.index] == lower::kNone) return std::nullopt;
  const FileMemo::Literal& last = memo->literals[memo->literal_of[i.index]];
  std::vector<Value> values;
  values.reserve(written.size());
  for (size_t n = 0; n < written.size(); ++n) {
    const Operand& part = f.result(PartAt(written[n]));
    if (!part.is_const() || part.provenance.valid() || part.type != last.parts[n]) {
      return std::nullopt;
    }
    values.push_back(part.value);
  }
  return Operand::Const(Value::Aggregate(last.type, std::move(values)));
}

}  // namespace

Flow HandleStructLit(Frame& f, InstId i, const untyped::StructLit& inst) {
  const Fields fields = f.List(inst.fields);
  if (!inst.type.valid()) {
    std::optional<Operand> literal = LiteralAsBefore(f, i, fields);
    if (literal) return f.Set(i, *std::move(literal));
  }
  types::TypeStore& s = f.sema.types;
  TypeId type;
  if (inst.type.valid()) {
    const std::optional<TypeId> wanted = LiteralType(f, inst.type);
    if (!wanted) return f.Set(i, Operand::Poison());
    type = *wanted;
    if (s.kind(type) == types::Kind::kUnion) return f.Set(i, UnionLiteral(f, i, type, fields));
    if (s.kind(type) != types::Kind::kStruct) {
      return f.Set(i, Fail(f, i, Kind::kExpectedKind,
                           {"the type of this literal", "a struct", f.sema.TypeText(type)}));
    }
  }
  std::vector<Operand> parts;
  parts.reserve(fields.size());
  for (const lower::NamedInst& field : fields) {
    const InstId at = field.value;
    parts.push_back(ValueOf(f, f.result(at), f.span(at)));
    if (!FitsInLiteral(f, parts.back(), at)) return f.Set(i, Operand::Poison());
    if (f.emits()) parts.back() = Detach(f, parts.back(), f.span(at));
  }
  const TypeId anonymous = StructTypeOf(f, i, fields, parts);
  Operand literal = Assemble(f, anonymous, std::move(parts));
  if (type.valid()) literal = Coerce(f, literal, type, f.span(i));
  return f.Set(i, std::move(literal));
}

Flow HandleTupleLit(Frame& f, InstId i, const untyped::TupleLit& inst) {
  const std::span<const InstId> values = f.List(inst.values);
  std::optional<Operand> literal = LiteralAsBefore(f, i, values);
  if (literal) return f.Set(i, *std::move(literal));
  std::vector<Operand> parts;
  parts.reserve(values.size());
  for (const InstId at : values) {
    parts.push_back(ValueOf(f, f.result(at), f.span(at)));
    if (!FitsInLiteral(f, parts.back(), at)) return f.Set(i, Operand::Poison());
    if (f.emits()) parts.back() = Detach(f, parts.back(), f.span(at));
  }
  const TypeId type = TupleTypeOf(f, i, parts);
  return f.Set(i, Assemble(f, type, std::move(parts)));
}

Flow HandleArrayLit(Frame& f, InstId i, const untyped::ArrayLit& inst) {
  types::TypeStore& s = f.sema.types;
  const std::optional<TypeId> wanted = LiteralType(f, inst.type);
  if (!wanted) return f.Set(i, Operand::Poison());
  const TypeId type = *wanted;
  const std::span<const InstId> values = f.List(inst.values);
  if (s.kind(type) != types::Kind::kArray) {
    return f.Set(i, Fail(f, i, Kind::kExpectedKind,
                         {"the type of this literal", "an array", f.sema.TypeText(type)}));
  }
  if (s.element_count(type) != values.size()) {
    return f.Set(i, Fail(f, i, Kind::kIndexCount,
                         {"a literal of type " + f.sema.TypeText(type) + " (elements)",
                          s.element_count(type), values.size()}));
  }
  std::vector<Operand> parts;
  for (const InstId at : values) {
    Operand element = Coerce(f, f.result(at), s.element(type), f.span(at));
    if (element.is_poison()) return f.Set(i, element);
    parts.push_back(PartValue(f, element, f.span(at)));
  }
  return f.Set(i, Assemble(f, type, std::move(parts)));
}

}  // namespace csl::sema
