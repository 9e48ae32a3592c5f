// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/address.h"

#include <algorithm>
#include <charconv>

namespace csl::runtime::wire {
namespace {

Status BadAddress(std::string_view text) {
  return InvalidArgument("address '" + std::string(text) +
                         "': wanted IP:PORT, as in 192.168.0.1:9000 or [::1]:9000");
}

bool IsHostCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_';
}

}  // namespace

std::string Address::ToString() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

StatusOr<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return BadAddress(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  Address out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return BadAddress(text);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.%") != std::string_view::npos) {
      return BadAddress(text);
    }
  } else if (host.empty() || !std::all_of(host.begin(), host.end(), IsHostCharacter)) {
    return BadAddress(text);
  }
  out.host = std::string(host);
  return out;
}

}  // namespace csl::runtime::wire
