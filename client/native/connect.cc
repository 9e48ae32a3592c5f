// SPDX-License-Identifier: Apache-2.0
#include "client/native/connect.h"

#include <unistd.h>

#include "client/native/embedded.h"
#include "client/native/state_folder.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;

Status Explain(const Status& failure, const Endpoint& endpoint) {
  if (failure.code() == StatusCode::kUnavailable) {
    return Unavailable("no appliance answers at " + endpoint.url + ": " + failure.message());
  }
  if (failure.code() == StatusCode::kUnauthenticated) {
    return {failure.code(), "the appliance at " + endpoint.url + " does not take the token: " +
                                failure.message() + " (see CS_APPLIANCE_TOKEN_FILE)"};
  }
  return failure;
}

StatusOr<std::shared_ptr<Service>> Embedded(const fs::path& program, const std::string& version) {
  if (program.empty()) {
    return NotFound(
        "no appliance is configured (CS_APPLIANCE_URL), and cs-appliance, to start one "
        "for this user, is neither beside this installation nor on the path");
  }
  EmbeddedOptions options;
  options.program = program;
  options.version = version;
  ASSIGN_OR_RETURN(options.state_folder, StateFolder(SystemEnvironment));
  ASSIGN_OR_RETURN(Endpoint endpoint, JoinEmbedded(options));
  return std::make_shared<Service>(std::move(endpoint),
                                   [options] { return JoinEmbedded(options).status(); });
}

}  // namespace

fs::path FindAppliance(const fs::path& prefix, const Environment& environment) {
  const auto runs = [](const fs::path& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (const fs::path beside = prefix / "bin" / "cs-appliance"; !prefix.empty() && runs(beside)) {
    return beside;
  }
  std::string_view rest;
  const std::string path = environment("PATH");
  for (rest = path; !rest.empty();) {
    const size_t colon = rest.find(':');
    const fs::path one = fs::path(rest.substr(0, colon)) / "cs-appliance";
    if (runs(one)) return one;
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
  return {};
}

StatusOr<Connected> Connect(const fs::path& program, const std::string& version) {
  ASSIGN_OR_RETURN(std::optional<Endpoint> configured, ConfiguredEndpoint(SystemEnvironment));
  Connected connected;
  if (configured) {
    connected.service = std::make_shared<Service>(*std::move(configured), nullptr);
  } else {
    ASSIGN_OR_RETURN(connected.service, Embedded(program, version));
  }
  const auto answer = connected.service->Version();
  if (!answer.ok()) return Explain(answer.status(), connected.service->endpoint());
  connected.version = *answer;
  return connected;
}

}  // namespace csl::client
