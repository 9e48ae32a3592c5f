// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/http/client.h"
#include "base/http/url.h"
#include "client/native/endpoint.h"

namespace csl::client {
namespace {

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The bytes of an address: 4 or 16, or none.
struct Address {
  std::array<unsigned char, 16> bytes = {};
  int size = 0;
};

Address AddressOf(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
  } else if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
    address.size = 16;
  }
  return address;
}

bool IsInBlock(const Address& address, const std::string& block) {
  const size_t slash = block.find('/');
  const Address start = AddressOf(block.substr(0, slash));
  int bits = start.size * 8;
  if (slash != std::string::npos) {
    const char* const end = block.data() + block.size();
    const auto [last, error] = std::from_chars(block.data() + slash + 1, end, bits);
    if (error != std::errc() || last != end) return false;
  }
  if (start.size == 0 || start.size != address.size || bits < 0 || bits > start.size * 8) {
    return false;
  }
  for (int bit = 0; bit < bits; ++bit) {
    const auto byte = static_cast<size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((address.bytes[byte] & mask) != (start.bytes[byte] & mask)) return false;
  }
  return true;
}

std::string Either(const Environment& environment, const char* lower, const char* upper) {
  const std::string value = environment(lower);
  return value.empty() ? environment(upper) : value;
}

}  // namespace

bool IsExcepted(const std::string& host, int port, const std::string& no_proxy) {
  const std::string name = LowerCase(host);
  const Address address = AddressOf(name);
  std::string_view rest = no_proxy;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string_view entry = Trimmed(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    if (entry.empty()) continue;
    if (entry == "*") return true;
    if (address.size > 0 && IsInBlock(address, LowerCase(entry))) return true;
    const auto place = http::SplitHostPort(entry);
    if (!place || (place->port != 0 && place->port != port)) continue;
    std::string excepted = LowerCase(place->host);
    if (address.size > 0) {
      if (IsInBlock(address, excepted)) return true;
      continue;
    }
    if (excepted.starts_with('.')) excepted.erase(0, 1);
    if (excepted.starts_with("*.")) excepted.erase(0, 2);
    if (name == excepted || name.ends_with("." + excepted)) return true;
  }
  return false;
}

StatusOr<std::string> ProxyFor(const std::string& url, const Environment& environment) {
  const std::string wanted = environment("CS_APPLIANCE_PROXY");
  if (wanted.empty() || url.starts_with("unix:")) return std::string();
  std::string proxy = wanted;
  if (wanted == "environment") {
    ASSIGN_OR_RETURN(const http::Url place, http::ParseUrl(url));
    if (http::IsLoopback(LowerCase(place.host))) return std::string();
    if (IsExcepted(place.host, place.port, Either(environment, "no_proxy", "NO_PROXY"))) {
      return std::string();
    }
    proxy = place.scheme == http::Url::Scheme::kHttps
                ? Either(environment, "https_proxy", "HTTPS_PROXY")
                : Either(environment, "http_proxy", "HTTP_PROXY");
    if (proxy.empty()) return std::string();
  }
  RETURN_IF_ERROR(http::ParseProxy(proxy).status());
  return proxy;
}

}  // namespace csl::client
