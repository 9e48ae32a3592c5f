// SPDX-License-Identifier: Apache-2.0
// From what the user configured to a service that answers.
#ifndef CLIENT_NATIVE_CONNECT_H_
#define CLIENT_NATIVE_CONNECT_H_

#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"
#include "client/native/service.h"

namespace csl::client {

struct Connected {
  std::shared_ptr<Service> service;
  std::string version;  // the JSON of GET /v1/version
};

// `program` is the cs-appliance to start if nothing is configured; `version` is ours. An address at
// which nobody answers, or a token that is not taken, is an error that says which and what to do.
StatusOr<Connected> Connect(const std::filesystem::path& program, const std::string& version);

// cs-appliance below `prefix`, else the first on the path; empty if there is none.
std::filesystem::path FindAppliance(const std::filesystem::path& prefix,
                                    const Environment& environment);

}  // namespace csl::client

#endif  // CLIENT_NATIVE_CONNECT_H_
