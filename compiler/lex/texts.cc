// SPDX-License-Identifier: Apache-2.0
// String and character literals, their escapes, and bytes that start no token.
#include <cstdio>

#include "compiler/lex/lexer.h"

namespace csl::lex {
namespace {

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

// "'$'", or "0x01" for what cannot be shown.
std::string Shown(std::string_view bytes) {
  if (bytes.size() > 1 || (bytes[0] > 0x20 && bytes[0] < 0x7f))
    return "'" + std::string(bytes) + "'";
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", static_cast<uint8_t>(bytes[0]));
  return text;
}

}  // namespace

void Lexer::Escape() {
  const char* const start = at_++;  // the backslash
  switch (*at_) {
    case 'n':
    case 't':
    case 'r':
    case '0':
    case '\\':
    case '"':
    case '\'':
      ++at_;
      return;
    case 'x':
      ++at_;
      for (int i = 0; i < 2; ++i) {
        if (!Is(*at_, kHexDigit)) {
          diagnostics_->Report(Kind::kBadHexEscape, SpanFrom(start));
          return;
        }
        ++at_;
      }
      return;
    default:
      if (*at_ == '\n' || at_ >= end_) return;  // the literal is reported as unterminated
      do ++at_;
      while (IsContinuation(*at_));
      diagnostics_->Report(Kind::kBadEscape, SpanFrom(start), {TextFrom(start)});
  }
}

void Lexer::String() {
  const char* const start = at_++;
  while (*at_ != '"') {
    if (*at_ == '\\') {
      Escape();
    } else if (*at_ == '\n' || at_ == end_) {
      diagnostics_->Report(Kind::kUnterminatedString, {file_.At(Offset(start)), 1});
      return Add(TokenKind::kInvalid, start);
    } else {
      ++at_;
    }
  }
  ++at_;
  Add(TokenKind::kString, start);
}

void Lexer::Character() {
  const char* const start = at_++;
  int count = 0;
  while (*at_ != '\'') {
    if (*at_ == '\n' || at_ == end_) {
      diagnostics_->Report(Kind::kUnterminatedCharacter, {file_.At(Offset(start)), 1});
      return Add(TokenKind::kInvalid, start);
    }
    if (*at_ == '\\') {
      Escape();
    } else {
      do ++at_;
      while (IsContinuation(*at_));
    }
    ++count;
  }
  ++at_;
  if (count == 0) diagnostics_->Report(Kind::kEmptyCharacter, SpanFrom(start));
  if (count > 1) diagnostics_->Report(Kind::kCharacterTooLong, SpanFrom(start));
  Add(TokenKind::kCharacter, start);
}

// One message for a run of such bytes: a binary file is one fault, not thousands.
void Lexer::UnexpectedBytes() {
  const char* const start = at_;
  do ++at_;
  while (IsContinuation(*at_));
  const std::string_view first = TextFrom(start);
  diagnostics_->Report(Kind::kUnexpectedCharacter, SpanFrom(start), {Shown(first)});
  while (at_ < end_ && (static_cast<uint8_t>(*at_) >= 0x80 || static_cast<uint8_t>(*at_) < 0x20) &&
         !Is(*at_, kSpace)) {
    ++at_;
  }
  Add(TokenKind::kInvalid, start);
}

}  // namespace csl::lex
