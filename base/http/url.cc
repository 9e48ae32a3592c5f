// SPDX-License-Identifier: Apache-2.0
#include "base/http/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace csl::http {
namespace {

constexpr int kLastPort = 65535;
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

bool IsPlain(const std::string& host) {
  return std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

}  // namespace

std::optional<HostPort> SplitHostPort(std::string_view text, int lowest_port) {
  HostPort out;
  std::string_view rest;  // from the port's colon on
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const size_t colon = text.find(':');
    const bool is_address = colon != text.rfind(':');
    out.host = text.substr(0, is_address ? std::string_view::npos : colon);
    if (!is_address && colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (out.host.empty()) return std::nullopt;
  if (rest.empty()) return out;
  if (!rest.starts_with(':')) return std::nullopt;
  const char* const end = rest.data() + rest.size();
  const auto [last, error] = std::from_chars(rest.data() + 1, end, out.port);
  if (error != std::errc() || last != end || out.port < lowest_port || out.port > kLastPort) {
    return std::nullopt;
  }
  return out;
}

std::string Bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

StatusOr<Url> ParseUrl(const std::string& url) {
  const Status refused = InvalidArgument(
      "the url is '" + url + "'; must be http://HOST:PORT, https://HOST:PORT or unix:PATH");
  Url out;
  if (url.starts_with(kUnix)) {
    out.path = url.substr(kUnix.size());
    if (out.path.empty()) return refused;
    return out;
  }
  const bool is_https = url.starts_with(kHttps);
  if (!is_https && !url.starts_with(kHttp)) return refused;
  const std::string place = url.substr(is_https ? kHttps.size() : kHttp.size());
  const auto split = SplitHostPort(place);
  if (!split || !IsPlain(split->host)) return refused;
  // Colons of an address and of a port could not be told apart.
  if (split->host.find(':') != std::string::npos && !place.starts_with('[')) return refused;
  out.scheme = is_https ? Url::Scheme::kHttps : Url::Scheme::kHttp;
  out.host = split->host;
  out.port = split->port != 0 ? split->port : is_https ? kHttpsPort : kHttpPort;
  return out;
}

bool IsLoopback(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost" || host.ends_with(".localhost");
}

std::string TlsModeProblem(const std::string& mode) {
  if (mode == "auto" || mode == "on" || mode == "off") return "";
  return "'" + mode + "' must be auto, on or off";
}

bool IsEverywhere(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

}  // namespace csl::http
