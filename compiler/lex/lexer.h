// SPDX-License-Identifier: Apache-2.0
// The state of lexing one file. Internal to this folder; see lex.h.
#ifndef COMPILER_LEX_LEXER_H_
#define COMPILER_LEX_LEXER_H_

#include <array>
#include <string_view>

#include "compiler/diagnostics/engine.h"
#include "compiler/lex/token_buffer.h"

namespace csl::lex {

// What a byte can be part of.
enum CharacterClass : uint8_t {
  kWordStart = 1,  // letters and _
  kDigit = 2,
  kHexDigit = 4,
  kSpace = 8,
};

extern const std::array<uint8_t, 256> kClasses;

inline bool Is(char c, uint8_t classes) { return kClasses[static_cast<uint8_t>(c)] & classes; }

// Walks the text with a pointer; the NUL behind the text stops every scan.
class Lexer {
 public:
  Lexer(const source::File& file, diagnostics::Engine* diagnostics);
  TokenBuffer Run() &&;

 private:
  using Kind = diagnostics::Kind;

  void Next();
  void SkipLine();
  void Word();
  void Builtin();
  void Symbol();
  void Number();                        // numbers.cc
  void CheckNumber(const char* start);  // numbers.cc
  void String();                        // texts.cc
  void Character();                     // texts.cc
  void Escape();                        // texts.cc
  void UnexpectedBytes();               // texts.cc

  // The token from `start` to the current place.
  void Add(TokenKind kind, const char* start) {
    tokens_.Add(kind, Offset(start), static_cast<uint32_t>(at_ - start));
  }
  uint32_t Offset(const char* at) const { return static_cast<uint32_t>(at - begin_); }
  source::Span SpanFrom(const char* start) const {
    return {file_.At(Offset(start)), static_cast<uint32_t>(at_ - start)};
  }
  std::string_view TextFrom(const char* start) const {
    return {start, static_cast<size_t>(at_ - start)};
  }

  const source::File& file_;
  diagnostics::Engine* const diagnostics_;
  TokenBuffer tokens_;
  const char* const begin_;
  const char* const end_;
  const char* at_;
};

}  // namespace csl::lex

#endif  // COMPILER_LEX_LEXER_H_
