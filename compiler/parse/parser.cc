// SPDX-License-Identifier: Apache-2.0
// Tokens, errors and recovery; the grammar is in the other files.
#include "compiler/parse/parser.h"

#include <cstring>

#include "compiler/parse/parse.h"

namespace csl::parse {
namespace {

constexpr size_t kMaxQuoted = 40;  // bytes of a token shown in a message

bool StartsDeclaration(TokenKind kind) {
  switch (kind) {
    case TokenKind::kParam:
    case TokenKind::kConst:
    case TokenKind::kVar:
    case TokenKind::kExport:
    case TokenKind::kExtern:
    case TokenKind::kInline:
    case TokenKind::kNoinline:
    case TokenKind::kFn:
    case TokenKind::kTask:
    case TokenKind::kComptime:
    case TokenKind::kLayout:
      return true;
    default:
      return false;
  }
}

bool StartsStatement(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIf:
    case TokenKind::kFor:
    case TokenKind::kWhile:
    case TokenKind::kSwitch:
    case TokenKind::kReturn:
    case TokenKind::kBreak:
    case TokenKind::kContinue:
    case TokenKind::kBuiltin:
      return true;
    default:
      return kind == TokenKind::kIdentifier || StartsDeclaration(kind);
  }
}

}  // namespace

Parser::Parser(const lex::TokenBuffer& tokens, diagnostics::Engine* diagnostics)
    : tokens_(tokens), diagnostics_(diagnostics), ast_(&tokens), kind_(tokens.kind(at_)) {
  ast_.Reserve(tokens.size());
}

Ast Parser::Run() && {
  const size_t first = scratch_.size();
  while (!At(TokenKind::kEndOfFile)) {
    if (TakeIf(TokenKind::kSemicolon)) continue;
    const Start start = StartHere();
    scratch_.push_back(Declaration());
    if (panic_) Recover(start, false);
    if (at_ == start.token) Take();
    braces_ = 0;
  }
  const NodeList declarations = ListFrom(first);
  Add(at_, node::File{declarations});
  return std::move(ast_);
}

TokenKind Parser::PeekKind(uint32_t ahead) const {
  const uint32_t index = at_.index + ahead;
  return index < tokens_.size() ? tokens_.kind(TokenId(index)) : TokenKind::kEndOfFile;
}

TokenId Parser::Take() {
  const TokenId taken = at_;
  if (kind_ != TokenKind::kEndOfFile) {
    if (kind_ == TokenKind::kLBrace) ++braces_;
    if (kind_ == TokenKind::kRBrace && braces_ > 0) --braces_;
    ++at_.index;
    kind_ = tokens_.kind(at_);
  }
  return taken;
}

bool Parser::TakeIf(TokenKind kind) {
  if (!At(kind)) return false;
  Take();
  return true;
}

TokenId Parser::Expect(TokenKind kind, std::string_view after) {
  if (At(kind)) return Take();
  const std::string_view what = TokenDescription(kind);
  if (after.empty()) {
    FailExpected(what);
  } else if (At(TokenKind::kInvalid)) {
    panic_ = true;  // the lexer has reported it
  } else {
    Fail(Kind::kExpectedAfter, tokens_.span(at_), {what, after, Found()});
  }
  return at_;
}

// A `;` missing at the end of a line is taken as written, so that what follows is read as it was
// meant.
void Parser::ExpectSemicolon(std::string_view after) {
  if (panic_ || TakeIf(TokenKind::kSemicolon)) return;
  const bool ends_line = StartsLine(at_) || At(TokenKind::kRBrace) || At(TokenKind::kEndOfFile);
  if (!ends_line || At(TokenKind::kInvalid) || at_.index == 0) {
    Expect(TokenKind::kSemicolon, after);
    return;
  }
  const TokenId before(at_.index - 1);
  const source::Span behind(tokens_.file().At(tokens_.end(before)));
  Error(Kind::kExpectedAfter, behind, {"';'", after, Found()});
}

TokenId Parser::ExpectClose(TokenKind close, TokenId open, bool comma_possible) {
  if (At(close)) return Take();
  if (panic_ || gave_up_) return at_;
  panic_ = true;
  if (At(TokenKind::kInvalid)) return at_;
  std::string expected(TokenDescription(close));
  if (comma_possible) expected = "',' or " + expected;
  auto report = diagnostics_->Report(Kind::kExpected, tokens_.span(at_), {expected, Found()});
  report.Note(Kind::kNoteToClose, tokens_.span(open), {tokens_.text(open)});
  return at_;
}

bool Parser::StartsLine(TokenId token) const {
  if (token.index == 0) return true;
  const uint32_t from = tokens_.end(TokenId(token.index - 1));
  const char* text = tokens_.file().text.data();
  return std::memchr(text + from, '\n', tokens_.start(token) - from) != nullptr;
}

std::string Parser::Quoted(TokenId token) const {
  std::string_view text = tokens_.text(token);
  if (text.size() <= kMaxQuoted) return "'" + std::string(text) + "'";
  return "'" + std::string(text.substr(0, kMaxQuoted)) + "...'";
}

std::string Parser::Found() const {
  if (At(TokenKind::kEndOfFile)) return std::string(TokenDescription(kind_));
  if (At(TokenKind::kString))
    return "string " + std::string(tokens_.text(at_).substr(0, kMaxQuoted));
  return Quoted(at_);
}

NodeId Parser::Fail(Kind kind, source::Span span,
                    std::initializer_list<diagnostics::Argument> arguments) {
  Error(kind, span, arguments);
  panic_ = true;
  return Invalid();
}

NodeId Parser::FailExpected(std::string_view what) {
  if (At(TokenKind::kInvalid)) {
    panic_ = true;  // the lexer has reported it
    return Invalid();
  }
  return Fail(Kind::kExpected, tokens_.span(at_), {what, Found()});
}

void Parser::Error(Kind kind, source::Span span,
                   std::initializer_list<diagnostics::Argument> arguments) {
  if (!panic_ && !gave_up_) diagnostics_->Report(kind, span, arguments);
}

NodeId Parser::Invalid() { return Add(at_, node::Invalid{}); }

// Leaves the parser behind a `;` or a block that ends a line, before a word at the start of a line
// that begins a statement, or before the `}` of the enclosing block.
void Parser::Recover(Start start, bool statements_too) {
  panic_ = false;
  uint32_t brackets = 0;
  for (; !At(TokenKind::kEndOfFile); Take()) {
    const bool inside = braces_ > start.braces || brackets > 0;
    if (at_ != start.token && StartsLine(at_)) {
      const bool at_margin = tokens_.file().LineColumnAt(tokens_.start(at_)).column == 1;
      if (StartsDeclaration(kind_) && (!inside || at_margin)) break;
      if (statements_too && !inside && StartsStatement(kind_)) break;
    }
    if (At(TokenKind::kLParen) || At(TokenKind::kLBracket)) ++brackets;
    if (brackets > 0 && (At(TokenKind::kRParen) || At(TokenKind::kRBracket))) --brackets;
    if (At(TokenKind::kSemicolon) && !inside) {
      Take();
      break;
    }
    if (!At(TokenKind::kRBrace)) continue;
    if (braces_ == start.braces && statements_too) break;
    if (braces_ <= start.braces + 1 && StartsLine(TokenId(at_.index + 1))) {
      Take();
      break;
    }
  }
  braces_ = start.braces;
}

NodeList Parser::ListFrom(size_t first) {
  const NodeList list = ast_.AddList(std::span(scratch_).subspan(first));
  scratch_.resize(first);
  return list;
}

bool Parser::TooDeep() {
  if (depth_ <= kMaxNesting) return false;
  Error(Kind::kNestedTooDeeply, tokens_.span(at_), {kMaxNesting});
  gave_up_ = true;
  panic_ = true;
  at_ = TokenId(tokens_.size() - 1);
  kind_ = tokens_.kind(at_);
  return true;
}

Ast Parse(const lex::TokenBuffer& tokens, diagnostics::Engine* diagnostics) {
  return Parser(tokens, diagnostics).Run();
}

}  // namespace csl::parse
