// SPDX-License-Identifier: Apache-2.0
// Operators by precedence, postfix chains, primaries.
#include "compiler/parse/parser.h"

namespace csl::parse {
namespace {

constexpr int kComparison = 3;

// How tightly a binary operator binds; 0 for what is none.
int Precedence(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr:
      return 1;
    case TokenKind::kAnd:
      return 2;
    case TokenKind::kEqualEqual:
    case TokenKind::kBangEqual:
    case TokenKind::kLess:
    case TokenKind::kGreater:
    case TokenKind::kLessEqual:
    case TokenKind::kGreaterEqual:
      return kComparison;
    case TokenKind::kPipe:
      return 4;
    case TokenKind::kCaret:
      return 5;
    case TokenKind::kAmp:
      return 6;
    case TokenKind::kShl:
    case TokenKind::kShr:
      return 7;
    case TokenKind::kPlus:
    case TokenKind::kMinus:
      return 8;
    case TokenKind::kStar:
    case TokenKind::kSlash:
    case TokenKind::kPercent:
      return 9;
    default:
      return 0;
  }
}

}  // namespace

NodeId Parser::Expression() { return BinaryExpression(1); }

NodeId Parser::BinaryExpression(int min_precedence) {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  NodeId left = UnaryExpression();
  bool compared = false;
  while (!panic()) {
    TokenKind op = kind();
    TokenId token = at_;
    if (!TakeForeignOperator(&op, &token)) {
      const int precedence = Precedence(op);
      if (precedence == 0 || precedence < min_precedence) return left;
      Take();
    }
    const int precedence = Precedence(op);
    if (precedence == kComparison) {
      if (compared) Error(Kind::kChainedComparison, tokens_.span(token), {tokens_.text(token)});
      compared = true;
    }
    const NodeId right = BinaryExpression(precedence + 1);
    left = Add(token, node::Binary{left, right});
  }
  return left;
}

// Operators of other languages: reports them, takes them and says what was meant.
bool Parser::TakeForeignOperator(TokenKind* op, TokenId* token) {
  if (!At(TokenKind::kAmp) && !At(TokenKind::kPipe) && !At(TokenKind::kPlus)) return false;
  const TokenId next(at_.index + 1);
  if (PeekKind(1) != kind() || tokens_.start(next) != tokens_.end(at_)) return false;
  const std::string text = std::string(tokens_.text(at_)) + std::string(tokens_.text(next));
  const source::Span span(tokens_.span(at_).begin, 2);
  switch (*op) {
    case TokenKind::kAmp:
      Error(Kind::kNotOperator, span, {text, "and"});
      *op = TokenKind::kAnd;
      break;
    case TokenKind::kPipe:
      Error(Kind::kNotOperator, span, {text, "or"});
      *op = TokenKind::kOr;
      break;
    default:
      Fail(Kind::kNotOperator, span, {text, "+= 1"});
      break;
  }
  Take();
  *token = Take();
  return true;
}

NodeId Parser::UnaryExpression() {
  switch (kind()) {
    case TokenKind::kMinus:
    case TokenKind::kTilde:
    case TokenKind::kBang:
    case TokenKind::kAmp: {
      Nested nested(this);
      if (TooDeep()) return Invalid();
      const TokenId op = Take();
      const NodeId operand = UnaryExpression();
      return Add(op, node::Unary{operand});
    }
    case TokenKind::kComptime: {
      const TokenId keyword = Take();
      const NodeId operand = Expression();
      return Add(keyword, node::Comptime{operand});
    }
    case TokenKind::kIf:
      return If().node;
    case TokenKind::kSwitch:
      return Switch();
    case TokenKind::kStar:
    case TokenKind::kFn:
    case TokenKind::kTask:
      return Type();
    default:
      return PostfixExpression(true);
  }
}

NodeId Parser::PostfixExpression(bool allow_literal) {
  return PostfixTail(PrimaryExpression(allow_literal), allow_literal);
}

NodeId Parser::PostfixTail(NodeId node, bool allow_literal) {
  while (!panic()) {
    switch (kind()) {
      case TokenKind::kDot: {
        Take();
        if (!lex::IsWord(kind())) return FailExpected("a field's name after '.'");
        const TokenId name = Take();
        node = Add(name, node::Member{node});
        break;
      }
      case TokenKind::kDotStar: {
        const TokenId token = Take();
        node = Add(token, node::Deref{node});
        break;
      }
      case TokenKind::kLBracket: {
        const TokenId open = Take();
        const NodeList indices =
            CommaList(open, TokenKind::kRBracket, [&] { return Expression(); });
        node = Add(open, node::Index{node, indices});
        break;
      }
      case TokenKind::kLParen: {
        const TokenId open = Take();
        const NodeList arguments =
            CommaList(open, TokenKind::kRParen, [&] { return Expression(); });
        node = Add(open, node::Call{node, arguments});
        break;
      }
      case TokenKind::kLBrace:
        if (!allow_literal || !AtTypedLiteral()) return node;
        node = ast_.kind(node) == NodeKind::kArrayType ? ArrayLiteralBody(node)
                                                       : StructLiteralBody(node);
        break;
      default:
        return node;
    }
  }
  return node;
}

// Whether the brace at hand opens the fields of `T{ .x = v }` or `T{}`, not a block.
bool Parser::AtTypedLiteral() const {
  return PeekKind(1) == TokenKind::kRBrace ||
         (PeekKind(1) == TokenKind::kDot && PeekKind(3) == TokenKind::kEqual);
}

NodeId Parser::PrimaryExpression(bool allow_literal) {
  switch (kind()) {
    case TokenKind::kIdentifier:
      if (PeekKind(1) == TokenKind::kColon && PeekKind(2) == TokenKind::kLBrace && allow_literal) {
        const TokenId label = Take();
        Take();
        return Block(label);
      }
      return Add(Take(), node::Name{});
    case TokenKind::kInteger:
      return Add(Take(), node::IntegerLiteral{});
    case TokenKind::kFloat:
      return Add(Take(), node::FloatLiteral{});
    case TokenKind::kCharacter:
      return Add(Take(), node::CharacterLiteral{});
    case TokenKind::kString:
      return Add(Take(), node::StringLiteral{});
    case TokenKind::kTrue:
    case TokenKind::kFalse:
      return Add(Take(), node::BoolLiteral{});
    case TokenKind::kBuiltin: {
      const TokenId name = Take();
      const TokenId open = Expect(TokenKind::kLParen, Quoted(name));
      if (panic()) return Invalid();
      const NodeList arguments = CommaList(open, TokenKind::kRParen, [&] { return Expression(); });
      return Add(name, node::BuiltinCall{arguments});
    }
    case TokenKind::kLParen:
      return Parenthesized();
    case TokenKind::kLBrace:
      return Block(TokenId());
    case TokenKind::kDot:
      return AnonymousLiteral();
    case TokenKind::kPipe:
      return TensorAccess();
    case TokenKind::kAsm:
      return Asm();
    case TokenKind::kLBracket: {
      const NodeId type = BracketType();
      if (panic() || !allow_literal || !At(TokenKind::kLBrace)) return type;
      return ast_.kind(type) == NodeKind::kArrayType ? ArrayLiteralBody(type) : type;
    }
    case TokenKind::kExtern:
    case TokenKind::kPacked:
    case TokenKind::kStruct:
    case TokenKind::kUnion:
      return StructType();
    case TokenKind::kEnum:
      return EnumType();
    default:
      return FailExpected("an expression");
  }
}

NodeId Parser::Parenthesized() {
  Nested nested(this);
  if (TooDeep()) return Invalid();
  const TokenId open = Take();
  const NodeId inner = Expression();
  if (!panic()) ExpectClose(TokenKind::kRParen, open, false);
  return inner;
}

}  // namespace csl::parse
