// SPDX-License-Identifier: Apache-2.0
// The addresses of services: "http://HOST[:PORT]", "https://HOST[:PORT]" and "unix:PATH", and
// HOST:PORT alone.
#ifndef BASE_HTTP_URL_H_
#define BASE_HTTP_URL_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace csl::http {

struct HostPort {
  std::string host;  // without the brackets of an IPv6 address
  int port = 0;      // 0: none is given
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// "HOST", "HOST:PORT", "[ADDRESS]", "[ADDRESS]:PORT", or an IPv6 address without brackets, which
// has no port. Nothing if the host is empty or the port is none of lowest_port to 65535.
std::optional<HostPort> SplitHostPort(std::string_view text, int lowest_port = 1);

// The host as it stands before a port: an IPv6 address in brackets.
std::string Bracketed(const std::string& host);

struct Url {
  enum class Scheme { kUnix, kHttp, kHttps };
  Scheme scheme = Scheme::kUnix;
  std::string path;  // of a Unix socket
  std::string host;  // without brackets
  int port = 0;      // the scheme's, where none is given
};

// kInvalidArgument says what a url must be.
StatusOr<Url> ParseUrl(const std::string& url);

// Whether the host is this machine, by its name or its address.
bool IsLoopback(const std::string& host);
// Whether to listen there is to listen at all addresses of the machine.
bool IsEverywhere(const std::string& host);

// For an option --tls: empty, or what it must be.
std::string TlsModeProblem(const std::string& mode);

}  // namespace csl::http

#endif  // BASE_HTTP_URL_H_
