// SPDX-License-Identifier: Apache-2.0
// Which appliance to talk to, and with what token.
//
// The environment decides (CS_APPLIANCE_URL, CS_APPLIANCE_TOKEN_FILE, and of https
// CS_APPLIANCE_PIN or CS_APPLIANCE_CA_FILE), then the user's file
// ~/.config/csl-appliance/config.json ({"url", "token_file", "pin", "ca_file"}); with neither it is
// the embedded one.
#ifndef CLIENT_NATIVE_ENDPOINT_H_
#define CLIENT_NATIVE_ENDPOINT_H_

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/status.h"

namespace csl::client {

struct Endpoint {
  std::string url;    // as http::ClientOptions::url
  std::string token;  // never logged
  std::string ca_file;
  std::string pin;    // as http::ClientOptions::pin
  std::string proxy;  // as http::ClientOptions::proxy
  bool is_embedded = false;
};

// The value of an environment variable; empty if unset.
using Environment = std::function<std::string(const char* name)>;
std::string SystemEnvironment(const char* name);

// What the user configured; nothing if he left it to the embedded appliance. A token file that is
// missing, or a configuration that is not of the form above, is an error that names the file.
StatusOr<std::optional<Endpoint>> ConfiguredEndpoint(const Environment& environment);

// The proxy through which to reach the url, which is normal; empty: none. CS_APPLIANCE_PROXY says
// which: unset, none, as the appliance is usually near; "environment", what http_proxy, https_proxy
// and no_proxy (or their names in upper case) say of it, and never one for this machine; anything
// else is the proxy.
StatusOr<std::string> ProxyFor(const std::string& url, const Environment& environment);

// Whether no_proxy, a list with commas, excepts the host: "*", a name or a suffix of names with or
// without a leading dot, an address, a block of addresses as 10.0.0.0/8; each may have a ":PORT".
bool IsExcepted(const std::string& host, int port, const std::string& no_proxy);

// "host:port" becomes "http://host:port", or https if so is said; the other forms stay.
// kInvalidArgument for what is none.
StatusOr<std::string> NormalUrl(const std::string& url, bool is_https = false);

}  // namespace csl::client

#endif  // CLIENT_NATIVE_ENDPOINT_H_
