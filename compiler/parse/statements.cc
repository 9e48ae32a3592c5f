// SPDX-License-Identifier: Apache-2.0
// Statements. Bodies of if, for, while and prongs may be blocks or single statements without
// braces.
#include "compiler/parse/parser.h"

namespace csl::parse {
namespace {

bool IsAssignment(TokenKind kind) {
  return kind >= TokenKind::kEqual && kind <= TokenKind::kCaretEqual;
}

// Declarations that only file scope has: inside a block they mean that its `}` is missing.
bool OnlyAtFileScope(TokenKind kind) {
  switch (kind) {
    case TokenKind::kParam:
    case TokenKind::kFn:
    case TokenKind::kTask:
    case TokenKind::kExport:
    case TokenKind::kNoinline:
    case TokenKind::kLayout:
      return true;
    default:
      return false;
  }
}

}  // namespace

// With the label when there is one; at the brace.
NodeId Parser::Block(TokenId label) {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  const TokenId open = Take();
  const size_t first = scratch_.size();
  while (!At(TokenKind::kRBrace) && !At(TokenKind::kEndOfFile)) {
    if (TakeIf(TokenKind::kSemicolon)) continue;
    if (OnlyAtFileScope(kind()) && StartsLine(at_)) break;
    const Start start = StartHere();
    scratch_.push_back(CompleteStatement());
    if (gave_up_) break;
    if (panic()) Recover(start, true);
    if (at_ == start.token) Take();
  }
  const NodeList statements = ListFrom(first);
  TokenId close = at_;
  if (!TakeIf(TokenKind::kRBrace) && !gave_up_) {
    // One message however many blocks around are open too; continue as if the brace were there.
    if (unclosed_at_ != at_) ExpectClose(TokenKind::kRBrace, open, false);
    unclosed_at_ = at_;
    panic_ = false;
    if (braces_ > 0) --braces_;
  }
  return Add(open, node::Block{label, statements, close});
}

NodeId Parser::CompleteStatement() {
  const Statement statement = OpenStatement();
  if (!statement.closed) ExpectSemicolon("the statement");
  return statement.node;
}

// Everything of a statement but its `;`.
Parser::Statement Parser::OpenStatement() {
  Nested nested(this);
  if (TooDeep()) return {Invalid(), true};
  switch (kind()) {
    case TokenKind::kLBrace:
      return {Block(TokenId()), true};
    case TokenKind::kConst:
    case TokenKind::kVar:
      return {VariableDeclaration({}), false};
    case TokenKind::kIf:
      return If();
    case TokenKind::kInline:
    case TokenKind::kFor:
      return For(TokenId());
    case TokenKind::kWhile:
      return While(TokenId());
    case TokenKind::kSwitch:
      return {Switch(), true};
    case TokenKind::kComptime:
      return ComptimeStatement();
    case TokenKind::kReturn:
      return {Return(), false};
    case TokenKind::kBreak:
      return {Break(), false};
    case TokenKind::kContinue:
      return {Continue(), false};
    case TokenKind::kIdentifier:
      if (PeekKind(1) == TokenKind::kColon) return Labelled();
      return ExpressionStatement();
    default:
      return ExpressionStatement();
  }
}

Parser::Statement Parser::ExpressionStatement() {
  const NodeId left = Expression();
  if (panic() || !IsAssignment(kind())) return {left, false};
  const TokenId op = Take();
  const NodeId right = Expression();
  return {Add(op, node::Assign{left, right}), false};
}

Parser::Statement Parser::Labelled() {
  const TokenId label = Take();
  Take();  // the colon
  switch (kind()) {
    case TokenKind::kInline:
    case TokenKind::kFor:
      return For(label);
    case TokenKind::kWhile:
      return While(label);
    case TokenKind::kLBrace:
      return {Block(label), true};
    default:
      return {Fail(Kind::kLabelNotAllowed, tokens_.span(label), {}), true};
  }
}

Parser::Statement Parser::ComptimeStatement() {
  const TokenId keyword = Take();
  if (At(TokenKind::kConst) || At(TokenKind::kVar)) {
    return {VariableDeclaration({.flags = kComptime, .first = keyword}), false};
  }
  const Statement operand = OpenStatement();
  return {Add(keyword, node::Comptime{operand.node}), operand.closed};
}

Parser::Statement Parser::Body() { return OpenStatement(); }

// As a statement or an expression. A `;` before `else` is tolerated.
Parser::Statement Parser::If() {
  Nested nested(this);
  if (TooDeep()) return {Invalid(), true};
  const TokenId keyword = Take();
  node::If fields;
  const TokenId open = Expect(TokenKind::kLParen, "'if'");
  if (panic()) return {Invalid(), true};
  fields.condition = Expression();
  ExpectClose(TokenKind::kRParen, open, false);
  if (panic()) return {Invalid(), true};
  Statement body = Body();
  fields.then_body = body.node;
  if (!panic()) {
    if (At(TokenKind::kSemicolon) && PeekKind(1) == TokenKind::kElse) Take();
    if (TakeIf(TokenKind::kElse)) {
      body = Body();
      fields.else_body = body.node;
    }
  }
  return {Add(keyword, fields), body.closed};
}

// At `for` or `inline`.
Parser::Statement Parser::For(TokenId label) {
  node::For fields;
  fields.label = label;
  if (TakeIf(TokenKind::kInline)) fields.flags |= kInline;
  const TokenId keyword = Expect(TokenKind::kFor, "'inline'");
  if (panic()) return {Invalid(), true};
  const TokenId open = Expect(TokenKind::kLParen, "'for'");
  if (panic()) return {Invalid(), true};
  fields.iterable = Expression();
  ExpectClose(TokenKind::kRParen, open, false);
  if (panic()) return {Invalid(), true};
  const TokenId bar = Expect(TokenKind::kPipe, "the range of a 'for'");
  if (panic()) return {Invalid(), true};
  fields.element = DeclaredName("|");
  if (!panic() && TakeIf(TokenKind::kComma)) fields.index = DeclaredName(",");
  ExpectClose(TokenKind::kPipe, bar, false);
  if (panic()) return {Invalid(), true};
  const Statement body = Body();
  fields.body = body.node;
  return {Add(keyword, fields), body.closed};
}

Parser::Statement Parser::While(TokenId label) {
  const TokenId keyword = Take();
  node::While fields;
  fields.label = label;
  const TokenId open = Expect(TokenKind::kLParen, "'while'");
  if (panic()) return {Invalid(), true};
  fields.condition = Expression();
  ExpectClose(TokenKind::kRParen, open, false);
  if (panic()) return {Invalid(), true};
  if (TakeIf(TokenKind::kColon)) fields.update = WhileUpdate();
  if (panic()) return {Invalid(), true};
  const Statement body = Body();
  fields.body = body.node;
  return {Add(keyword, fields), body.closed};
}

NodeId Parser::WhileUpdate() {
  const TokenId open = Expect(TokenKind::kLParen, "':'");
  if (panic()) return Invalid();
  const Statement update = ExpressionStatement();
  ExpectClose(TokenKind::kRParen, open, false);
  return update.node;
}

NodeId Parser::Switch() {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  const TokenId keyword = Take();
  node::Switch fields;
  const TokenId open = Expect(TokenKind::kLParen, "'switch'");
  if (panic()) return Invalid();
  fields.operand = Expression();
  ExpectClose(TokenKind::kRParen, open, false);
  if (panic()) return Invalid();
  const TokenId brace = Expect(TokenKind::kLBrace, "the operand of 'switch'");
  if (panic()) return Invalid();
  bool has_else = false;
  fields.prongs = CommaList(brace, TokenKind::kRBrace, [&] { return Prong(&has_else); });
  return Add(keyword, fields);
}

NodeId Parser::Prong(bool* has_else) {
  const size_t first = scratch_.size();
  if (At(TokenKind::kElse)) {
    if (*has_else) Error(Kind::kElseProngAgain, tokens_.span(at_), {});
    *has_else = true;
    Take();
  } else {
    do {
      if (At(TokenKind::kFatArrow)) break;  // a trailing comma
      scratch_.push_back(Expression());
      if (!panic() && At(TokenKind::kEllipsis)) Fail(Kind::kRangeProng, tokens_.span(at_), {});
    } while (!panic() && TakeIf(TokenKind::kComma));
  }
  const NodeList items = ListFrom(first);
  if (panic()) return Invalid();
  const TokenId arrow = Expect(TokenKind::kFatArrow, "the values of a prong");
  if (panic()) return Invalid();
  const Statement body = Body();
  return Add(arrow, node::Prong{items, body.node});
}

NodeId Parser::Return() {
  const TokenId keyword = Take();
  node::Return fields;
  if (!At(TokenKind::kSemicolon) && !At(TokenKind::kRBrace) && !At(TokenKind::kElse) &&
      !At(TokenKind::kComma)) {
    fields.value = Expression();
  }
  return Add(keyword, fields);
}

NodeId Parser::Break() {
  const TokenId keyword = Take();
  node::Break fields;
  fields.label = OptionalLabelReference();
  if (!panic() && !At(TokenKind::kSemicolon) && !At(TokenKind::kRBrace) && !At(TokenKind::kElse) &&
      !At(TokenKind::kComma)) {
    fields.value = Expression();
  }
  return Add(keyword, fields);
}

NodeId Parser::Continue() {
  const TokenId keyword = Take();
  const TokenId label = OptionalLabelReference();
  return Add(keyword, node::Continue{label});
}

TokenId Parser::OptionalLabelReference() {
  if (!TakeIf(TokenKind::kColon)) return TokenId();
  return DeclaredName(":");
}

}  // namespace csl::parse
