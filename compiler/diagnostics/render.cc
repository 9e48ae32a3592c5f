// SPDX-License-Identifier: Apache-2.0
// A message as text: "file:line:column: error: ...", the source line, a caret under the place.
#include <algorithm>

#include "compiler/diagnostics/engine.h"

namespace csl::diagnostics {
namespace {

constexpr uint32_t kMaxLineShown =
    160;  // bytes of a source line; generated files have endless ones

bool IsContinuationByte(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

// Control characters would move the terminal's cursor; tabs stay, since the caret line repeats
// them.
std::string Printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if ((static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f) c = '?';
  }
  return out;
}

void AppendExcerpt(std::string_view line, uint32_t column, uint32_t length, std::string* out) {
  const uint32_t at = std::min<uint32_t>(column - 1, static_cast<uint32_t>(line.size()));
  uint32_t begin = 0;
  if (at > kMaxLineShown * 3 / 4) begin = at - kMaxLineShown / 2;
  while (begin > 0 && IsContinuationByte(line[begin])) --begin;
  const std::string_view shown = line.substr(begin, kMaxLineShown);
  *out += "  " + Printable(shown) + "\n  ";
  for (const char c : shown.substr(0, at - begin)) {
    if (!IsContinuationByte(c)) *out += c == '\t' ? '\t' : ' ';
  }
  *out += '^';
  const std::string_view rest = shown.substr(std::min<size_t>(at - begin + 1, shown.size()));
  for (const char c : rest.substr(0, length == 0 ? 0 : length - 1)) {
    if (!IsContinuationByte(c)) *out += '~';
  }
  *out += '\n';
}

void Append(const source::Sources& sources, Severity severity, source::Span span,
            std::string_view message, std::string* out) {
  const std::string text = std::string(SeverityText(severity)) + ": " + Printable(message) + "\n";
  if (!span.begin.valid()) {
    *out += text;
    return;
  }
  const auto place = sources.Locate(span.begin);
  const source::LineColumn at = place.line_column();
  *out += place.file->display_name + ":" + std::to_string(at.line) + ":" +
          std::to_string(at.column) + ": " + text;
  AppendExcerpt(place.file->Line(at.line), at.column, span.length, out);
}

}  // namespace

std::string RenderOne(const source::Sources& sources, const Diagnostic& diagnostic) {
  std::string out;
  Append(sources, diagnostic.severity, diagnostic.span, diagnostic.message, &out);
  for (const Note& note : diagnostic.notes) {
    Append(sources, Severity::Note, note.span, note.message, &out);
  }
  return out;
}

}  // namespace csl::diagnostics
