// SPDX-License-Identifier: Apache-2.0
// Expressions: values, places, operators, calls.
#include "compiler/lower/builtins.h"
#include "compiler/lower/lowerer.h"
#include "compiler/parse/parse.h"

namespace csl::lower {
namespace {

BinaryOp OperatorOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPlus:
      return BinaryOp::kAdd;
    case TokenKind::kMinus:
      return BinaryOp::kSub;
    case TokenKind::kStar:
      return BinaryOp::kMul;
    case TokenKind::kSlash:
      return BinaryOp::kDiv;
    case TokenKind::kPercent:
      return BinaryOp::kRem;
    case TokenKind::kShl:
      return BinaryOp::kShl;
    case TokenKind::kShr:
      return BinaryOp::kShr;
    case TokenKind::kAmp:
      return BinaryOp::kBitAnd;
    case TokenKind::kCaret:
      return BinaryOp::kBitXor;
    case TokenKind::kPipe:
      return BinaryOp::kBitOr;
    case TokenKind::kEqualEqual:
      return BinaryOp::kEq;
    case TokenKind::kBangEqual:
      return BinaryOp::kNe;
    case TokenKind::kLess:
      return BinaryOp::kLt;
    case TokenKind::kGreater:
      return BinaryOp::kGt;
    case TokenKind::kLessEqual:
      return BinaryOp::kLe;
    default:
      return BinaryOp::kGe;
  }
}

// The form of the dialects that a builtin is; kNone for those of every release.
Form FormOfBuiltin(std::string_view spelling) {
  static constexpr Form kForms[] = {Form::kConcatStructs, Form::kImportComptimeValue,
                                    Form::kRpc,           Form::kIsSameType,
                                    Form::kBindTask,      Form::kGetColorId};
  for (const Form form : kForms) {
    if (diagnostics::RowOf(form).spelling == spelling) return form;
  }
  return Form::kNone;
}

}  // namespace

InstId Lowerer::Value(NodeId id, const Want& want) {
  if (depth_ >= parse::kMaxNesting) {
    Error(Kind::kNestedTooDeeply, ast_.span(id), {parse::kMaxNesting});
    return EmitInvalid(ast_.span(id));
  }
  ++depth_;
  const InstId result = ValueOf(id, want);
  --depth_;
  return result;
}

InstId Lowerer::ValueOf(NodeId id, const Want& want) {
  switch (ast_.kind(id)) {
    case NodeKind::kName:
      return Name(id, false);
    case NodeKind::kMember:
    case NodeKind::kIndex:
    case NodeKind::kDeref: {
      const InstId place = Place(id);
      return Emit(out_.insts.span(place), untyped::Load{place});
    }
    case NodeKind::kBinary:
      return Binary(id);
    case NodeKind::kUnary:
      return Unary(id);
    case NodeKind::kCall:
      return Call(id);
    case NodeKind::kBuiltinCall:
      return BuiltinCall(id);
    case NodeKind::kIf:
      return If(id, true, want);
    case NodeKind::kSwitch:
      return Switch(id, true, want);
    case NodeKind::kBlock:
      return LabelledBlock(id, want);
    case NodeKind::kComptime:
      return Comptime(id, true, want);
    case NodeKind::kStructLiteral:
      return StructLiteral(id, want);
    case NodeKind::kTupleLiteral:
      return TupleLiteral(id, want);
    case NodeKind::kArrayLiteral:
      return ArrayLiteral(id);
    case NodeKind::kTensorAccess:
      return TensorAccess(id);
    case NodeKind::kAsm:
      return Asm(id);
    case NodeKind::kIntegerLiteral:
    case NodeKind::kFloatLiteral:
    case NodeKind::kCharacterLiteral:
    case NodeKind::kStringLiteral:
    case NodeKind::kBoolLiteral:
      return Literal(id);
    case NodeKind::kPointerType:
    case NodeKind::kArrayType:
    case NodeKind::kFunctionType:
    case NodeKind::kStructType:
    case NodeKind::kEnumType:
      return Type(id);
    case NodeKind::kInvalid:
      return EmitInvalid(ast_.span(id));
    default:
      // A statement where a value is wanted, such as `x = return;`.
      Statement(id);
      return Emit(ast_.span(id), untyped::Void());
  }
}

InstId Lowerer::Place(NodeId id) {
  if (depth_ >= parse::kMaxNesting) return Value(id);  // reports
  ++depth_;
  InstId place;
  switch (ast_.kind(id)) {
    case NodeKind::kName:
      place = Name(id, true);
      break;
    case NodeKind::kMember:
      place = Member(id);
      break;
    case NodeKind::kIndex:
      place = Index(id);
      break;
    case NodeKind::kDeref: {
      const InstId pointer = Value(ast_.Get<node::Deref>(id).pointer);
      place = Emit(ChainSpan(id), untyped::Deref{pointer});
      break;
    }
    default:
      place = Value(id);
  }
  --depth_;
  return place;
}

// Where errors about `a.b[i](x).*` point: the last name before brackets and stars.
source::Span Lowerer::ChainSpan(NodeId id) const {
  for (;;) {
    switch (ast_.kind(id)) {
      case NodeKind::kIndex:
        id = ast_.Get<node::Index>(id).object;
        break;
      case NodeKind::kCall:
        id = ast_.Get<node::Call>(id).callee;
        break;
      case NodeKind::kDeref:
        id = ast_.Get<node::Deref>(id).pointer;
        break;
      default:
        return ast_.span(id);
    }
  }
}

InstId Lowerer::Name(NodeId id, bool as_place) {
  const StringId name = NameOf(id);
  const source::Span span = ast_.span(id);
  if (const LocalId local = local_of_[name.index]; local.valid()) {
    return as_place ? Emit(span, untyped::LocalRef{local}) : Emit(span, untyped::LocalGet{local});
  }
  if (const DeclId decl = decl_of_[name.index]; decl.valid()) {
    return as_place ? Emit(span, untyped::DeclRef{decl}) : Emit(span, untyped::DeclGet{decl});
  }
  if (out_.str(name) == "comptime_struct") ReportForm(Form::kComptimeStruct, span);
  if (out_.str(name) == "imported_module") ReportForm(Form::kImportedModule, span);
  return Emit(span, untyped::Name{name});
}

InstId Lowerer::Member(NodeId id) {
  const InstId object = Place(ast_.Get<node::Member>(id).object);
  return Emit(ast_.span(id), untyped::Member{object, NameOf(id)});
}

InstId Lowerer::Index(NodeId id) {
  const auto fields = ast_.Get<node::Index>(id);
  const InstId object = Place(fields.object);
  std::vector<InstId> indices;
  for (const NodeId index : ast_.List(fields.indices)) indices.push_back(Value(index));
  return Emit(ChainSpan(id), untyped::Index{object, out_.insts.AddList(indices)});
}

// A chain of operators leans left and may be long: it is walked in a loop.
InstId Lowerer::Binary(NodeId id) {
  std::vector<NodeId> chain;
  for (; ast_.kind(id) == NodeKind::kBinary; id = ast_.Get<node::Binary>(id).left) {
    chain.push_back(id);
  }
  InstId left = Value(id);
  for (auto step = chain.rbegin(); step != chain.rend(); ++step) left = BinaryStep(*step, left);
  return left;
}

InstId Lowerer::BinaryStep(NodeId id, InstId left) {
  const NodeId right = ast_.Get<node::Binary>(id).right;
  const TokenKind op = ast_.token_kind(id);
  // `&&` and `||` have been reported as `and` and `or`.
  const auto emit_right = [&] { Yield(right, Want::Nothing()); };
  if (op == TokenKind::kAnd) {
    return EmitWithBody(ast_.span(id), untyped::BoolAnd{.left = left}, &untyped::BoolAnd::right,
                        emit_right);
  }
  if (op == TokenKind::kOr) {
    return EmitWithBody(ast_.span(id), untyped::BoolOr{.left = left}, &untyped::BoolOr::right,
                        emit_right);
  }
  const InstId right_value = Value(right);
  return Emit(ast_.span(id), untyped::Binary{left, right_value, OperatorOf(op)});
}

InstId Lowerer::Unary(NodeId id) {
  const NodeId operand = ast_.Get<node::Unary>(id).operand;
  const TokenKind op = ast_.token_kind(id);
  if (op == TokenKind::kAmp) {
    const InstId place = Place(operand);
    return Emit(ast_.span(id), untyped::AddrOf{place});
  }
  const InstId value = Value(operand);
  const UnaryOp unary = op == TokenKind::kMinus   ? UnaryOp::kNeg
                        : op == TokenKind::kTilde ? UnaryOp::kBitNot
                                                  : UnaryOp::kNot;
  return Emit(ast_.span(id), untyped::Unary{value, unary});
}

InstId Lowerer::Call(NodeId id) {
  const auto fields = ast_.Get<node::Call>(id);
  const InstId callee = Place(fields.callee);
  std::vector<InstId> arguments;
  for (const NodeId argument : ast_.List(fields.arguments)) {
    const auto number = static_cast<uint32_t>(arguments.size());
    arguments.push_back(Value(argument, Want::Argument(callee, number)));
  }
  return Emit(ChainSpan(id), untyped::Call{callee, out_.insts.AddList(arguments)});
}

InstId Lowerer::BuiltinCall(NodeId id) {
  const source::Span span = ast_.span(id);
  const std::string_view name = ast_.text(id);
  if (const Form form = FormOfBuiltin(name); form != Form::kNone) {
    ReportForm(form, span);
  }
  const BuiltinRow* row = FindBuiltin(name.substr(1));
  if (row == nullptr) return Emit(span, untyped::UnknownBuiltin{NameOf(id)});
  std::vector<InstId> arguments;
  for (const NodeId argument : ast_.List(ast_.Get<node::BuiltinCall>(id).arguments)) {
    arguments.push_back(BuiltinArgument(argument, row->Mode(arguments.size())));
  }
  return Emit(span, untyped::Builtin{row->kind, out_.insts.AddList(arguments)});
}

InstId Lowerer::BuiltinArgument(NodeId id, char mode) {
  if (mode == 'p') return Place(id);
  if (mode != 'q') return Value(id);
  return EmitWithBody(ast_.span(id), untyped::Quote(), &untyped::Quote::body,
                      [&] { Yield(id, Want::Nothing()); });
}

}  // namespace csl::lower
