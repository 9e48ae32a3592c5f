// SPDX-License-Identifier: Apache-2.0
// What `cs-appliance init` leaves for a site: a configuration file, and lines that workers join by.
#ifndef APPLIANCE_SERVER_SITE_H_
#define APPLIANCE_SERVER_SITE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/tls/certificate.h"

namespace csl::appliance {

// Where a service listens, the names that clients call it by, and whether it speaks TLS.
struct Site {
  std::string listen;  // "unix:PATH" or "HOST:PORT"
  std::vector<std::string> host_names;
  std::string tls = "auto";  // "auto", "on" or "off"
  std::string tls_cert;      // the operator's own; both or neither
  std::string tls_key;
};

// Whether connections to it are encrypted: "on", or "auto" and others than this machine reach it.
// kInvalidArgument for what cannot go together.
StatusOr<bool> SpeaksTls(const Site& site);
// The names and addresses by which others may call it over TCP; none of a Unix socket.
std::vector<std::string> NamesOf(const Site& site);
// What the service shows, and is known by. The authority and its certificate are made if need be.
StatusOr<tls::Identity> IdentityOf(const std::filesystem::path& state, const Site& site);
// The pin of that; empty: it does not speak TLS.
StatusOr<std::string> PinOf(const std::filesystem::path& state, const Site& site);

// The file in a state folder that `serve --config` takes.
std::filesystem::path ConfigIn(const std::filesystem::path& state);
Status WriteSite(const std::filesystem::path& state, const Site& site);
StatusOr<Site> ReadSite(const std::filesystem::path& state);

// The url by which workers reach it: of a service that listens everywhere, by its first name or
// this machine's. kInvalidArgument for an address whose port is not known.
StatusOr<std::string> UrlOf(const Site& site);
// The same from this machine, when the service listens at `url`.
std::string UrlFromHere(const std::string& url);

// A new token for the worker of this name, from the service that runs on this machine.
StatusOr<std::string> AskForWorkerToken(const std::filesystem::path& state, const Site& site,
                                        const std::string& worker);

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVER_SITE_H_
