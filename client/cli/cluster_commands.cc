// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "base/http/client.h"
#include "base/version.h"
#include "client/cli/answers.h"
#include "client/cli/doctor.h"
#include "client/cli/escape.h"
#include "client/cli/options.h"

namespace csl::cli {
namespace {

using client::Service;
using nlohmann::json;

// The id of the worker of this name or id.
StatusOr<std::string> WorkerId(Service& service, const std::string& which) {
  ASSIGN_OR_RETURN(const json answer, Ask(service, "/v1/workers"));
  std::string names;
  for (const json& worker : client::ListField(answer, "workers")) {
    const std::string name = client::TextField(worker, "name");
    const std::string id = client::TextField(worker, "id");
    if (which == name || which == id) return id;
    names += (names.empty() ? "" : ", ") + name;
  }
  return NotFound("there is no worker '" + which +
                  "'; there are: " + (names.empty() ? "none" : names));
}

Status SetTaking(Service& service, const std::string& which, const char* verb) {
  ASSIGN_OR_RETURN(const std::string id, WorkerId(service, which));
  return service.Post("/v1/workers/" + http::UrlEncode(id) + "/" + verb, "{}").status();
}

Status SayTaking(Service& service, const Options& options, const char* verb, const char* said) {
  RETURN_IF_ERROR(SetTaking(service, options.id, verb));
  std::cout << "worker/" << EscapeLine(options.id) << " " << said << "\n";
  return OkStatus();
}

}  // namespace

Status GetCluster(Service& service, Options& options) {
  ASSIGN_OR_RETURN(const json answer, Ask(service, "/v1/cluster"));
  if (options.format == "table") {
    std::cout << ClusterTables(answer);
  } else {
    Print(answer, options.format);
  }
  return OkStatus();
}

Status GetWorkers(Service& service, Options& options) {
  ASSIGN_OR_RETURN(const json answer,
                   Ask(service, options.all ? "/v1/workers?all=1" : "/v1/workers"));
  if (options.format == "table") {
    std::cout << WorkerTable(client::ListField(answer, "workers"));
  } else {
    Print(answer, options.format);
  }
  return OkStatus();
}

Status Drain(Service& service, Options& options) {
  return SayTaking(service, options, "drain",
                   "is draining: what runs there continues, nothing new comes");
}

Status Cordon(Service& service, Options& options) {
  return SayTaking(service, options, "drain", "cordoned");
}

Status Uncordon(Service& service, Options& options) {
  return SayTaking(service, options, "uncordon", "uncordoned");
}

// Examines each worker that takes jobs; one that fails takes none from then on.
Status RunDoctor(Service& service, Options&) {
  ASSIGN_OR_RETURN(const json answer, Ask(service, "/v1/workers"));
  std::vector<std::vector<std::string>> rows;
  std::string failed;
  for (const json& worker : client::ListField(answer, "workers")) {
    const std::string name = client::TextField(worker, "name");
    if (client::TextField(worker, "state") != "READY") {
      rows.push_back({name, "-", "not examined", client::TextField(worker, "state")});
      continue;
    }
    const auto findings = Examine(service, name);
    bool passed = findings.ok();
    if (!passed) rows.push_back({name, "session", "FAILED", findings.status().message()});
    for (const Finding& one : findings.ok() ? *findings : std::vector<Finding>()) {
      rows.push_back({name, one.check, one.passed ? "ok" : "FAILED", one.detail});
      passed = passed && one.passed;
    }
    if (passed) continue;
    failed += (failed.empty() ? "" : ", ") + name;
    RETURN_IF_ERROR(SetTaking(service, client::TextField(worker, "id"), "drain"));
  }
  std::cout << Table({"WORKER", "CHECK", "RESULT", "DETAIL"}, rows);
  if (failed.empty()) return OkStatus();
  return FailedPrecondition(
      "these workers failed and get no more jobs (uncordon takes them back): " + failed);
}

Status ShowVersion(Service& service, Options&) {
  ASSIGN_OR_RETURN(const json server, Ask(service, "/v1/version"));
  std::cout << "client " << kVersion << "\nserver "
            << EscapeLine(client::TextField(server, "service_version")) << " (API "
            << EscapeLine(client::TextField(server, "api_version")) << ") at "
            << service.endpoint().url << "\n";
  return OkStatus();
}

}  // namespace csl::cli
