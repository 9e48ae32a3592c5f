// SPDX-License-Identifier: Apache-2.0
// The state of parsing one file: recursive descent, one handler a construct. Internal to this
// folder; see parse.h.
//
// After an error the parser is in panic: handlers return at once, nothing more is reported, and the
// next enclosing statement or declaration skips to where it can continue. Nesting is limited, so
// that no input exhausts the stack.
#ifndef COMPILER_PARSE_PARSER_H_
#define COMPILER_PARSE_PARSER_H_

#include <string>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/parse/ast.h"

namespace csl::parse {

class Parser {
 public:
  Parser(const lex::TokenBuffer& tokens, diagnostics::Engine* diagnostics);
  Ast Run() &&;

 private:
  using Kind = diagnostics::Kind;

  // A statement, and whether it ends in a block, so that no `;` follows.
  struct Statement {
    NodeId node;
    bool closed = false;
  };
  // What has been said about a declaration before its keyword.
  struct Modifiers {
    uint32_t flags = 0;
    TokenId first;
  };

  // declarations.cc
  NodeId Declaration();
  NodeId ParamDeclaration();
  NodeId OldColorDeclaration();
  NodeId BlockDeclaration();
  NodeId ModifiedDeclaration();
  NodeId VariableDeclaration(Modifiers modifiers);
  void CheckVariable(TokenId name, const node::Variable& fields);
  NodeId FunctionDeclaration(Modifiers modifiers);
  void CheckFunctionModifiers(const Modifiers& modifiers, bool is_task);
  NodeId FunctionParameter(bool is_extern);
  void Attributes(bool allow_section, std::string_view of_what);
  TokenId DeclaredName(std::string_view what);

  // statements.cc
  NodeId CompleteStatement();
  Statement OpenStatement();
  Statement ExpressionStatement();
  Statement Labelled();
  Statement ComptimeStatement();
  Statement If();
  Statement For(TokenId label);
  Statement While(TokenId label);
  NodeId WhileUpdate();
  Statement Body();
  NodeId Block(TokenId label);
  NodeId Switch();
  NodeId Prong(bool* has_else);
  NodeId Return();
  NodeId Break();
  NodeId Continue();
  TokenId OptionalLabelReference();

  // expressions.cc
  NodeId Expression();
  NodeId BinaryExpression(int min_precedence);
  bool TakeForeignOperator(TokenKind* kind, TokenId* token);
  NodeId UnaryExpression();
  NodeId PostfixExpression(bool allow_literal);
  NodeId PostfixTail(NodeId node, bool allow_literal);
  NodeId PrimaryExpression(bool allow_literal);
  NodeId Parenthesized();
  bool AtTypedLiteral() const;

  // literals.cc
  NodeId StructLiteralBody(NodeId type);
  NodeId AnonymousLiteral();
  NodeId FieldValue();
  NodeId ArrayLiteralBody(NodeId type);
  NodeId TensorAccess();
  NodeId TensorPath();
  NodeId Asm();
  NodeList AsmOperands();
  NodeId AsmOperand();

  // types.cc
  NodeId Type();
  NodeId BracketType();
  NodeId PointerType();
  NodeId FunctionType();
  NodeId FunctionTypeParameter();
  NodeId StructType();
  NodeId FieldType();
  NodeId EnumType();
  NodeId EnumMember();

  // parser.cc
  TokenKind kind() const { return kind_; }
  TokenKind PeekKind(uint32_t ahead) const;
  bool At(TokenKind kind) const { return kind_ == kind; }
  TokenId Take();
  bool TakeIf(TokenKind kind);
  // Takes a token of this kind or fails; `after` may be empty.
  TokenId Expect(TokenKind kind, std::string_view after = {});
  void ExpectSemicolon(std::string_view after);
  // Takes the closing bracket of `open` or fails with a note that shows it.
  TokenId ExpectClose(TokenKind close, TokenId open, bool comma_possible);
  bool StartsLine(TokenId token) const;
  std::string Found() const;
  std::string Quoted(TokenId token) const;

  // Reports and panics; silent in panic.
  NodeId Fail(Kind kind, source::Span span, std::initializer_list<diagnostics::Argument> arguments);
  NodeId FailExpected(std::string_view what);
  // Reports and continues; silent in panic.
  void Error(Kind kind, source::Span span, std::initializer_list<diagnostics::Argument> arguments);
  NodeId Invalid();
  bool panic() const { return panic_; }

  // Where a statement or declaration begins, for going on behind it when it fails.
  struct Start {
    TokenId token;
    uint32_t braces;
  };
  Start StartHere() const { return {at_, braces_}; }
  void Recover(Start start, bool statements_too);

  // Items separated by commas up to the closing token, which is taken.
  template <typename ParseItem>
  NodeList CommaList(TokenId open, TokenKind close, ParseItem parse_item) {
    const size_t first = scratch_.size();
    while (!At(close) && !panic_) {
      scratch_.push_back(parse_item());
      if (panic_ || !TakeIf(TokenKind::kComma)) break;
    }
    if (!panic_) ExpectClose(close, open, true);
    return ListFrom(first);
  }
  // Makes a list of what was pushed on scratch_ since it had `first` entries.
  NodeList ListFrom(size_t first);

  template <typename T>
  NodeId Add(TokenId token, const T& fields) {
    return ast_.Add(token, fields);
  }

  // Counts nesting while it lives.
  class Nested {
   public:
    explicit Nested(Parser* parser) : parser_(parser) { ++parser_->depth_; }
    ~Nested() { --parser_->depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser* const parser_;
  };
  // True (reported, and the rest of the file given up) when nested too deeply.
  bool TooDeep();

  const lex::TokenBuffer& tokens_;
  diagnostics::Engine* const diagnostics_;
  Ast ast_;
  std::vector<NodeId> scratch_;
  TokenId at_{0};
  TokenKind kind_;
  uint32_t depth_ = 0;
  uint32_t braces_ = 0;  // `{` taken and not yet closed
  TokenId unclosed_at_;  // where a missing `}` was last reported
  bool panic_ = false;
  bool gave_up_ = false;
};

}  // namespace csl::parse

#endif  // COMPILER_PARSE_PARSER_H_
