// SPDX-License-Identifier: Apache-2.0
// Jobs and workers as people read them: tables and YAML.
#ifndef CLIENT_CLI_RENDER_H_
#define CLIENT_CLI_RENDER_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace csl::cli {

// Rows of cells under a heading, columns two blanks apart; cells are escaped.
std::string Table(const std::vector<std::string>& heading,
                  const std::vector<std::vector<std::string>>& rows);

// "7s", "12m", "3h5m", "2d4h".
std::string ShortDuration(int64_t ms);

// The documented columns: SESSION NAME TYPE PRIORITY AGE DURATION PHASE SYSTEMS USER LABELS
// WORKFLOW DASHBOARD. `base` is what the dashboard's address begins with.
std::string JobTable(const nlohmann::json& jobs, int64_t now_ms, const std::string& base);
std::string WorkerTable(const nlohmann::json& workers);
// What the cluster has by state, its workers, and its jobs by state.
std::string ClusterTables(const nlohmann::json& cluster);
std::string TokenTable(const nlohmann::json& tokens, int64_t now_ms);
std::string EventTable(const nlohmann::json& events);

// The value as a YAML document.
std::string Yaml(const nlohmann::json& value);

}  // namespace csl::cli

#endif  // CLIENT_CLI_RENDER_H_
