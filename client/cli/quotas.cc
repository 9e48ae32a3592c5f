// SPDX-License-Identifier: Apache-2.0
#include "client/cli/quotas.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/http/client.h"
#include "client/cli/answers.h"

namespace csl::cli {
namespace {

using client::Service;
using nlohmann::json;

// Options of `quota set`, and the fields that they fill.
constexpr std::pair<const char*, const char*> kLimits[] = {
    {"running_jobs", "Running jobs"},
    {"cpu_milli", "Thousandths of a processor of running jobs"},
    {"mem_bytes", "Bytes of memory of running jobs"},
    {"systems", "CS systems of running jobs"},
    {"blob_bytes", "Bytes of blobs"},
};

struct QuotaOptions {
  std::string kind;
  std::string name;
  std::map<std::string, int64_t> limits;  // -1: not given
  bool as_json = false;
};

std::string PathOf(const QuotaOptions& options) {
  return "/v1/quotas/" + http::UrlEncode(options.kind) + "/" + http::UrlEncode(options.name);
}

Status Set(Service& service, const QuotaOptions& options) {
  json body = json::object();
  for (const auto& [name, most] : options.limits) {
    if (most >= 0) body[name] = most;
  }
  ASSIGN_OR_RETURN(const std::string answer, service.Put(PathOf(options), body.dump()));
  ASSIGN_OR_RETURN(const json quota, client::ParseObject(answer));
  std::cout << QuotaTable(json::array({quota}));
  return OkStatus();
}

Status List(Service& service, const QuotaOptions& options) {
  ASSIGN_OR_RETURN(const json answer, Ask(service, "/v1/quotas"));
  if (options.as_json) {
    Print(answer, "json");
  } else {
    std::cout << QuotaTable(client::ListField(answer, "quotas"));
  }
  return OkStatus();
}

Status Remove(Service& service, const QuotaOptions& options) {
  RETURN_IF_ERROR(service.Delete(PathOf(options)).status());
  std::cout << "Quota removed\n";
  return OkStatus();
}

std::string OptionOf(std::string field) {
  for (char& c : field) c = c == '_' ? '-' : c;
  return "--" + field;
}

}  // namespace

std::string QuotaTable(const json& quotas) {
  std::vector<std::vector<std::string>> rows;
  for (const json& quota : quotas) {
    const json limits = quota.value("limits", json::object());
    const json used = quota.value("used", json::object());
    for (const auto& [name, about] : kLimits) {
      if (!limits.contains(name)) continue;
      rows.push_back({client::TextField(quota, "kind"), client::TextField(quota, "name"), name,
                      limits[name].dump(), used.contains(name) ? used[name].dump() : "-"});
    }
  }
  return Table({"KIND", "NAME", "LIMIT", "MOST", "USED"}, rows);
}

void AddQuotaCommands(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<QuotaOptions>();
  const auto on = [&chosen, options](CLI::App* command,
                                     Status (*what)(Service&, const QuotaOptions&)) {
    command->callback([&chosen, options, what] {
      chosen = [options, what](Service& service) { return what(service, *options); };
    });
    return command;
  };
  const auto subject = [options](CLI::App* command) {
    command->add_option("kind", options->kind, "namespace or user")
        ->check(CLI::IsMember({"namespace", "user"}))
        ->required();
    command->add_option("name", options->name, "Its name")->required();
  };
  CLI::App* quota = app.add_subcommand("quota", "Limits of namespaces and users");
  quota->require_subcommand(1);
  on(quota->add_subcommand("list", "Quotas and their use"), List)
      ->add_flag("--json", options->as_json, "As the API returns them");
  CLI::App* set = on(quota->add_subcommand("set", "Sets one; replaces the previous one"), Set);
  subject(set);
  for (const auto& [name, about] : kLimits) {
    set->add_option(OptionOf(name), options->limits.emplace(name, -1).first->second, about)
        ->check(CLI::NonNegativeNumber);
  }
  subject(on(quota->add_subcommand("remove", "Removes one"), Remove));
}

}  // namespace csl::cli
