// SPDX-License-Identifier: Apache-2.0
// csctl quota: what namespaces and users may have.
#ifndef CLIENT_CLI_QUOTAS_H_
#define CLIENT_CLI_QUOTAS_H_

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/status.h"
#include "client/native/service.h"

namespace CLI {
class App;
}  // namespace CLI

namespace csl::cli {

using Action = std::function<Status(client::Service&)>;

// Adds `quota list`, `quota set` and `quota remove`; parsing one of them sets `chosen`, which must
// live as long as the app.
void AddQuotaCommands(CLI::App& app, Action& chosen);

// KIND NAME LIMIT MOST USED: a row for each limit.
std::string QuotaTable(const nlohmann::json& quotas);

}  // namespace csl::cli

#endif  // CLIENT_CLI_QUOTAS_H_
