// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/near_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace csl::runtime {
namespace {

// A list longer than this hides what it should show.
constexpr size_t kMaxListed = 12;

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Insertions, deletions and changes of characters between two names; case does not count.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = corner + (Lower(a[i - 1]) != Lower(b[j - 1]));
      corner = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

// How far a name is from the one wanted; names of which nothing would be left are not near.
size_t Rank(std::string_view wanted, std::string_view name) {
  const size_t distance = Distance(wanted, name);
  return distance < name.size() ? distance : wanted.size() + name.size();
}

}  // namespace

std::string NearNames(std::string_view wanted, std::vector<std::string> names,
                      std::string_view verb) {
  if (names.empty()) return fmt::format("it {} nothing", verb);
  const size_t allowed = std::max<size_t>(1, wanted.size() / 3);
  const auto nearest = std::min_element(names.begin(), names.end(), [&](auto& a, auto& b) {
    return Rank(wanted, a) < Rank(wanted, b);
  });
  if (wanted.size() > 1 && Rank(wanted, *nearest) <= allowed) {
    return fmt::format("did you mean '{}'?", *nearest);
  }
  std::sort(names.begin(), names.end());
  const size_t shown = std::min(names.size(), kMaxListed);
  std::string text =
      fmt::format("it {} '{}'", verb,
                  fmt::join(names.begin(), names.begin() + static_cast<long>(shown), "', '"));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

}  // namespace csl::runtime
