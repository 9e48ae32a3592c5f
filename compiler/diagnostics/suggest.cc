// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/suggest.h"

#include <algorithm>

namespace csl::diagnostics {
namespace {

// Edits (insert, delete, replace, swap neighbours) from a to b.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::move(above);
    above = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view Nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  // One edit in three letters still looks like a slip; every short name is near another.
  constexpr size_t kShortest = 3;
  if (name.size() < kShortest) return "";
  size_t best = (name.size() + 1) / 3 + 1;
  std::string_view found;
  for (std::string_view candidate : candidates) {
    const size_t distance = Distance(name, candidate);
    if (distance < best || (distance == best && candidate < found)) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string Suggestion(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view found = Nearest(name, candidates);
  return found.empty() ? "" : "; did you mean '" + std::string(found) + "'?";
}

}  // namespace csl::diagnostics
