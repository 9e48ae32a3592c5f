// SPDX-License-Identifier: Apache-2.0
#include "base/join_line.h"

#include <algorithm>
#include <cctype>

namespace csl {
namespace {

constexpr size_t kMaxNameBytes = 64;

bool IsPlain(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '#';
  });
}

}  // namespace

Status CheckWorkerName(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  if (plain && !name.empty() && name.size() <= kMaxNameBytes) return OkStatus();
  return InvalidArgument("a worker's name is '" + name + "', it must have 1 to " +
                         std::to_string(kMaxNameBytes) + " letters, digits, '.', '_' or '-'");
}

std::string FormatJoinLine(const JoinLine& line) {
  return line.service + "#" + line.worker + "#" + line.token;
}

StatusOr<JoinLine> ParseJoinLine(const std::string& text) {
  const size_t second = text.rfind('#');
  const size_t first =
      second == std::string::npos || second == 0 ? std::string::npos : text.rfind('#', second - 1);
  if (first == std::string::npos) {
    return InvalidArgument(
        "the line must be URL#NAME#TOKEN, as 'cs-appliance init' and 'cs-appliance invite' print "
        "it");
  }
  JoinLine line{text.substr(0, first), text.substr(first + 1, second - first - 1),
                text.substr(second + 1)};
  RETURN_IF_ERROR(CheckWorkerName(line.worker));
  if (!IsPlain(line.service) || !IsPlain(line.token)) {
    return InvalidArgument(
        "the line must be URL#NAME#TOKEN; its url or its token is empty or has "
        "blanks in it");
  }
  return line;
}

}  // namespace csl
