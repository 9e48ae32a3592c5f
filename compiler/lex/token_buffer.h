// SPDX-License-Identifier: Apache-2.0
// The tokens of one file in source order: eight bytes each, ending in one EndOfFile token.
//
// Comments and white space are gone. Immutable once lexed; borrows the file's text, which lives as
// long as its Sources.
#ifndef COMPILER_LEX_TOKEN_BUFFER_H_
#define COMPILER_LEX_TOKEN_BUFFER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "compiler/source/sources.h"

namespace csl::lex {

enum class TokenKind : uint8_t {
#define TOKEN(name, description) k##name,
#include "compiler/lex/tokens.def"
};

std::string_view TokenName(TokenKind kind);         // "LParen"
std::string_view TokenDescription(TokenKind kind);  // "'('", "a name"
// The words that can be a field name after a dot: names and keywords.
bool IsWord(TokenKind kind);

using TokenId = StrongId<struct TokenTag>;

class TokenBuffer {
 public:
  explicit TokenBuffer(const source::File* file) : file_(file) {}

  void Add(TokenKind kind, uint32_t start, uint32_t length) {
    tokens_.push_back({start, static_cast<uint32_t>(kind) << 24 | length});
  }
  void Reserve(size_t count) { tokens_.reserve(count); }

  TokenKind kind(TokenId id) const {
    return static_cast<TokenKind>(tokens_[id.index].kind_and_length >> 24);
  }
  uint32_t start(TokenId id) const { return tokens_[id.index].start; }
  uint32_t length(TokenId id) const { return tokens_[id.index].kind_and_length & 0xffffff; }
  uint32_t end(TokenId id) const { return start(id) + length(id); }
  std::string_view text(TokenId id) const {
    return std::string_view(file_->text).substr(start(id), length(id));
  }
  source::Span span(TokenId id) const { return {file_->At(start(id)), length(id)}; }
  uint32_t size() const { return static_cast<uint32_t>(tokens_.size()); }
  const source::File& file() const { return *file_; }

 private:
  struct Token {
    uint32_t start;
    uint32_t kind_and_length;  // kind in the upper 8 bits
  };
  const source::File* file_;
  std::vector<Token> tokens_;
};

// `--dump=tokens`: a line a token, "12:5 Identifier main".
std::string ToString(const TokenBuffer& tokens);

}  // namespace csl::lex

#endif  // COMPILER_LEX_TOKEN_BUFFER_H_
