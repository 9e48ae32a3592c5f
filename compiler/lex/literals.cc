// SPDX-License-Identifier: Apache-2.0
#include "compiler/lex/literals.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace csl::lex {
namespace {

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 0;
}

// Reads the escape after a backslash at text[*at] and moves behind it.
uint32_t EscapeValue(std::string_view text, size_t* at) {
  if (*at >= text.size()) return '\\';
  const char c = text[(*at)++];
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return 0;
    case 'x': {
      uint32_t value = 0;
      for (int i = 0; i < 2 && *at < text.size(); ++i) {
        value = value * 16 + static_cast<uint32_t>(DigitValue(text[(*at)++]));
      }
      return value;
    }
    default:
      return static_cast<uint8_t>(c);
  }
}

std::string_view WithoutQuotes(std::string_view text, char quote) {
  if (!text.empty() && text.front() == quote) text.remove_prefix(1);
  if (!text.empty() && text.back() == quote) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<uint64_t> IntegerValue(std::string_view text) {
  uint64_t base = 10;
  if (text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'b' || text[1] == 'o')) {
    base = text[1] == 'x' ? 16 : text[1] == 'b' ? 2 : 8;
    text.remove_prefix(2);
  }
  uint64_t value = 0;
  for (const char c : text) {
    if (c == '_') continue;
    if (__builtin_mul_overflow(value, base, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, static_cast<uint64_t>(DigitValue(c)), &value)) {
      return std::nullopt;
    }
  }
  return value;
}

std::string PlainInteger(std::string_view text) {
  std::string out(text);
  out.erase(std::remove(out.begin(), out.end(), '_'), out.end());
  return out;
}

double FloatValue(std::string_view text) {
  const std::string plain = PlainInteger(text);
  double value = 0;
  const auto result = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (result.ec != std::errc::result_out_of_range) return value;
  // from_chars leaves the value alone for both overflow and underflow; a negative exponent tells.
  return plain.find("e-") != std::string::npos || plain.find("E-") != std::string::npos
             ? 0.0
             : std::numeric_limits<double>::infinity();
}

std::string StringValue(std::string_view text) {
  text = WithoutQuotes(text, '"');
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const char c = text[at++];
    out += c == '\\' ? static_cast<char>(EscapeValue(text, &at)) : c;
  }
  return out;
}

uint32_t CharacterValue(std::string_view text) {
  text = WithoutQuotes(text, '\'');
  if (text.empty()) return 0;
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead == '\\') {
    size_t at = 1;
    return EscapeValue(text, &at);
  }
  if (lead < 0x80) return lead;
  uint32_t value = lead >= 0xf0 ? lead & 7u : lead >= 0xe0 ? lead & 15u : lead & 31u;
  for (size_t i = 1; i < text.size() && i < 4; ++i) {
    value = value << 6 | (static_cast<uint8_t>(text[i]) & 63u);
  }
  return value;
}

}  // namespace csl::lex
