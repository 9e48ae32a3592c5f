// SPDX-License-Identifier: Apache-2.0
#include "client/native/endpoint.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/file.h"
#include "base/tls/certificate.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

StatusOr<std::string> ReadToken(const fs::path& path, const std::string& named_by) {
  auto text = ReadTextFile(path);
  if (!text.ok()) {
    return NotFound("the token file that " + named_by +
                    " names cannot be read: " + text.status().message());
  }
  while (!text->empty() && std::isspace(static_cast<unsigned char>(text->back())) != 0) {
    text->pop_back();
  }
  if (text->empty()) return InvalidArgument("the token file '" + path.string() + "' is empty");
  return *text;
}

// Whoever gives a pin means to be sure of whom he sends his token to.
Status CheckPinOf(const Endpoint& endpoint, const std::string& named_by) {
  if (endpoint.pin.empty()) return OkStatus();
  RETURN_IF_ERROR(tls::CheckPin(endpoint.pin));
  if (endpoint.url.starts_with("https://")) return OkStatus();
  return InvalidArgument(named_by + " is given, but the url is '" + endpoint.url +
                         "'; a pin holds for https://HOST:PORT");
}

StatusOr<Endpoint> FromFile(const fs::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  const json config = json::parse(text, nullptr, false);
  const auto field = [&config](const char* name) {
    const auto it = config.find(name);
    return it != config.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (!config.is_object() || field("url").empty()) {
    return InvalidArgument("'" + path.string() +
                           "' wants a JSON object with \"url\" and \"token_file\"");
  }
  Endpoint endpoint;
  endpoint.pin = field("pin");
  ASSIGN_OR_RETURN(endpoint.url, NormalUrl(field("url"), !endpoint.pin.empty()));
  RETURN_IF_ERROR(CheckPinOf(endpoint, "'pin' in '" + path.string() + "'"));
  // Relative names are meant from where the configuration lies.
  if (const std::string file = field("token_file"); !file.empty()) {
    ASSIGN_OR_RETURN(endpoint.token, ReadToken(path.parent_path() / file, path.string()));
  }
  if (const std::string file = field("ca_file"); !file.empty()) {
    endpoint.ca_file = (path.parent_path() / file).string();
  }
  return endpoint;
}

}  // namespace

std::string SystemEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

StatusOr<std::string> NormalUrl(const std::string& url, bool is_https) {
  for (const char* scheme : {"http://", "https://", "unix:/"}) {
    if (!url.starts_with(scheme)) continue;
    std::string plain = url;
    while (plain.ends_with('/')) plain.pop_back();
    return plain;
  }
  if (url.find("://") == std::string::npos && url.find(':') != std::string::npos) {
    return (is_https ? "https://" : "http://") + url;
  }
  return InvalidArgument("the appliance's url is '" + url +
                         "'; must be http://HOST:PORT, https://HOST:PORT or unix:/PATH");
}

StatusOr<std::optional<Endpoint>> ConfiguredEndpoint(const Environment& environment) {
  if (const std::string url = environment("CS_APPLIANCE_URL"); !url.empty()) {
    Endpoint endpoint;
    endpoint.pin = environment("CS_APPLIANCE_PIN");
    ASSIGN_OR_RETURN(endpoint.url, NormalUrl(url, !endpoint.pin.empty()));
    RETURN_IF_ERROR(CheckPinOf(endpoint, "CS_APPLIANCE_PIN"));
    if (const std::string file = environment("CS_APPLIANCE_TOKEN_FILE"); !file.empty()) {
      ASSIGN_OR_RETURN(endpoint.token, ReadToken(file, "CS_APPLIANCE_TOKEN_FILE"));
    }
    endpoint.ca_file = environment("CS_APPLIANCE_CA_FILE");
    ASSIGN_OR_RETURN(endpoint.proxy, ProxyFor(endpoint.url, environment));
    return std::optional(endpoint);
  }
  std::string folder = environment("XDG_CONFIG_HOME");
  if (folder.empty() && !environment("HOME").empty()) folder = environment("HOME") + "/.config";
  if (folder.empty()) return std::optional<Endpoint>();
  const fs::path path = fs::path(folder) / "csl-appliance" / "config.json";
  std::error_code error;
  if (!fs::exists(path, error)) return std::optional<Endpoint>();
  ASSIGN_OR_RETURN(Endpoint endpoint, FromFile(path));
  ASSIGN_OR_RETURN(endpoint.proxy, ProxyFor(endpoint.url, environment));
  return std::optional(std::move(endpoint));
}

}  // namespace csl::client
