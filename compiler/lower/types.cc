// SPDX-License-Identifier: Apache-2.0
// Type forms, and the requested types of control flow.
#include "compiler/lower/lowerer.h"

namespace csl::lower {

// A call in type position is made at compile time, whatever surrounds it.
uint32_t Lowerer::Type(NodeId id) {
  if (ast_.kind(id) == NodeKind::kComptime || !ContainsCall(id)) return TypeForm(id);
  const uint32_t extra = ReserveExtra(2);
  const uint32_t result = Emit(Op::kComptime, ast_.span(id), kNone, extra);
  BodyAt(extra, [&] {
    const uint32_t type = TypeForm(id);
    Emit(Op::kYield, ast_.span(id), type);
  });
  return result;
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

uint32_t Lowerer::TypeForm(NodeId id) {
  const source::Span span = ast_.span(id);
  switch (ast_.kind(id)) {
    case NodeKind::kPointerType: {
      const auto fields = ast_.Get<node::PointerType>(id);
      const uint32_t pointee = Type(fields.pointee);
      const uint32_t result = Emit(Op::kPtrType, span, pointee);
      if (fields.flags & parse::kConst) inst(result).flags |= kPtrConst;
      if (fields.flags & parse::kMany) inst(result).flags |= kPtrMany;
      return result;
    }
    case NodeKind::kArrayType: {
      const auto fields = ast_.Get<node::ArrayType>(id);
      std::vector<uint32_t> dimensions;
      for (const NodeId size : ast_.List(fields.dimensions)) dimensions.push_back(Value(size));
      const uint32_t element = TypeForm(fields.element);
      return Emit(Op::kArrayType, span, element, AddExtra(dimensions),
                  static_cast<uint32_t>(dimensions.size()));
    }
    case NodeKind::kFunctionType: {
      const auto fields = ast_.Get<node::FunctionType>(id);
      std::vector<uint32_t> parameters;
      for (const NodeId parameter : ast_.List(fields.parameters)) {
        parameters.push_back(Type(parameter));
      }
      const uint32_t result_type = Type(fields.result);
      const uint32_t result = Emit(Op::kFnType, span, result_type, AddExtra(parameters),
                                   static_cast<uint32_t>(parameters.size()));
      if (fields.flags & parse::kTask) inst(result).flags |= kFnTask;
      return result;
    }
    case NodeKind::kStructType:
      return StructType(id);
    case NodeKind::kEnumType:
      return EnumType(id);
    default:
      return Value(id);
  }
}

uint32_t Lowerer::StructType(NodeId id) {
  const auto fields = ast_.Get<node::StructType>(id);
  std::vector<uint32_t> words;
  for (const NodeId field : ast_.List(fields.fields)) {
    if (ast_.kind(field) != NodeKind::kFieldType) continue;
    const StringId name = NameOf(field);
    for (size_t i = 0; i < words.size(); i += 2) {
      if (words[i] != name.index) continue;
      Error(Kind::kDuplicateField, ast_.span(field), {ast_.text(field)});
      break;
    }
    const uint32_t type = Type(ast_.Get<node::FieldType>(field).type);
    words.push_back(name.index);
    words.push_back(type);
  }
  const uint32_t result = Emit(Op::kStructType, ast_.span(id), AddExtra(words), kNone,
                               static_cast<uint32_t>(words.size() / 2));
  if (fields.flags & parse::kExtern) inst(result).flags |= lower::kExtern;
  if (fields.flags & parse::kPacked) inst(result).flags |= lower::kPacked;
  if (fields.flags & parse::kUnion) inst(result).flags |= lower::kUnion;
  return result;
}

uint32_t Lowerer::EnumType(NodeId id) {
  const auto fields = ast_.Get<node::EnumType>(id);
  const uint32_t underlying = fields.underlying.valid() ? Type(fields.underlying) : kNone;
  std::vector<uint32_t> words;
  for (const NodeId member : ast_.List(fields.members)) {
    if (ast_.kind(member) != NodeKind::kEnumMember) continue;
    const StringId name = NameOf(member);
    for (size_t i = 0; i < words.size(); i += 2) {
      if (words[i] != name.index) continue;
      Error(Kind::kDuplicateField, ast_.span(member), {ast_.text(member)});
      break;
    }
    const NodeId value = ast_.Get<node::EnumMember>(member).value;
    words.push_back(name.index);
    words.push_back(value.valid() ? Value(value) : kNone);
  }
  return Emit(Op::kEnumType, ast_.span(id), underlying, AddExtra(words),
              static_cast<uint32_t>(words.size() / 2));
}

// Emits the requested type; kNone when the context asks for none.
uint32_t Lowerer::TypeOf(const Want& want, source::Span span) {
  switch (want.kind) {
    case Want::Kind::kNothing:
      return kNone;
    case Want::Kind::kType:
      return want.value;
    case Want::Kind::kPlace:
      return Emit(Op::kPlaceType, span, want.value);
    case Want::Kind::kArgument:
      return Emit(Op::kArgType, span, want.value, want.number);
    case Want::Kind::kReturn:
      return Emit(Op::kRetType, span);
    default:
      break;
  }
  const uint32_t around = TypeOf(*want.around, span);
  if (want.kind == Want::Kind::kField) return Emit(Op::kFieldType, span, around, want.value);
  if (want.kind == Want::Kind::kEntry) return Emit(Op::kFieldTypeAt, span, around, want.value);
  return Emit(Op::kElemType, span, around);
}

}  // namespace csl::lower
