// SPDX-License-Identifier: Apache-2.0
// Type forms, and the requested types of control flow.
#include <algorithm>

#include "compiler/lower/lowerer.h"

namespace csl::lower {

// A call in type position is made at compile time, whatever surrounds it.
InstId Lowerer::Type(NodeId id) {
  if (ast_.kind(id) == NodeKind::kComptime || !ContainsCall(id)) return TypeForm(id);
  return EmitWithBody(ast_.span(id), untyped::Comptime(), &untyped::Comptime::body, [&] {
    const InstId type = TypeForm(id);
    Emit(ast_.span(id), untyped::Yield{type});
  });
}

bool Lowerer::ContainsCall(NodeId id) const {
  for (;;) {
    switch (ast_.kind(id)) {
      case NodeKind::kCall:
        return true;
      case NodeKind::kMember:
        id = ast_.Get<node::Member>(id).object;
        break;
      case NodeKind::kPointerType:
        id = ast_.Get<node::PointerType>(id).pointee;
        break;
      case NodeKind::kArrayType: {
        const auto fields = ast_.Get<node::ArrayType>(id);
        for (const NodeId dimension : ast_.List(fields.dimensions)) {
          const NodeKind kind = ast_.kind(dimension);
          if (kind != NodeKind::kName && kind != NodeKind::kIntegerLiteral) return true;
        }
        id = fields.element;
        break;
      }
      case NodeKind::kName:
      case NodeKind::kBuiltinCall:
      case NodeKind::kFunctionType:
      case NodeKind::kStructType:
      case NodeKind::kEnumType:
        return false;
      default:
        return true;
    }
  }
}

InstId Lowerer::TypeForm(NodeId id) {
  const source::Span span = ast_.span(id);
  switch (ast_.kind(id)) {
    case NodeKind::kPointerType: {
      const auto fields = ast_.Get<node::PointerType>(id);
      untyped::PtrType inst;
      inst.pointee = Type(fields.pointee);
      inst.is_const = (fields.flags & parse::kConst) != 0;
      inst.is_many = (fields.flags & parse::kMany) != 0;
      return Emit(span, inst);
    }
    case NodeKind::kArrayType: {
      const auto fields = ast_.Get<node::ArrayType>(id);
      std::vector<InstId> dims;
      for (const NodeId size : ast_.List(fields.dimensions)) dims.push_back(Value(size));
      const InstId element = TypeForm(fields.element);
      return Emit(span, untyped::ArrayType{element, out_.insts.AddList(dims)});
    }
    case NodeKind::kFunctionType: {
      const auto fields = ast_.Get<node::FunctionType>(id);
      std::vector<InstId> parameters;
      for (const NodeId parameter : ast_.List(fields.parameters)) {
        parameters.push_back(Type(parameter));
      }
      untyped::FnType inst;
      inst.result = Type(fields.result);
      inst.params = out_.insts.AddList(parameters);
      inst.is_task = (fields.flags & parse::kTask) != 0;
      return Emit(span, inst);
    }
    case NodeKind::kStructType:
      return StructType(id);
    case NodeKind::kEnumType:
      return EnumType(id);
    default:
      return Value(id);
  }
}

InstId Lowerer::StructType(NodeId id) {
  const auto fields = ast_.Get<node::StructType>(id);
  std::vector<NamedInst> lowered;
  for (const NodeId field : ast_.List(fields.fields)) {
    if (ast_.kind(field) != NodeKind::kFieldType) continue;
    const StringId name = NameOf(field);
    CheckNew(name, field, lowered);
    lowered.push_back({name, Type(ast_.Get<node::FieldType>(field).type)});
  }
  untyped::StructType inst;
  inst.fields = out_.insts.AddList(lowered);
  inst.is_extern = (fields.flags & parse::kExtern) != 0;
  inst.is_packed = (fields.flags & parse::kPacked) != 0;
  inst.is_union = (fields.flags & parse::kUnion) != 0;
  return Emit(ast_.span(id), inst);
}

InstId Lowerer::EnumType(NodeId id) {
  const auto fields = ast_.Get<node::EnumType>(id);
  untyped::EnumType inst;
  if (fields.underlying.valid()) inst.underlying = Type(fields.underlying);
  std::vector<NamedInst> members;
  for (const NodeId member : ast_.List(fields.members)) {
    if (ast_.kind(member) != NodeKind::kEnumMember) continue;
    const StringId name = NameOf(member);
    CheckNew(name, member, members);
    const NodeId value = ast_.Get<node::EnumMember>(member).value;
    members.push_back({name, value.valid() ? Value(value) : InstId()});
  }
  inst.members = out_.insts.AddList(members);
  return Emit(ast_.span(id), inst);
}

// Reports a field or member whose name one of those before it has.
void Lowerer::CheckNew(StringId name, NodeId id, std::span<const NamedInst> before) {
  const bool is_again =
      std::any_of(before.begin(), before.end(), [&](const NamedInst& n) { return n.name == name; });
  if (is_again) Error(Kind::kDuplicateField, ast_.span(id), {ast_.text(id)});
}

// Emits the requested type; none when the context asks for none.
InstId Lowerer::TypeOf(const Want& want, source::Span span) {
  switch (want.kind) {
    case Want::Kind::kNothing:
      return {};
    case Want::Kind::kType:
      return want.inst;
    case Want::Kind::kPlace:
      return Emit(span, untyped::PlaceType{want.inst});
    case Want::Kind::kArgument:
      return Emit(span, untyped::ArgType{want.inst, want.number});
    case Want::Kind::kReturn:
      return Emit(span, untyped::RetType());
    default:
      break;
  }
  const InstId around = TypeOf(*want.around, span);
  if (want.kind == Want::Kind::kField) return Emit(span, untyped::FieldType{around, want.name});
  if (want.kind == Want::Kind::kEntry) return Emit(span, untyped::FieldTypeAt{around, want.number});
  return Emit(span, untyped::ElemType{around});
}

}  // namespace csl::lower
