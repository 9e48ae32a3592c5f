// SPDX-License-Identifier: Apache-2.0
// Literals of numbers and text, structs, tuples and arrays; tensor accesses.
#include "compiler/lex/literals.h"

#include <cstring>

#include "compiler/lower/lowerer.h"

namespace csl::lower {
namespace {

uint32_t Low(uint64_t value) { return static_cast<uint32_t>(value); }
uint32_t High(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

}  // namespace

uint32_t Lowerer::Literal(NodeId id) {
  const source::Span span = ast_.span(id);
  const std::string_view text = ast_.text(id);
  switch (ast_.kind(id)) {
    case NodeKind::kIntegerLiteral:
      return IntegerLiteral(id);
    case NodeKind::kFloatLiteral: {
      const double value = lex::FloatValue(text);
      uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      return Emit(Op::kFloat, span, Low(bits), High(bits));
    }
    case NodeKind::kCharacterLiteral:
      return Emit(Op::kInt, span, lex::CharacterValue(text), 0);
    case NodeKind::kStringLiteral:
      return Emit(Op::kString, span, InternOwned(lex::StringValue(text)).index);
    default:
      return Emit(Op::kBool, span, ast_.token_kind(id) == TokenKind::kTrue ? 1 : 0);
  }
}

uint32_t Lowerer::IntegerLiteral(NodeId id) {
  const source::Span span = ast_.span(id);
  const std::string_view text = ast_.text(id);
  if (const auto value = lex::IntegerValue(text)) {
    return Emit(Op::kInt, span, Low(*value), High(*value));
  }
  return Emit(Op::kIntBig, span, InternOwned(lex::PlainInteger(text)).index);
}

uint32_t Lowerer::StructLiteral(NodeId id, const Want& want) {
  const auto fields = ast_.Get<node::StructLiteral>(id);
  const uint32_t type = fields.type.valid() ? Type(fields.type) : kNone;
  const Want whole = fields.type.valid() ? Want::Type(type) : want;
  std::vector<uint32_t> words;
  for (const NodeId field : ast_.List(fields.fields)) {
    if (ast_.kind(field) != NodeKind::kFieldValue) continue;
    const StringId name = NameOf(field);
    for (size_t i = 0; i < words.size(); i += 2) {
      if (words[i] != name.index) continue;
      Error(Kind::kDuplicateField, ast_.span(field), {ast_.text(field)});
      break;
    }
    const uint32_t value =
        Value(ast_.Get<node::FieldValue>(field).value, Want::Field(&whole, name));
    words.push_back(name.index);
    words.push_back(value);
  }
  return Emit(Op::kStructLit, ast_.span(id), type, AddExtra(words),
              static_cast<uint32_t>(words.size() / 2));
}

uint32_t Lowerer::TupleLiteral(NodeId id, const Want& want) {
  std::vector<uint32_t> values;
  for (const NodeId value : ast_.List(ast_.Get<node::TupleLiteral>(id).values)) {
    values.push_back(Value(value, Want::Entry(&want, static_cast<uint32_t>(values.size()))));
  }
  return Emit(Op::kTupleLit, ast_.span(id), kNone, AddExtra(values),
              static_cast<uint32_t>(values.size()));
}

uint32_t Lowerer::ArrayLiteral(NodeId id) {
  const auto fields = ast_.Get<node::ArrayLiteral>(id);
  const uint32_t type = Type(fields.type);
  const Want whole = Want::Type(type);
  std::vector<uint32_t> values;
  for (const NodeId value : ast_.List(fields.values)) {
    values.push_back(Value(value, Want::Element(&whole)));
  }
  return Emit(Op::kArrayLit, ast_.span(id), type, AddExtra(values),
              static_cast<uint32_t>(values.size()));
}

uint32_t Lowerer::TensorAccess(NodeId id) {
  const auto fields = ast_.Get<node::TensorAccess>(id);
  const source::Span span = ast_.span(id);
  const auto variables = ast_.List(fields.variables);
  const auto extents = ast_.List(fields.extents);
  const auto indices = ast_.List(fields.indices);
  if (variables.size() != extents.size()) {
    Error(Kind::kTensorExtents, span, {variables.size(), extents.size()});
    return EmitInvalid(span);
  }
  std::vector<uint32_t> extent_values;
  for (const NodeId extent : extents) extent_values.push_back(Value(extent));
  const uint32_t tensor = Place(fields.tensor);
  const uint32_t extra = ReserveExtra(2 + 2 * variables.size() + 2 * indices.size());
  const uint32_t result = Emit(Op::kTensorAccess, span, tensor, extra);
  const size_t scope = EnterScope();
  uint32_t at = extra;
  out_.extra[at++] = static_cast<uint32_t>(variables.size());
  for (const NodeId variable : variables) {
    out_.extra[at] = NewSlot();
    if (ast_.kind(variable) == NodeKind::kName) {
      Bind(NameOf(variable), out_.extra[at], ast_.span(variable));
    }
    ++at;
  }
  for (const uint32_t value : extent_values) out_.extra[at++] = value;
  out_.extra[at++] = static_cast<uint32_t>(indices.size());
  for (const NodeId index : indices) {
    BodyAt(at, [&] { Yield(index, Want::Nothing()); });
    at += 2;
  }
  LeaveScope(scope);
  return result;
}

uint32_t Lowerer::Asm(NodeId id) {
  const NodeId text = ast_.Get<node::Asm>(id).text;
  const bool is_literal = ast_.kind(text) == NodeKind::kStringLiteral;
  const StringId string =
      is_literal ? InternOwned(lex::StringValue(ast_.text(text))) : Intern(std::string_view());
  return Emit(Op::kAsm, ast_.span(id), string.index);
}

}  // namespace csl::lower
