// SPDX-License-Identifier: Apache-2.0
#include "compiler/layout/text_cursor.h"

#include <algorithm>
#include <charconv>

namespace csl::layout {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsLetter(c) || IsDigit(c); }

std::optional<uint8_t> HexByte(std::string_view digits) {
  uint8_t value = 0;
  if (digits.size() < 2) return std::nullopt;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + 2, value, 16);
  if (error != std::errc() || stop != digits.data() + 2) return std::nullopt;
  return value;
}

}  // namespace

bool TextCursor::NextLine() {
  const std::string_view text = file_.text;
  while (next_line_ < text.size()) {
    at_ = next_line_;
    end_ = std::min(text.find('\n', at_), text.size());
    next_line_ = end_ + 1;
    is_indented_ = at_ < end_ && IsBlank(text[at_]);
    if (!AtEnd()) return true;
  }
  return false;
}

std::string_view TextCursor::Left() const {
  return std::string_view(file_.text).substr(at_, end_ - at_);
}

void TextCursor::SkipBlanks() {
  while (at_ < end_ && IsBlank(file_.text[at_])) ++at_;
}

bool TextCursor::AtEnd() {
  SkipBlanks();
  return at_ == end_ || Left().starts_with("//");
}

bool TextCursor::ExpectEnd() { return AtEnd() || Fail("the end of the line"); }

bool TextCursor::Take(std::string_view text) {
  SkipBlanks();
  const std::string_view left = Left();
  if (!left.starts_with(text)) return false;
  const bool is_word = IsWord(text.back());
  if (is_word && left.size() > text.size() && IsWord(left[text.size()])) return false;
  at_ += text.size();
  return true;
}

bool TextCursor::Expect(std::string_view text) {
  return Take(text) || Fail("'" + std::string(text) + "'");
}

bool TextCursor::NextIs(char c) {
  SkipBlanks();
  return at_ < end_ && file_.text[at_] == c;
}

std::optional<std::string> TextCursor::Name(std::string_view what) {
  SkipBlanks();
  size_t end = at_;
  while (end < end_ && IsWord(file_.text[end])) ++end;
  if (end == at_ || IsDigit(file_.text[at_])) {
    Fail(what);
    return std::nullopt;
  }
  std::string name = file_.text.substr(at_, end - at_);
  at_ = end;
  return name;
}

std::optional<uint32_t> TextCursor::Number(std::string_view what, uint32_t most) {
  SkipBlanks();
  size_t end = at_;
  while (end < end_ && IsDigit(file_.text[end])) ++end;
  uint32_t value = 0;
  const char* begin = file_.text.data() + at_;
  const auto [stop, error] = std::from_chars(begin, file_.text.data() + end, value);
  if (end == at_ || error != std::errc() || value > most) {
    Fail(std::string(what) + ", a number from 0 to " + std::to_string(most));
    return std::nullopt;
  }
  at_ = end;
  return value;
}

std::optional<std::string> TextCursor::NumberText(std::string_view what) {
  SkipBlanks();
  size_t end = at_;
  if (end < end_ && file_.text[end] == '-') ++end;
  while (end < end_) {
    const char c = file_.text[end];
    const bool is_exponent_sign =
        (c == '-' || c == '+') && (file_.text[end - 1] == 'e' || file_.text[end - 1] == 'E');
    const bool is_point = c == '.' && end + 1 < end_ && IsDigit(file_.text[end + 1]);
    if (!IsWord(c) && !is_point && !is_exponent_sign) break;
    ++end;
  }
  if (end == at_) {
    Fail(what);
    return std::nullopt;
  }
  std::string text = file_.text.substr(at_, end - at_);
  at_ = end;
  return text;
}

std::optional<std::string> TextCursor::Quoted(std::string_view what) {
  SkipBlanks();
  if (at_ == end_ || file_.text[at_] != '"') {
    Fail(what);
    return std::nullopt;
  }
  std::string out;
  for (size_t i = at_ + 1; i < end_; ++i) {
    const char c = file_.text[i];
    if (c == '"') {
      at_ = i + 1;
      return out;
    }
    if (c != '\\') {
      out += c;
      continue;
    }
    const char escape = ++i < end_ ? file_.text[i] : '\0';
    if (escape == 'x') {
      const auto byte = HexByte(std::string_view(file_.text).substr(i + 1, end_ - i - 1));
      if (!byte) break;
      out += static_cast<char>(*byte);
      i += 2;
    } else if (escape == 'n' || escape == '"' || escape == '\\') {
      out += escape == 'n' ? '\n' : escape;
    } else {
      break;
    }
  }
  Fail(std::string(what) + ", closed by '\"', with the escapes \\\", \\\\, \\n and \\xNN");
  return std::nullopt;
}

std::string TextCursor::Rest() {
  SkipBlanks();
  std::string_view left = Left();
  while (!left.empty() && IsBlank(left.back())) left.remove_suffix(1);
  at_ = end_;
  return std::string(left);
}

bool TextCursor::Fail(std::string_view expected) {
  SkipBlanks();
  size_t end = at_;
  while (end < end_ && IsWord(file_.text[end])) ++end;
  if (end == at_ && at_ < end_) ++end;
  const std::string found =
      AtEnd() ? "the end of the line" : "'" + file_.text.substr(at_, end - at_) + "'";
  diagnostics_->Report(diagnostics::Kind::kExpected, Here(), {expected, found});
  return false;
}

source::Span TextCursor::Here() {
  SkipBlanks();
  size_t end = at_;
  while (end < end_ && IsWord(file_.text[end])) ++end;
  const auto length = static_cast<uint32_t>(std::max<size_t>(end - at_, 1));
  return {file_.At(static_cast<uint32_t>(at_)), length};
}

source::Span TextCursor::SpanFrom(size_t position) const {
  return {file_.At(static_cast<uint32_t>(position)),
          static_cast<uint32_t>(std::max<size_t>(at_ - position, 1))};
}

size_t TextCursor::position() {
  SkipBlanks();
  return at_;
}

}  // namespace csl::layout
