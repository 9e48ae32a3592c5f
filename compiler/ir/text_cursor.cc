// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/text_cursor.h"

#include <cctype>
#include <charconv>

namespace csl::ir {
namespace {

bool IsWordChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '$';
}

}  // namespace

void TextCursor::SkipBlanks() {
  while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
}

bool TextCursor::AtEnd() {
  SkipBlanks();
  return rest_.empty();
}

bool TextCursor::PeekIs(char c) {
  SkipBlanks();
  return !rest_.empty() && rest_[0] == c;
}

bool TextCursor::Take(std::string_view token) {
  SkipBlanks();
  if (!rest_.starts_with(token)) return false;
  const bool is_word = IsWordChar(token.back());
  if (is_word && rest_.size() > token.size() && IsWordChar(rest_[token.size()])) return false;
  rest_.remove_prefix(token.size());
  return true;
}

void TextCursor::Expect(std::string_view token) {
  if (!Take(token)) {
    Fail("expected '" + std::string(token) + "' before '" + std::string(rest_.substr(0, 30)) + "'");
  }
}

std::string TextCursor::Word() {
  SkipBlanks();
  size_t n = 0;
  while (n < rest_.size() && IsWordChar(rest_[n])) ++n;
  if (n == 0) Fail("expected a word before '" + std::string(rest_.substr(0, 30)) + "'");
  std::string out(rest_.substr(0, n));
  rest_.remove_prefix(n);
  return out;
}

std::string TextCursor::Quoted() {
  Expect("\"");
  std::string out;
  size_t i = 0;
  while (i < rest_.size() && rest_[i] != '"') {
    if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
    out += rest_[i++];
  }
  if (i == rest_.size()) Fail("a quoted name has no end");
  rest_.remove_prefix(std::min(rest_.size(), i + 1));
  return out;
}

std::string TextCursor::Name() { return PeekIs('"') ? Quoted() : Word(); }

uint64_t TextCursor::Number() {
  SkipBlanks();
  uint64_t value = 0;
  auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
  if (error != std::errc())
    Fail("expected a number before '" + std::string(rest_.substr(0, 30)) + "'");
  rest_.remove_prefix(static_cast<size_t>(stop - rest_.data()));
  return value;
}

int64_t TextCursor::SignedNumber() {
  if (Take("-")) return -static_cast<int64_t>(Number());
  Take("+");
  return static_cast<int64_t>(Number());
}

Type TextCursor::TypeName() {
  const std::string word = Word();
  const auto type = ParseType(word);
  if (!type) Fail("'" + word + "' is not a type");
  return type.value_or(kVoidType);
}

std::string TextCursor::OperandText() {
  SkipBlanks();
  size_t n = 0;
  if (n < rest_.size() && (rest_[n] == '%' || rest_[n] == '@' || rest_[n] == '&')) ++n;
  if (n < rest_.size() && rest_[n] == '"') {
    for (++n; n < rest_.size() && rest_[n] != '"'; ++n) {
      if (rest_[n] == '\\') ++n;
    }
    ++n;
  }
  const bool is_address = !rest_.empty() && rest_[0] == '@';
  while (n < rest_.size() && (IsWordChar(rest_[n]) || rest_[n] == ':' ||
                              (is_address && (rest_[n] == '+' || rest_[n] == '-')))) {
    ++n;
  }
  if (n == 0 || n > rest_.size()) {
    Fail("expected an operand before '" + std::string(rest_.substr(0, 30)) + "'");
    return "";
  }
  std::string out(rest_.substr(0, n));
  rest_.remove_prefix(n);
  return out;
}

}  // namespace csl::ir
