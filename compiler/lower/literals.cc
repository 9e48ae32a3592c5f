// SPDX-License-Identifier: Apache-2.0
// Literals of numbers and text, structs, tuples and arrays; tensor accesses.
#include "compiler/lex/literals.h"

#include "compiler/lower/lowerer.h"

namespace csl::lower {

InstId Lowerer::Literal(NodeId id) {
  const source::Span span = ast_.span(id);
  const std::string_view text = ast_.text(id);
  switch (ast_.kind(id)) {
    case NodeKind::kIntegerLiteral:
      return IntegerLiteral(id);
    case NodeKind::kFloatLiteral:
      return Emit(span, untyped::Float{lex::FloatValue(text)});
    case NodeKind::kCharacterLiteral:
      return Emit(span, untyped::Int{lex::CharacterValue(text)});
    case NodeKind::kStringLiteral:
      return Emit(span, untyped::String{InternOwned(lex::StringValue(text))});
    default:
      return Emit(span, untyped::Bool{ast_.token_kind(id) == TokenKind::kTrue});
  }
}

InstId Lowerer::IntegerLiteral(NodeId id) {
  const source::Span span = ast_.span(id);
  const std::string_view text = ast_.text(id);
  if (const auto value = lex::IntegerValue(text)) {
    return Emit(span, untyped::Int{*value});
  }
  return Emit(span, untyped::IntBig{InternOwned(lex::PlainInteger(text))});
}

InstId Lowerer::StructLiteral(NodeId id, const Want& want) {
  const auto fields = ast_.Get<node::StructLiteral>(id);
  untyped::StructLit inst;
  if (fields.type.valid()) inst.type = Type(fields.type);
  const Want whole = fields.type.valid() ? Want::Type(inst.type) : want;
  std::vector<NamedInst> values;
  for (const NodeId field : ast_.List(fields.fields)) {
    if (ast_.kind(field) != NodeKind::kFieldValue) continue;
    const StringId name = NameOf(field);
    CheckNew(name, field, values);
    const InstId value = Value(ast_.Get<node::FieldValue>(field).value, Want::Field(&whole, name));
    values.push_back({name, value});
  }
  inst.fields = out_.insts.AddList(values);
  return Emit(ast_.span(id), inst);
}

InstId Lowerer::TupleLiteral(NodeId id, const Want& want) {
  std::vector<InstId> values;
  for (const NodeId value : ast_.List(ast_.Get<node::TupleLiteral>(id).values)) {
    values.push_back(Value(value, Want::Entry(&want, static_cast<uint32_t>(values.size()))));
  }
  return Emit(ast_.span(id), untyped::TupleLit{out_.insts.AddList(values)});
}

InstId Lowerer::ArrayLiteral(NodeId id) {
  const auto fields = ast_.Get<node::ArrayLiteral>(id);
  const InstId type = Type(fields.type);
  const Want whole = Want::Type(type);
  std::vector<InstId> values;
  for (const NodeId value : ast_.List(fields.values)) {
    values.push_back(Value(value, Want::Element(&whole)));
  }
  return Emit(ast_.span(id), untyped::ArrayLit{type, out_.insts.AddList(values)});
}

InstId Lowerer::TensorAccess(NodeId id) {
  const auto fields = ast_.Get<node::TensorAccess>(id);
  const source::Span span = ast_.span(id);
  const auto variables = ast_.List(fields.variables);
  const auto extents = ast_.List(fields.extents);
  const auto indices = ast_.List(fields.indices);
  if (variables.size() != extents.size()) {
    Error(Kind::kTensorExtents, span, {variables.size(), extents.size()});
    return EmitInvalid(span);
  }
  std::vector<Variable> lowered;
  for (const NodeId extent : extents) lowered.push_back({.extent = Value(extent)});
  untyped::TensorAccess inst;
  inst.tensor = Place(fields.tensor);
  const InstId result = Emit(span, inst);
  const size_t scope = EnterScope();
  for (size_t n = 0; n < variables.size(); ++n) {
    lowered[n].local = NewLocal();
    if (ast_.kind(variables[n]) == NodeKind::kName) {
      Bind(NameOf(variables[n]), lowered[n].local, ast_.span(variables[n]));
    }
  }
  std::vector<Body> bodies;
  for (const NodeId index : indices) {
    bodies.push_back(MakeBody([&] { Yield(index, Want::Nothing()); }));
  }
  LeaveScope(scope);
  inst.variables = out_.insts.AddList(lowered);
  inst.indices = out_.insts.AddList(bodies);
  out_.insts.Set(result, inst);
  return result;
}

InstId Lowerer::Asm(NodeId id) {
  const NodeId text = ast_.Get<node::Asm>(id).text;
  const bool is_literal = ast_.kind(text) == NodeKind::kStringLiteral;
  const StringId string =
      is_literal ? InternOwned(lex::StringValue(ast_.text(text))) : Intern(std::string_view());
  return Emit(ast_.span(id), untyped::Asm{string});
}

}  // namespace csl::lower
