// SPDX-License-Identifier: Apache-2.0
#include "worker/executor/cmaddr.h"

namespace csl::worker {
namespace {

constexpr std::string_view kMark = "%CMADDR%";

}  // namespace

std::string SubstituteCmaddr(std::string_view command, std::string_view address) {
  std::string out;
  char quote = 0;
  for (size_t i = 0; i < command.size();) {
    if (command.substr(i).starts_with(kMark)) {
      out += address.empty() && quote == 0 ? "''" : address;
      i += kMark.size();
      continue;
    }
    const char c = command[i];
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      out += command.substr(i, 2);
      i += 2;
      continue;
    }
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
    out += c;
    ++i;
  }
  return out;
}

}  // namespace csl::worker
