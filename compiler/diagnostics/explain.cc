// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/explain.h"

#include <algorithm>
#include <cctype>

#include "compiler/diagnostics/suggest.h"

namespace csl::diagnostics {
namespace {

constexpr std::string_view kHeading = "\n## ";
constexpr std::string_view kFence = "\n```csl\n";
constexpr std::string_view kFenceEnd = "```\n";

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

// `entry` begins behind the heading's mark.
Explanation Parse(std::string_view entry) {
  Explanation out;
  out.name = entry.substr(0, entry.find('\n'));
  entry.remove_prefix(out.name.size());
  const size_t fence = entry.find(kFence);
  out.text = Trimmed(entry.substr(0, fence));
  if (fence == std::string_view::npos) return out;
  entry.remove_prefix(fence + kFence.size());
  out.example = entry.substr(0, entry.find(kFenceEnd));
  return out;
}

// Lower case, without hyphens and the k of constants.
std::string Folded(std::string_view spelling) {
  const bool is_constant = spelling.size() > 1 && spelling[0] == 'k' &&
                           std::isupper(static_cast<unsigned char>(spelling[1])) != 0;
  if (is_constant) spelling.remove_prefix(1);
  std::string out;
  for (const unsigned char c : spelling) {
    if (c != '-' && c != '_') out += static_cast<char>(std::tolower(c));
  }
  return out;
}

template <typename Function>
void ForEachKind(Function function) {
  for (uint16_t i = 0; i < kNumKinds; ++i) function(static_cast<Kind>(i));
}

}  // namespace

std::string_view TitleOf(const ExplanationPage& page) {
  const std::string_view line = page.text.substr(0, page.text.find('\n'));
  return line.substr(line.find(' ') + 1);
}

std::vector<Explanation> ExplanationsOn(const ExplanationPage& page) {
  std::vector<Explanation> out;
  size_t at = page.text.find(kHeading);
  while (at != std::string_view::npos) {
    const size_t begin = at + kHeading.size();
    at = page.text.find(kHeading, begin);
    out.push_back(Parse(page.text.substr(begin, at == std::string_view::npos ? at : at - begin)));
  }
  return out;
}

std::string TextOf(Kind kind) {
  std::string text(FormatOf(kind));
  for (size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}", at + 3)) {
    text.replace(at, 2, "...");
  }
  return text;
}

std::optional<Kind> FindKind(std::string_view spelling) {
  std::optional<Kind> found;
  const std::string wanted = Folded(spelling);
  ForEachKind([&](Kind kind) {
    if (Folded(KindName(kind)) == wanted) found = kind;
  });
  return found;
}

std::string Explain(Kind kind) {
  std::string out(SeverityText(SeverityOf(kind)));
  out += " " + std::string(PrintedName(kind)) + ": " + TextOf(kind) + "\n";
  for (const ExplanationPage& page : ExplanationPages()) {
    for (const Explanation& entry : ExplanationsOn(page)) {
      if (entry.name != PrintedName(kind)) continue;
      out += "\n" + std::string(entry.text) + "\n";
      if (entry.example.empty()) continue;
      out += "\nFor example:\n\n";
      for (std::string_view rest = entry.example; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n') + 1);
        out += line == "\n" ? "\n" : "    " + std::string(line);
        rest.remove_prefix(line.size());
      }
    }
  }
  return out;
}

std::string ListOfKinds() {
  std::string out;
  ForEachKind(
      [&](Kind kind) { out += std::string(PrintedName(kind)) + ": " + TextOf(kind) + "\n"; });
  return out;
}

std::string NoSuchKind(std::string_view spelling) {
  std::vector<std::string> folded;
  ForEachKind([&](Kind kind) { folded.push_back(Folded(KindName(kind))); });
  const std::vector<std::string_view> candidates(folded.begin(), folded.end());
  std::string tail = "; --explain alone lists all";
  if (const std::string_view near = Nearest(Folded(spelling), candidates); !near.empty()) {
    tail = "; did you mean '" + std::string(PrintedName(*FindKind(near))) + "'?";
  }
  return "there is no message '" + std::string(spelling) + "'" + tail;
}

}  // namespace csl::diagnostics
