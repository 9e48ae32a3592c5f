// SPDX-License-Identifier: Apache-2.0
// Edits as a unified diff.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/migrate/migrate.h"

namespace csl::migrate {

namespace {

constexpr size_t kContext = 3;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  size_t first = 0;
  while (first < text.size()) {
    size_t stop = text.find('\n', first);
    if (stop == std::string::npos) stop = text.size();
    lines.push_back(text.substr(first, stop - first));
    first = stop + 1;
  }
  return lines;
}

// Lines [first, last) of the old text become `text`.
struct Change {
  size_t first, last;
  std::vector<std::string> text;
};

size_t LineAt(const std::string& text, uint32_t byte) {
  return static_cast<size_t>(std::count(text.begin(), text.begin() + byte, '\n'));
}

// Edits that share lines are one change.
std::vector<Change> ChangesOf(const std::string& text, const std::vector<FileEdit>& edits) {
  std::vector<Change> changes;
  for (size_t n = 0; n < edits.size();) {
    const size_t first = LineAt(text, edits[n].begin);
    size_t last = LineAt(text, edits[n].end);
    size_t stop = n + 1;
    for (; stop < edits.size() && LineAt(text, edits[stop].begin) <= last; ++stop) {
      last = LineAt(text, edits[stop].end);
    }
    uint32_t from = edits[n].begin;
    while (from > 0 && text[from - 1] != '\n') --from;
    uint32_t to = edits[stop - 1].end;
    while (to < text.size() && text[to] != '\n') ++to;
    std::vector<FileEdit> inside;
    for (; n < stop; ++n) {
      inside.push_back({edits[n].begin - from, edits[n].end - from, edits[n].text});
    }
    changes.push_back({first, last + 1, LinesOf(Apply(text.substr(from, to - from), inside))});
  }
  return changes;
}

}  // namespace

std::string Diff(const std::string& name, const std::string& text,
                 const std::vector<FileEdit>& edits) {
  if (edits.empty()) return "";
  const std::vector<std::string> lines = LinesOf(text);
  const std::vector<Change> changes = ChangesOf(text, edits);
  std::string out = fmt::format("--- {}\n+++ {}\n", name, name);
  std::ptrdiff_t shift = 0;
  for (size_t n = 0; n < changes.size();) {
    size_t stop = n + 1;
    while (stop < changes.size() && changes[stop].first <= changes[stop - 1].last + 2 * kContext) {
      ++stop;
    }
    const size_t first = changes[n].first - std::min(changes[n].first, kContext);
    const size_t last = std::min(lines.size(), changes[stop - 1].last + kContext);
    std::string body;
    size_t at = first;
    size_t added = 0, removed = 0;
    for (; n < stop; ++n) {
      const Change& c = changes[n];
      for (; at < c.first; ++at) body += " " + lines[at] + "\n";
      for (; at < std::min(c.last, lines.size()); ++at, ++removed) body += "-" + lines[at] + "\n";
      for (const std::string& line : c.text) body += "+" + line + "\n";
      added += c.text.size();
    }
    for (; at < last; ++at) body += " " + lines[at] + "\n";
    out += fmt::format("@@ -{},{} +{},{} @@\n", first + 1, last - first,
                       static_cast<std::ptrdiff_t>(first + 1) + shift,
                       last - first + added - removed) +
           body;
    shift += static_cast<std::ptrdiff_t>(added) - static_cast<std::ptrdiff_t>(removed);
  }
  return out;
}

}  // namespace csl::migrate
