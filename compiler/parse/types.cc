// SPDX-License-Identifier: Apache-2.0
// Type forms. Where a type is wanted, a `{` behind it never starts a literal.
#include "compiler/parse/parser.h"

namespace csl::parse {

NodeId Parser::Type() {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  switch (kind()) {
    case TokenKind::kStar:
      return PointerType();
    case TokenKind::kLBracket:
      return BracketType();
    case TokenKind::kFn:
    case TokenKind::kTask:
      return FunctionType();
    case TokenKind::kIf:
      return If().node;
    case TokenKind::kSwitch:
      return Switch();
    case TokenKind::kComptime: {
      const TokenId keyword = Take();
      const NodeId operand = Type();
      return Add(keyword, node::Comptime{operand});
    }
    case TokenKind::kInteger:
    case TokenKind::kFloat:
    case TokenKind::kString:
    case TokenKind::kCharacter:
    case TokenKind::kLBrace:
    case TokenKind::kDot:
    case TokenKind::kPipe:
      return FailExpected("a type");
    case TokenKind::kEndOfFile:
    case TokenKind::kEqual:
    case TokenKind::kSemicolon:
    case TokenKind::kComma:
    case TokenKind::kRParen:
      return FailExpected("a type");
    default:
      return PostfixExpression(false);
  }
}

NodeId Parser::PointerType() {
  const TokenId star = Take();
  node::PointerType fields;
  if (TakeIf(TokenKind::kConst)) fields.flags |= kConst;
  fields.pointee = Type();
  return Add(star, fields);
}

// `[*]T` or `[n, m]T`.
NodeId Parser::BracketType() {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  const TokenId open = Take();
  if (At(TokenKind::kStar) && PeekKind(1) == TokenKind::kRBracket) {
    const TokenId star = Take();
    Take();
    node::PointerType fields;
    fields.flags = kMany;
    if (TakeIf(TokenKind::kConst)) fields.flags |= kConst;
    fields.pointee = Type();
    return Add(star, fields);
  }
  node::ArrayType fields;
  if (At(TokenKind::kRBracket)) return FailExpected("the size of the array");
  fields.dimensions = CommaList(open, TokenKind::kRBracket, [&] { return Expression(); });
  if (panic()) return Invalid();
  fields.element = Type();
  return Add(open, fields);
}

NodeId Parser::FunctionType() {
  node::FunctionType fields;
  if (At(TokenKind::kTask)) fields.flags |= kTask;
  const TokenId keyword = Take();
  const TokenId open = Expect(TokenKind::kLParen, tokens_.text(keyword));
  if (panic()) return Invalid();
  fields.parameters = CommaList(open, TokenKind::kRParen, [&] { return FunctionTypeParameter(); });
  if (panic()) return Invalid();
  fields.result = Type();
  return Add(keyword, fields);
}

NodeId Parser::FunctionTypeParameter() {
  TakeIf(TokenKind::kComptime);
  if (At(TokenKind::kIdentifier) && PeekKind(1) == TokenKind::kColon) {
    Take();
    Take();
  }
  return Type();
}

NodeId Parser::StructType() {
  node::StructType fields;
  if (TakeIf(TokenKind::kExtern)) {
    fields.flags |= kExtern;
  } else if (TakeIf(TokenKind::kPacked)) {
    fields.flags |= kPacked;
  }
  if (At(TokenKind::kUnion)) {
    fields.flags |= kUnion;
  } else if (!At(TokenKind::kStruct)) {
    return FailExpected("'struct' or 'union'");
  }
  const TokenId keyword = Take();
  const TokenId open = Expect(TokenKind::kLBrace, Quoted(keyword));
  if (panic()) return Invalid();
  fields.fields = CommaList(open, TokenKind::kRBrace, [&] { return FieldType(); });
  return Add(keyword, fields);
}

NodeId Parser::FieldType() {
  if (!lex::IsWord(kind())) return FailExpected("a field's name");
  const TokenId name = Take();
  Expect(TokenKind::kColon, "the field's name");
  if (panic()) return Invalid();
  const NodeId type = Type();
  return Add(name, node::FieldType{type});
}

NodeId Parser::EnumType() {
  const TokenId keyword = Take();
  node::EnumType fields;
  if (At(TokenKind::kLParen)) {
    const TokenId open = Take();
    fields.underlying = Type();
    ExpectClose(TokenKind::kRParen, open, false);
    if (panic()) return Invalid();
  }
  const TokenId open = Expect(TokenKind::kLBrace, "'enum'");
  if (panic()) return Invalid();
  fields.members = CommaList(open, TokenKind::kRBrace, [&] { return EnumMember(); });
  return Add(keyword, fields);
}

NodeId Parser::EnumMember() {
  if (!lex::IsWord(kind())) return FailExpected("a member's name");
  const TokenId name = Take();
  node::EnumMember fields;
  if (TakeIf(TokenKind::kEqual)) fields.value = Expression();
  return Add(name, fields);
}

}  // namespace csl::parse
