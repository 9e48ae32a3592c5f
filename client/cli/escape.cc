// SPDX-License-Identifier: Apache-2.0
#include "client/cli/escape.h"

#include <cstdint>

namespace csl::cli {
namespace {

// Bytes of the UTF-8 character at the start of `text`; 0 if there is none.
size_t CharacterBytes(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  const size_t size = first < 0x80                     ? 1
                      : first >= 0xC2 && first < 0xE0  ? 2
                      : (first & 0xF0) == 0xE0         ? 3
                      : first >= 0xF0 && first <= 0xF4 ? 4
                                                       : 0;
  if (size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((static_cast<uint8_t>(text[i]) & 0xC0) != 0x80) return 0;
  }
  return size;
}

bool IsControl(std::string_view character) {
  const auto first = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  // U+0080 to U+009F; the marks that turn the direction of writing, U+202A to U+202E, U+2066 to
  // U+2069, and the line separators U+2028, U+2029.
  const auto second = static_cast<uint8_t>(character[1]);
  if (character.size() == 2) return first == 0xC2 && second < 0xA0;
  if (character.size() != 3 || first != 0xE2) return false;
  const auto third = static_cast<uint8_t>(character[2]);
  return (second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

void AppendEscaped(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  }
}

std::string Escape(std::string_view text, std::string_view allowed) {
  std::string out;
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    const bool is_allowed = size == 1 && allowed.find(character[0]) != std::string_view::npos;
    if (size == 0 || (IsControl(character) && !is_allowed)) {
      AppendEscaped(out, character);
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace

std::string EscapeControls(std::string_view text) { return Escape(text, "\n\t"); }
std::string EscapeLine(std::string_view text) { return Escape(text, ""); }

}  // namespace csl::cli
