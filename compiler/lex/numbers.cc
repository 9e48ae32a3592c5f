// SPDX-License-Identifier: Apache-2.0
// Numbers: decimal, 0x, 0b, 0o, with `_` between digits; decimal floats with a digit on both sides
// of the point.
#include "compiler/lex/lexer.h"

namespace csl::lex {
namespace {

// Why `digits` (after a prefix) is not a number of this base, or null.
const char* FaultOf(std::string_view digits, char prefix) {
  if (digits.empty()) return "it has no digits";
  char before = '_';
  for (const char c : digits) {
    if (c == '_') {
      if (before == '_') return "'_' may stand between digits only";
    } else if (prefix == 'x' && !Is(c, kHexDigit)) {
      return "not a hexadecimal digit in it";
    } else if (prefix == 'b' && c != '0' && c != '1') {
      return "not a binary digit in it";
    } else if (prefix == 'o' && (c < '0' || c > '7')) {
      return "not an octal digit in it";
    } else if (prefix == 0 && !Is(c, kDigit)) {
      return "a name cannot start with a digit";
    }
    before = c;
  }
  return before == '_' ? "'_' may stand between digits only" : nullptr;
}

bool HasExponent(const char* at) {
  if (*at != 'e' && *at != 'E') return false;
  if (at[1] == '+' || at[1] == '-') return Is(at[2], kDigit);
  return Is(at[1], kDigit);
}

}  // namespace

void Lexer::Number() {
  const char* const start = at_;
  const bool prefixed = *at_ == '0' && (at_[1] == 'x' || at_[1] == 'b' || at_[1] == 'o');
  const auto skip_digits = [this] {
    while (Is(*at_, kDigit) || *at_ == '_') ++at_;
  };
  TokenKind kind = TokenKind::kInteger;
  if (!prefixed) {
    skip_digits();
    // `1.` is not a float: `a[1].b` and `1...2` must read as they look.
    if (*at_ == '.' && Is(at_[1], kDigit)) {
      kind = TokenKind::kFloat;
      ++at_;
      skip_digits();
    }
    if (HasExponent(at_)) {
      kind = TokenKind::kFloat;
      at_ += 2;
      skip_digits();
    }
  }
  const char* const digits_end = at_;
  while (Is(*at_, kWordStart | kDigit)) ++at_;  // also all digits of a prefixed number
  if (prefixed || kind == TokenKind::kInteger || at_ != digits_end) CheckNumber(start);
  Add(kind, start);
}

void Lexer::CheckNumber(const char* start) {
  std::string_view digits = TextFrom(start);
  char prefix = 0;
  if (digits.size() > 1 && digits[0] == '0' &&
      (digits[1] == 'x' || digits[1] == 'b' || digits[1] == 'o')) {
    prefix = digits[1];
    digits.remove_prefix(2);
  }
  const bool is_float = prefix == 0 && digits.find('.') != std::string_view::npos;
  const char* fault = is_float ? "a name cannot start with a digit" : FaultOf(digits, prefix);
  if (fault != nullptr) {
    diagnostics_->Report(Kind::kBadNumber, SpanFrom(start), {TextFrom(start), fault});
  }
}

}  // namespace csl::lex
