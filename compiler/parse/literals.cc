// SPDX-License-Identifier: Apache-2.0
// Struct, tuple and array literals, tensor accesses, inline assembly.
#include "compiler/parse/parser.h"

namespace csl::parse {

// At the brace behind a type (or none).
NodeId Parser::StructLiteralBody(NodeId type) {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  const TokenId open = Take();
  const NodeList fields = CommaList(open, TokenKind::kRBrace, [&] { return FieldValue(); });
  return Add(open, node::StructLiteral{type, fields});
}

// `.{ ... }`: with names a struct, without a tuple.
NodeId Parser::AnonymousLiteral() {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  Take();
  if (!At(TokenKind::kLBrace)) return FailExpected("'{' after '.'");
  const bool named = PeekKind(1) == TokenKind::kDot && PeekKind(3) == TokenKind::kEqual;
  if (named) return StructLiteralBody(NodeId());
  const TokenId open = Take();
  const NodeList values = CommaList(open, TokenKind::kRBrace, [&] {
    if (At(TokenKind::kDot) && PeekKind(2) == TokenKind::kEqual) {
      return Fail(Kind::kMixedLiteral, tokens_.span(at_), {});
    }
    return Expression();
  });
  return Add(open, node::TupleLiteral{values});
}

NodeId Parser::FieldValue() {
  if (!At(TokenKind::kDot)) {
    return At(TokenKind::kIdentifier) && PeekKind(1) == TokenKind::kEqual
               ? FailExpected("'.' before the field's name")
               : Fail(Kind::kMixedLiteral, tokens_.span(at_), {});
  }
  Take();
  if (!lex::IsWord(kind())) return FailExpected("a field's name after '.'");
  const TokenId name = Take();
  Expect(TokenKind::kEqual, "the field's name");
  if (panic()) return Invalid();
  const NodeId value = Expression();
  return Add(name, node::FieldValue{value});
}

NodeId Parser::ArrayLiteralBody(NodeId type) {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  const TokenId open = Take();
  const NodeList values = CommaList(open, TokenKind::kRBrace, [&] { return Expression(); });
  return Add(open, node::ArrayLiteral{type, values});
}

// `|i, j| {n, m} -> name[expr, ...]`.
NodeId Parser::TensorAccess() {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  const TokenId bar = Take();
  node::TensorAccess fields;
  fields.variables = CommaList(bar, TokenKind::kPipe, [&] {
    const TokenId name = DeclaredName("|");
    return panic() ? Invalid() : Add(name, node::Name{});
  });
  if (panic()) return Invalid();
  const TokenId brace = Expect(TokenKind::kLBrace, "the variables of a tensor access");
  if (panic()) return Invalid();
  fields.extents = CommaList(brace, TokenKind::kRBrace, [&] { return Expression(); });
  if (panic()) return Invalid();
  Expect(TokenKind::kArrow, "the extents of a tensor access");
  if (panic()) return Invalid();
  fields.tensor = TensorPath();
  if (panic()) return Invalid();
  const TokenId bracket = Expect(TokenKind::kLBracket, "the tensor of a tensor access");
  if (panic()) return Invalid();
  fields.indices = CommaList(bracket, TokenKind::kRBracket, [&] { return Expression(); });
  return Add(bar, fields);
}

// A name, with members and dereferences but no index.
NodeId Parser::TensorPath() {
  if (!At(TokenKind::kIdentifier)) return FailExpected("the name of a tensor");
  NodeId path = Add(Take(), node::Name{});
  for (;;) {
    if (At(TokenKind::kDotStar)) {
      path = Add(Take(), node::Deref{path});
    } else if (TakeIf(TokenKind::kDot)) {
      if (!lex::IsWord(kind())) return FailExpected("a field's name after '.'");
      path = Add(Take(), node::Member{path});
    } else {
      return path;
    }
  }
}

// `asm volatile (text : outputs : inputs : clobbers)`, each part behind a colon optional.
NodeId Parser::Asm() {
  const TokenId keyword = Take();
  node::Asm fields;
  if (TakeIf(TokenKind::kVolatile)) fields.flags |= kVolatile;
  const TokenId open = Expect(TokenKind::kLParen, "'asm'");
  if (panic()) return Invalid();
  fields.text = Expression();
  if (!panic() && TakeIf(TokenKind::kColon)) fields.outputs = AsmOperands();
  if (!panic() && TakeIf(TokenKind::kColon)) fields.inputs = AsmOperands();
  if (!panic() && TakeIf(TokenKind::kColon)) fields.clobbers = AsmOperands();
  if (!panic()) ExpectClose(TokenKind::kRParen, open, false);
  return Add(keyword, fields);
}

NodeList Parser::AsmOperands() {
  const size_t first = scratch_.size();
  while (!panic() && (At(TokenKind::kLBracket) || At(TokenKind::kString))) {
    scratch_.push_back(AsmOperand());
    if (panic() || !TakeIf(TokenKind::kComma)) break;
  }
  return ListFrom(first);
}

// `[name] "constraint" (value)`; a clobber is a string alone.
NodeId Parser::AsmOperand() {
  TokenId token = at_;
  if (TakeIf(TokenKind::kLBracket)) {
    token = DeclaredName("[");
    if (panic() || !At(TokenKind::kRBracket)) {
      return Fail(Kind::kOutputOperandForm, tokens_.span(at_), {});
    }
    Take();
  }
  if (!At(TokenKind::kString)) return Fail(Kind::kOutputOperandForm, tokens_.span(at_), {});
  node::AsmOperand fields;
  fields.constraint = Add(Take(), node::StringLiteral{});
  if (At(TokenKind::kLParen)) {
    const TokenId open = Take();
    TakeIf(TokenKind::kArrow);
    fields.value = Expression();
    ExpectClose(TokenKind::kRParen, open, false);
  }
  return Add(token, fields);
}

}  // namespace csl::parse
