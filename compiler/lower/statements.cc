// SPDX-License-Identifier: Apache-2.0
// Statements inside bodies.
#include <algorithm>
#include <optional>

#include "compiler/lower/lowerer.h"
#include "compiler/parse/parse.h"

namespace csl::lower {
namespace {

std::optional<BinaryOp> CompoundOperator(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPlusEqual:
      return BinaryOp::kAdd;
    case TokenKind::kMinusEqual:
      return BinaryOp::kSub;
    case TokenKind::kStarEqual:
      return BinaryOp::kMul;
    case TokenKind::kSlashEqual:
      return BinaryOp::kDiv;
    case TokenKind::kPercentEqual:
      return BinaryOp::kRem;
    case TokenKind::kShlEqual:
      return BinaryOp::kShl;
    case TokenKind::kShrEqual:
      return BinaryOp::kShr;
    case TokenKind::kAmpEqual:
      return BinaryOp::kBitAnd;
    case TokenKind::kPipeEqual:
      return BinaryOp::kBitOr;
    case TokenKind::kCaretEqual:
      return BinaryOp::kBitXor;
    default:
      return std::nullopt;
  }
}

}  // namespace

void Lowerer::Statements(NodeList statements) {
  const size_t scope = EnterScope();
  for (const NodeId id : ast_.List(statements)) Statement(id);
  LeaveScope(scope);
}

void Lowerer::Statement(NodeId id) {
  switch (ast_.kind(id)) {
    case NodeKind::kVariable:
      return LocalVariable(id);
    case NodeKind::kAssign:
      return Assign(id);
    case NodeKind::kReturn:
      return Return(id);
    case NodeKind::kBreak:
      return Break(id);
    case NodeKind::kContinue:
      return Continue(id);
    case NodeKind::kFor:
      return For(id);
    case NodeKind::kWhile:
      return While(id);
    case NodeKind::kIf:
      If(id, false, {});
      return;
    case NodeKind::kSwitch:
      Switch(id, false, {});
      return;
    case NodeKind::kComptime:
      Comptime(id, false, {});
      return;
    case NodeKind::kBlock: {
      const auto block = ast_.Get<node::Block>(id);
      if (block.label.valid()) {
        LabelledBlock(id, {});
      } else {
        Statements(block.statements);
      }
      return;
    }
    default:
      Value(id);
  }
}

void Lowerer::LocalVariable(NodeId id) {
  const auto fields = ast_.Get<node::Variable>(id);
  const bool is_comptime = (fields.flags & parse::kComptime) != 0;
  const source::Span span = ast_.span(id);
  untyped::LocalDecl inst;
  inst.is_const = (fields.flags & parse::kConst) != 0;
  inst.is_comptime = is_comptime;
  if (fields.type.valid()) inst.type = Type(fields.type);
  const Want want = Want::Type(inst.type);
  if (fields.init.valid() && is_comptime) {
    inst.init = EmitWithBody(span, untyped::Comptime{.type = inst.type}, &untyped::Comptime::body,
                             [&] { Yield(fields.init, want); });
  } else if (fields.init.valid()) {
    inst.init = Value(fields.init, want);
  }
  inst.align = LocalAlignment(fields.attributes);
  inst.name = NameOf(id);
  inst.local = NewLocal();
  Emit(span, inst);
  Bind(inst.name, inst.local, span);
}

InstId Lowerer::LocalAlignment(NodeList attributes) {
  InstId align;
  for (const NodeId id : ast_.List(attributes)) {
    if (ast_.kind(id) != NodeKind::kAttribute) continue;
    if (ast_.token_kind(id) == TokenKind::kAlign) {
      align = Value(ast_.Get<node::Attribute>(id).value);
    } else {
      Error(Kind::kAttributeNotAllowed, ast_.span(id), {ast_.text(id), "a local variable"});
    }
  }
  return align;
}

// Whether the expression only reads: no calls of functions, no blocks.
bool Lowerer::IsPlain(NodeId id) const {
  const auto all_plain = [this](NodeList list) {
    const auto nodes = ast_.List(list);
    return std::all_of(nodes.begin(), nodes.end(), [this](NodeId n) { return IsPlain(n); });
  };
  switch (ast_.kind(id)) {
    case NodeKind::kName:
    case NodeKind::kIntegerLiteral:
    case NodeKind::kFloatLiteral:
    case NodeKind::kCharacterLiteral:
    case NodeKind::kBoolLiteral:
      return true;
    case NodeKind::kMember:
      return IsPlain(ast_.Get<node::Member>(id).object);
    case NodeKind::kDeref:
      return IsPlain(ast_.Get<node::Deref>(id).pointer);
    case NodeKind::kIndex:
      return IsPlain(ast_.Get<node::Index>(id).object) &&
             all_plain(ast_.Get<node::Index>(id).indices);
    case NodeKind::kUnary:
      return IsPlain(ast_.Get<node::Unary>(id).operand);
    case NodeKind::kBinary:
      return IsPlain(ast_.Get<node::Binary>(id).left) && IsPlain(ast_.Get<node::Binary>(id).right);
    case NodeKind::kBuiltinCall:
      return all_plain(ast_.Get<node::BuiltinCall>(id).arguments);
    default:
      return false;
  }
}

void Lowerer::Assign(NodeId id) {
  const auto fields = ast_.Get<node::Assign>(id);
  switch (ast_.kind(fields.target)) {
    case NodeKind::kName:
    case NodeKind::kMember:
    case NodeKind::kIndex:
    case NodeKind::kDeref:
    case NodeKind::kInvalid:
      break;
    case NodeKind::kBuiltinCall:
      if (ast_.text(fields.target) == "@field") break;
      [[fallthrough]];
    default:
      Error(Kind::kNotAssignable, ast_.span(id), {"a temporary value"});
      EmitInvalid(ast_.span(id));
      return;
  }
  const InstId place = Place(fields.target);
  const auto op = CompoundOperator(ast_.token_kind(id));
  // `x += f()` is `x = x + f()`: x is read first, as any left operand.
  const bool reads_first = op && !IsPlain(fields.value);
  const source::Span span = ast_.span(fields.target);
  const InstId old = reads_first ? Emit(span, untyped::Load{place}) : InstId();
  const InstId value = Value(fields.value, Want::Place(place));
  if (op) {
    Emit(span, untyped::StoreOp{place, value, old, *op});
  } else {
    Emit(span, untyped::Store{place, value});
  }
}

void Lowerer::Return(NodeId id) {
  const NodeId value = ast_.Get<node::Return>(id).value;
  if (!in_function_) {
    Error(Kind::kReturnOutsideFunction, ast_.span(id), {});
    EmitInvalid(ast_.span(id));
    return;
  }
  const InstId result = value.valid() ? Value(value, Want::Return()) : InstId();
  Emit(ast_.span(id), untyped::Return{result});
}

void Lowerer::Break(NodeId id) {
  const auto fields = ast_.Get<node::Break>(id);
  const Jump* jump = FindJump(fields.label, false);
  if (jump == nullptr) {
    if (fields.label.valid()) {
      Error(Kind::kUnknownLabel, ast_.tokens().span(fields.label),
            {ast_.tokens().text(fields.label)});
    } else {
      Error(Kind::kBreakOutsideLoop, ast_.span(id), {});
    }
    EmitInvalid(ast_.span(id));
    return;
  }
  if (jump->is_loop && fields.value.valid()) {
    Error(Kind::kLoopValue, ast_.span(id), {});
  }
  untyped::Break inst;
  inst.target = jump->inst;
  const Want want = Want::Type(jump->type);
  if (fields.value.valid()) inst.value = Value(fields.value, want);
  Emit(ast_.span(id), inst);
}

void Lowerer::Continue(NodeId id) {
  const auto fields = ast_.Get<node::Continue>(id);
  const Jump* jump = FindJump(fields.label, true);
  if (jump != nullptr) {
    Emit(ast_.span(id), untyped::Continue{jump->inst});
    return;
  }
  if (!fields.label.valid()) {
    Error(Kind::kContinueOutsideLoop, ast_.span(id), {});
  } else {
    const bool is_block = FindJump(fields.label, false) != nullptr;
    Error(is_block ? Kind::kContinueToBlock : Kind::kUnknownLabel, ast_.tokens().span(fields.label),
          {ast_.tokens().text(fields.label)});
  }
  EmitInvalid(ast_.span(id));
}

}  // namespace csl::lower
