// SPDX-License-Identifier: Apache-2.0
// Which words are keywords: a hash table of the KEYWORD rows, built at compile time.
#ifndef COMPILER_LEX_KEYWORDS_H_
#define COMPILER_LEX_KEYWORDS_H_

#include <array>
#include <string_view>

#include "compiler/lex/token_buffer.h"

namespace csl::lex {

class KeywordTable {
 public:
  constexpr KeywordTable() {
#define TOKEN(name, description)
#define KEYWORD(name, text) Insert(text, TokenKind::k##name);
#include "compiler/lex/tokens.def"
  }
  // kIdentifier for a word that is not a keyword.
  constexpr TokenKind Find(std::string_view word) const {
    if (word.size() < kShortest || word.size() > kLongest) return TokenKind::kIdentifier;
    for (size_t slot = Hash(word);; slot = (slot + 1) % kSize) {
      if (slots_[slot].word.empty()) return TokenKind::kIdentifier;
      if (slots_[slot].word == word) return slots_[slot].kind;
    }
  }

 private:
  static constexpr size_t kSize = 256;
  static constexpr size_t kShortest = 2;
  static constexpr size_t kLongest = 11;

  struct Slot {
    std::string_view word;
    TokenKind kind = TokenKind::kIdentifier;
  };
  static constexpr size_t Hash(std::string_view word) {
    const auto first = static_cast<uint8_t>(word.front());
    const auto last = static_cast<uint8_t>(word.back());
    return (first * 31u + last * 7u + word.size() * 53u) % kSize;
  }
  constexpr void Insert(std::string_view word, TokenKind kind) {
    size_t slot = Hash(word);
    while (!slots_[slot].word.empty()) slot = (slot + 1) % kSize;
    slots_[slot] = {word, kind};
  }
  std::array<Slot, kSize> slots_ = {};
};

inline constexpr KeywordTable kKeywords;

}  // namespace csl::lex

#endif  // COMPILER_LEX_KEYWORDS_H_
