// SPDX-License-Identifier: Apache-2.0
#include "compiler/lex/lexer.h"

#include <cstring>

#include "compiler/lex/keywords.h"
#include "compiler/lex/lex.h"

namespace csl::lex {
namespace {

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes = {};
  for (int c = 'a'; c <= 'z'; ++c) classes[c] |= kWordStart;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] |= kWordStart;
  classes['_'] |= kWordStart;
  for (int c = '0'; c <= '9'; ++c) classes[c] |= kDigit | kHexDigit;
  for (int c = 'a'; c <= 'f'; ++c) classes[c] |= kHexDigit;
  for (int c = 'A'; c <= 'F'; ++c) classes[c] |= kHexDigit;
  for (char c : {' ', '\t', '\n', '\r', '\v', '\f'}) classes[c] |= kSpace;
  return classes;
}

struct SymbolRow {
  char text[4];
  uint8_t length;
  TokenKind kind;
};

constexpr SymbolRow kSymbols[] = {
#define TOKEN(name, description)
#define SYMBOL(name, text) {text, sizeof(text) - 1, TokenKind::k##name},
#include "compiler/lex/tokens.def"
};

// For each first byte, the symbols that start with it, longest first.
struct SymbolIndex {
  static constexpr int kMost = 5;
  SymbolRow rows[128][kMost] = {};
  constexpr SymbolIndex() {
    for (uint8_t length = 3; length >= 1; --length) {
      for (const SymbolRow& row : kSymbols) {
        if (row.length != length) continue;
        SymbolRow* slot = rows[static_cast<uint8_t>(row.text[0])];
        while (slot->length != 0) ++slot;
        *slot = row;
      }
    }
  }
};
constexpr SymbolIndex kSymbolIndex;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

constinit const std::array<uint8_t, 256> kClasses = MakeClasses();

Lexer::Lexer(const source::File& file, diagnostics::Engine* diagnostics)
    : file_(file),
      diagnostics_(diagnostics),
      tokens_(&file),
      begin_(file.text.data()),
      end_(begin_ + file.text.size()),
      at_(begin_) {
  tokens_.Reserve(file.text.size() / 4 + 16);
}

TokenBuffer Lexer::Run() && {
  if (std::string_view(file_.text).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    at_ += kByteOrderMark.size();
  }
  for (;;) {
    while (Is(*at_, kSpace)) ++at_;
    if (at_ == end_) break;
    Next();
  }
  Add(TokenKind::kEndOfFile, at_);
  return std::move(tokens_);
}

void Lexer::Next() {
  const char c = *at_;
  if (Is(c, kWordStart)) return Word();
  if (Is(c, kDigit)) return Number();
  switch (c) {
    case '/':
      // Doc comments are comments: where they may stand is not checked.
      if (at_[1] == '/') return SkipLine();
      return Symbol();
    case '@':
      return Builtin();
    case '"':
      return String();
    case '\'':
      return Character();
    default:
      return Symbol();
  }
}

void Lexer::SkipLine() {
  const void* newline = std::memchr(at_, '\n', static_cast<size_t>(end_ - at_));
  at_ = newline == nullptr ? end_ : static_cast<const char*>(newline);
}

void Lexer::Word() {
  const char* const start = at_;
  while (Is(*at_, kWordStart | kDigit)) ++at_;
  Add(kKeywords.Find(TextFrom(start)), start);
}

void Lexer::Builtin() {
  const char* const start = at_++;
  while (Is(*at_, kWordStart | kDigit)) ++at_;
  if (at_ == start + 1) {
    diagnostics_->Report(Kind::kBuiltinNameMissing, SpanFrom(start));
    return Add(TokenKind::kInvalid, start);
  }
  Add(TokenKind::kBuiltin, start);
}

void Lexer::Symbol() {
  const char* const start = at_;
  const auto first = static_cast<uint8_t>(*at_);
  if (first == '/' && at_[1] == '*') {
    diagnostics_->Report(Kind::kBlockComment, {file_.At(Offset(start)), 2});
    const char* close = std::strstr(at_, "*/");
    at_ = close == nullptr ? end_ : close + 2;
    return;
  }
  if (first < 128) {
    const SymbolRow* row = kSymbolIndex.rows[first];
    for (int i = 0; i < SymbolIndex::kMost && row[i].length != 0; ++i) {
      if (std::strncmp(at_, row[i].text, row[i].length) != 0) continue;  // stops at the NUL
      at_ += row[i].length;
      return Add(row[i].kind, start);
    }
  }
  UnexpectedBytes();
}

TokenBuffer Lex(const source::File& file, diagnostics::Engine* diagnostics) {
  return Lexer(file, diagnostics).Run();
}

}  // namespace csl::lex
