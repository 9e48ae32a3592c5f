// SPDX-License-Identifier: Apache-2.0
// csctl: jobs and workers of an appliance, for operators.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/http/client.h"
#include "client/cli/doctor.h"
#include "client/cli/escape.h"
#include "client/cli/render.h"
#include "client/cli/version.h"
#include "client/native/connect.h"
#include "client/native/fields.h"

namespace csl::cli {
namespace {

using client::Service;
using nlohmann::json;

struct Options {
  std::string format = "table";
  std::string name_space;
  std::string id;
  bool all = false;
  bool show_events = false;
  bool raw = false;
};

StatusOr<json> Ask(Service& service, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string answer, service.Get(path));
  return client::ParseObject(answer);
}

int64_t NowMs() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::string JobPath(const Options& options, const std::string& rest = "") {
  return "/v1/jobs/" + http::UrlEncode(options.id) + rest;
}

void Print(const json& value, const std::string& format) {
  // Control characters are escaped in both forms: strings are written as JSON writes them.
  std::cout << (format == "yaml" ? Yaml(value)
                                 : value.dump(2, ' ', true, json::error_handler_t::replace) + "\n");
}

Status GetJobs(Service& service, const Options& options) {
  json jobs = json::array();
  std::string cursor;
  do {
    std::string path = "/v1/jobs?limit=500" + cursor;
    if (options.all) path += "&all=1";
    if (!options.name_space.empty()) path += "&namespace=" + http::UrlEncode(options.name_space);
    ASSIGN_OR_RETURN(const json page, Ask(service, path));
    for (const json& job : client::ListField(page, "jobs")) jobs.push_back(job);
    const auto next = page.find("next_cursor");
    cursor = next == page.end() ? "" : "&cursor=" + next->dump();
  } while (!cursor.empty());
  if (options.format == "table") {
    std::cout << JobTable(jobs, NowMs(), service.endpoint().url);
  } else {
    Print({{"jobs", jobs}}, options.format);
  }
  return OkStatus();
}

Status GetJob(Service& service, const Options& options) {
  ASSIGN_OR_RETURN(json job, Ask(service, JobPath(options)));
  json events = json::array();
  if (options.show_events) {
    ASSIGN_OR_RETURN(const json answer, Ask(service, JobPath(options, "/events?after=0")));
    events = client::ListField(answer, "events");
  }
  if (options.format == "table") {
    std::cout << JobTable(json::array({job}), NowMs(), service.endpoint().url);
    const std::string message = client::TextField(job, "message");
    if (!message.empty()) std::cout << "\n" << EscapeControls(message) << "\n";
    if (options.show_events) std::cout << "\n" << EventTable(events);
    return OkStatus();
  }
  if (options.show_events) job["events"] = events;
  Print(job, options.format);
  return OkStatus();
}

Status CancelJob(Service& service, const Options& options) {
  const std::string user = client::SystemEnvironment("USER");
  const json body = {{"by", user.empty() ? "csctl" : user + " with csctl"}};
  RETURN_IF_ERROR(service.Post(JobPath(options, "/cancel"), body.dump()).status());
  std::cout << "Job canceled successfully\n";
  return OkStatus();
}

Status ExportLog(Service& service, const Options& options) {
  uint64_t offset = 0;
  std::string rest;  // a character may be cut between two pieces
  for (;;) {
    ASSIGN_OR_RETURN(const client::LogPiece piece,
                     service.Log(JobPath(options, "/log"), offset, 0));
    if (options.raw) {
      std::cout << piece.bytes;
    } else {
      rest += piece.bytes;
      const size_t whole = piece.bytes.empty() ? rest.size() : rest.rfind('\n') + 1;
      std::cout << EscapeControls(std::string_view(rest).substr(0, whole));
      rest.erase(0, whole);
    }
    if (piece.bytes.empty()) break;
    offset = piece.next_offset;
  }
  std::cout.flush();
  return std::cout ? OkStatus() : Unavailable("cannot write to standard output");
}

Status GetWorkers(Service& service, const Options& options) {
  ASSIGN_OR_RETURN(const json answer,
                   Ask(service, options.all ? "/v1/workers?all=1" : "/v1/workers"));
  if (options.format == "table") {
    std::cout << WorkerTable(client::ListField(answer, "workers"));
  } else {
    Print(answer, options.format);
  }
  return OkStatus();
}

Status ShowVersion(Service& service, const Options&) {
  ASSIGN_OR_RETURN(const json server, Ask(service, "/v1/version"));
  std::cout << "client " << kVersion << "\nserver "
            << EscapeLine(client::TextField(server, "service_version")) << " (API "
            << EscapeLine(client::TextField(server, "api_version")) << ") at "
            << service.endpoint().url << "\n";
  return OkStatus();
}

Status Drain(Service& service, const std::string& id) {
  return service.Post("/v1/workers/" + http::UrlEncode(id) + "/drain", "{}").status();
}

// Examines each worker that takes jobs; one that fails takes none from then on.
Status Doctor(Service& service, const Options&) {
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
    RETURN_IF_ERROR(Drain(service, client::TextField(worker, "id")));
  }
  std::cout << Table({"WORKER", "CHECK", "RESULT", "DETAIL"}, rows);
  if (failed.empty()) return OkStatus();
  return FailedPrecondition(
      "these workers failed and get no more jobs (uncordon takes them back): " + failed);
}

using Command = Status (*)(Service&, const Options&);

void AddFormat(CLI::App* command, Options& options) {
  command->add_option("-o,--output", options.format, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}));
}

void AddJobsOptions(CLI::App* jobs, Options& options) {
  jobs->add_flag("-a,--all,--all-states", options.all, "Those that have ended, too");
  jobs->add_option("-n,--namespace", options.name_space, "Only this namespace's");
  AddFormat(jobs, options);
}

void AddCommands(CLI::App& app, Options& options, Command& chosen) {
  const auto on = [&chosen](CLI::App* command, Command what) {
    command->callback([&chosen, what] { chosen = what; });
    return command;
  };
  CLI::App* get = app.add_subcommand("get", "Shows jobs, one job, or workers");
  get->require_subcommand(1);
  CLI::App* jobs = on(get->add_subcommand("jobs", "Jobs, newest first"), GetJobs);
  AddJobsOptions(jobs, options);
  CLI::App* job = on(get->add_subcommand("job", "One job"), GetJob);
  job->add_option("id", options.id, "Its id")->required();
  job->add_flag("--show-events", options.show_events, "Also what happened to it");
  AddFormat(job, options);
  CLI::App* workers = on(get->add_subcommand("workers", "Workers"), GetWorkers);
  workers->add_flag("-a,--all", options.all, "Those that are lost, too");
  AddFormat(workers, options);
  CLI::App* cluster = on(get->add_subcommand("cluster", "As workers"), GetWorkers);
  cluster->add_flag("-a,--all", options.all, "Those that are lost, too");
  AddFormat(cluster, options);
  CLI::App* cancel = app.add_subcommand("cancel", "Ends a job");
  cancel->require_subcommand(1);
  on(cancel->add_subcommand("job", "Ends a job"), CancelJob)
      ->add_option("id", options.id, "Its id")
      ->required();
  CLI::App* job_verbs = app.add_subcommand("job", "The same, as other clusters spell it");
  job_verbs->require_subcommand(1);
  AddJobsOptions(on(job_verbs->add_subcommand("list", "As get jobs"), GetJobs), options);
  CLI::App* one = on(job_verbs->add_subcommand("get", "As get job"), GetJob);
  one->add_option("id", options.id, "Its id")->required();
  AddFormat(one, options);
  on(job_verbs->add_subcommand("cancel", "As cancel job"), CancelJob)
      ->add_option("id", options.id, "Its id")
      ->required();
  CLI::App* log = on(app.add_subcommand("log-export", "Prints a job's log"), ExportLog);
  log->add_option("id", options.id, "The job's id")->required();
  log->add_flag("--raw", options.raw, "As it is, with control characters");
  on(app.add_subcommand("doctor", "Tries to escape from a session on each worker"), Doctor);
  on(app.add_subcommand("version", "Versions of client and server"), ShowVersion);
}

// The words on the command line up to the first that no command is named by: "job set-priority".
// Empty if all are known.
std::string UnknownCommand(const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  std::string words;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    if (word.starts_with('-')) {
      const bool takes_value = word == "-n" || word == "--namespace" || word == "-o";
      if (takes_value) ++n;
      continue;
    }
    const auto below = at->get_subcommands([](const CLI::App*) { return true; });
    if (below.empty()) return "";
    words += (words.empty() ? "" : " ") + word;
    const auto found = std::find_if(below.begin(), below.end(), [&](const CLI::App* command) {
      return command->get_name() == word;
    });
    if (found == below.end()) return words;
    at = *found;
  }
  return "";
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Jobs and workers of an appliance: the one at CS_APPLIANCE_URL (token in "
      "CS_APPLIANCE_TOKEN_FILE), or in ~/.config/csl-appliance/config.json, or this user's own.");
  app.require_subcommand(1);
  Options options;
  Command command = nullptr;
  AddCommands(app, options, command);
  app.add_option("-n,--namespace", options.name_space, "The namespace, for commands that take one");
  app.set_version_flag("--version", std::string("csctl ") + kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    const std::string unknown = UnknownCommand(app, argc, argv);
    std::cerr << "csctl: "
              << EscapeControls(unknown.empty() ? std::string(error.what())
                                                : "csctl has no '" + unknown + "'")
              << "; csctl --help lists the commands" << std::endl;
    return 2;
  }

  const auto prefix = InstallPrefix();
  const auto program = client::FindAppliance(prefix.ok() ? *prefix : "", client::SystemEnvironment);
  const auto connected = client::Connect(program, kVersion);
  const Status status = connected.ok() ? command(*connected->service, options) : connected.status();
  if (status.ok()) return 0;
  std::cerr << "csctl: " << EscapeControls(status.message()) << std::endl;
  return StatusCodeToExitCode(status.code());
}

}  // namespace
}  // namespace csl::cli

int main(int argc, char** argv) { return csl::cli::Main(argc, argv); }
