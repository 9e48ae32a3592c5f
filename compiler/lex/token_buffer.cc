// SPDX-License-Identifier: Apache-2.0
#include "compiler/lex/token_buffer.h"

namespace csl::lex {
namespace {

constexpr std::string_view kNames[] = {
#define TOKEN(name, description) #name,
#include "compiler/lex/tokens.def"
};
constexpr std::string_view kDescriptions[] = {
#define TOKEN(name, description) description,
#include "compiler/lex/tokens.def"
};

}  // namespace

std::string_view TokenName(TokenKind kind) { return kNames[static_cast<size_t>(kind)]; }
std::string_view TokenDescription(TokenKind kind) {
  return kDescriptions[static_cast<size_t>(kind)];
}

bool IsWord(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
#define TOKEN(name, description)
#define KEYWORD(name, text) case TokenKind::k##name:
#include "compiler/lex/tokens.def"
      return true;
    default:
      return false;
  }
}

std::string ToString(const TokenBuffer& tokens) {
  std::string out;
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    const TokenId id(i);
    const source::LineColumn at = tokens.file().LineColumnAt(tokens.start(id));
    out += std::to_string(at.line) + ":" + std::to_string(at.column) + " ";
    out += TokenName(tokens.kind(id));
    if (tokens.length(id) != 0) {
      out += ' ';
      out += tokens.text(id);
    }
    out += '\n';
  }
  return out;
}

}  // namespace csl::lex
