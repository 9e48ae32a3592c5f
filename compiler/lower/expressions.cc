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

uint32_t Lowerer::Value(NodeId id, const Want& want) {
  if (depth_ >= parse::kMaxNesting) {
    Error(Kind::kNestedTooDeeply, ast_.span(id), {parse::kMaxNesting});
    return EmitInvalid(ast_.span(id));
  }
  ++depth_;
  const uint32_t result = ValueOf(id, want);
  --depth_;
  return result;
}

uint32_t Lowerer::ValueOf(NodeId id, const Want& want) {
  switch (ast_.kind(id)) {
    case NodeKind::kName:
      return Name(id, false);
    case NodeKind::kMember:
    case NodeKind::kIndex:
    case NodeKind::kDeref: {
      const uint32_t place = Place(id);
      return Emit(Op::kLoad, out_.spans[place], place);
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
      return Emit(Op::kVoid, ast_.span(id));
  }
}

uint32_t Lowerer::Place(NodeId id) {
  if (depth_ >= parse::kMaxNesting) return Value(id);  // reports
  ++depth_;
  uint32_t place = kNone;
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
      const uint32_t pointer = Value(ast_.Get<node::Deref>(id).pointer);
      place = Emit(Op::kDeref, ChainSpan(id), pointer);
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

uint32_t Lowerer::Name(NodeId id, bool as_place) {
  const StringId name = NameOf(id);
  const source::Span span = ast_.span(id);
  if (slot_of_[name.index] != kNone) {
    return Emit(as_place ? Op::kLocalRef : Op::kLocalGet, span, slot_of_[name.index]);
  }
  if (decl_of_[name.index].valid()) {
    return Emit(as_place ? Op::kDeclRef : Op::kDeclGet, span, decl_of_[name.index].index);
  }
  if (out_.str(name) == "comptime_struct") ReportForm(Form::kComptimeStruct, span);
  if (out_.str(name) == "imported_module") ReportForm(Form::kImportedModule, span);
  return Emit(Op::kName, span, name.index);
}

uint32_t Lowerer::Member(NodeId id) {
  const uint32_t object = Place(ast_.Get<node::Member>(id).object);
  return Emit(Op::kMember, ast_.span(id), object, NameOf(id).index);
}

uint32_t Lowerer::Index(NodeId id) {
  const auto fields = ast_.Get<node::Index>(id);
  const uint32_t object = Place(fields.object);
  std::vector<uint32_t> indices;
  for (const NodeId index : ast_.List(fields.indices)) indices.push_back(Value(index));
  return Emit(Op::kIndex, ChainSpan(id), object, AddExtra(indices),
              static_cast<uint32_t>(indices.size()));
}

// A chain of operators leans left and may be long: it is walked in a loop.
uint32_t Lowerer::Binary(NodeId id) {
  std::vector<NodeId> chain;
  for (; ast_.kind(id) == NodeKind::kBinary; id = ast_.Get<node::Binary>(id).left) {
    chain.push_back(id);
  }
  uint32_t left = Value(id);
  for (auto step = chain.rbegin(); step != chain.rend(); ++step) left = BinaryStep(*step, left);
  return left;
}

uint32_t Lowerer::BinaryStep(NodeId id, uint32_t left) {
  const NodeId right = ast_.Get<node::Binary>(id).right;
  const TokenKind op = ast_.token_kind(id);
  // `&&` and `||` have been reported as `and` and `or`.
  if (op == TokenKind::kAnd || op == TokenKind::kOr) {
    const uint32_t extra = ReserveExtra(2);
    const uint32_t result =
        Emit(op == TokenKind::kAnd ? Op::kBoolAnd : Op::kBoolOr, ast_.span(id), left, extra);
    BodyAt(extra, [&] { Yield(right, Want::Nothing()); });
    return result;
  }
  const uint32_t right_value = Value(right);
  const uint32_t result = Emit(Op::kBinary, ast_.span(id), left, right_value);
  inst(result).aux = static_cast<uint16_t>(OperatorOf(op));
  return result;
}

uint32_t Lowerer::Unary(NodeId id) {
  const NodeId operand = ast_.Get<node::Unary>(id).operand;
  const TokenKind op = ast_.token_kind(id);
  if (op == TokenKind::kAmp) {
    const uint32_t place = Place(operand);
    return Emit(Op::kAddrOf, ast_.span(id), place);
  }
  const uint32_t value = Value(operand);
  const uint32_t result = Emit(Op::kUnary, ast_.span(id), value);
  const UnaryOp unary = op == TokenKind::kMinus   ? UnaryOp::kNeg
                        : op == TokenKind::kTilde ? UnaryOp::kBitNot
                                                  : UnaryOp::kNot;
  inst(result).aux = static_cast<uint16_t>(unary);
  return result;
}

uint32_t Lowerer::Call(NodeId id) {
  const auto fields = ast_.Get<node::Call>(id);
  const uint32_t callee = Place(fields.callee);
  std::vector<uint32_t> arguments;
  for (const NodeId argument : ast_.List(fields.arguments)) {
    const auto number = static_cast<uint32_t>(arguments.size());
    arguments.push_back(Value(argument, Want::Argument(callee, number)));
  }
  return Emit(Op::kCall, ChainSpan(id), callee, AddExtra(arguments),
              static_cast<uint32_t>(arguments.size()));
}

uint32_t Lowerer::BuiltinCall(NodeId id) {
  const source::Span span = ast_.span(id);
  const std::string_view name = ast_.text(id);
  if (const Form form = FormOfBuiltin(name); form != Form::kNone) {
    ReportForm(form, span);
  }
  const BuiltinRow* row = FindBuiltin(name.substr(1));
  if (row == nullptr) return Emit(Op::kUnknownBuiltin, span, NameOf(id).index);
  std::vector<uint32_t> arguments;
  for (const NodeId argument : ast_.List(ast_.Get<node::BuiltinCall>(id).arguments)) {
    arguments.push_back(BuiltinArgument(argument, row->Mode(arguments.size())));
  }
  const uint32_t result =
      Emit(Op::kBuiltin, span, kNone, AddExtra(arguments), static_cast<uint32_t>(arguments.size()));
  inst(result).aux = static_cast<uint16_t>(row->kind);
  return result;
}

uint32_t Lowerer::BuiltinArgument(NodeId id, char mode) {
  if (mode == 'p') return Place(id);
  if (mode != 'q') return Value(id);
  const uint32_t extra = ReserveExtra(2);
  const uint32_t quote = Emit(Op::kQuote, ast_.span(id), kNone, extra);
  BodyAt(extra, [&] { Yield(id, Want::Nothing()); });
  return quote;
}

}  // namespace csl::lower
