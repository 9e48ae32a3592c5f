// SPDX-License-Identifier: Apache-2.0
// What `cs-appliance init` leaves for a site: a configuration file, and lines that workers join by.
#ifndef APPLIANCE_SERVER_SITE_H_
#define APPLIANCE_SERVER_SITE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"

namespace csl::appliance {

// Where a service listens, and the names that clients call it by.
struct Site {
  std::string listen;  // "unix:PATH" or "HOST:PORT"
  std::vector<std::string> host_names;
};

// The file in a state folder that `serve --config` takes.
std::filesystem::path ConfigIn(const std::filesystem::path& state);
Status WriteSite(const std::filesystem::path& state, const Site& site);
StatusOr<Site> ReadSite(const std::filesystem::path& state);

// The url by which workers reach it: of a service that listens everywhere, by its first name or
// this machine's. kInvalidArgument for an address whose port is not known.
StatusOr<std::string> UrlOf(const Site& site);

// A new token for the worker of this name, from the service that runs on this machine.
StatusOr<std::string> AskForWorkerToken(const std::filesystem::path& state, const Site& site,
                                        const std::string& worker);

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVER_SITE_H_
