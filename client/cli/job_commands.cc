// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>

#include "base/http/client.h"
#include "client/cli/answers.h"
#include "client/cli/escape.h"
#include "client/cli/options.h"
#include "client/cli/words.h"

namespace csl::cli {
namespace {

using client::Service;
using nlohmann::json;

constexpr int64_t kFollowMs = 10'000;

std::string JobPath(const Options& options, const std::string& rest = "") {
  return "/v1/jobs/" + http::UrlEncode(options.id) + rest;
}

void ShowJob(const json& job, const json& events, const Options& options, Service& service) {
  std::cout << JobTable(json::array({job}), NowMs(), service.endpoint().url);
  const std::string message = client::TextField(job, "message");
  if (!message.empty()) std::cout << "\n" << EscapeControls(message) << "\n";
  const std::string waits = client::TextField(job, "waits_for");
  if (!waits.empty()) {
    std::cout << "\nPosition " << client::NumberField(job, "position")
              << " in the queue: " << EscapeControls(waits) << "\n";
  }
  if (options.show_events) std::cout << "\n" << EventTable(events);
}

}  // namespace

Status GetJobs(Service& service, Options& options) {
  json jobs = json::array();
  std::string cursor;
  do {
    std::string path = "/v1/jobs?limit=500" + cursor;
    if (options.all) path += "&all=1";
    if (!options.state.empty()) path += "&state=" + http::UrlEncode(Upper(options.state));
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

Status GetJob(Service& service, Options& options) {
  ASSIGN_OR_RETURN(json job, Ask(service, JobPath(options)));
  const std::string name_space = client::TextField(job, "namespace");
  if (!options.name_space.empty() && options.name_space != name_space) {
    return NotFound("job '" + options.id + "' is not in namespace '" + options.name_space +
                    "' but in '" + name_space + "'");
  }
  json events = json::array();
  if (options.show_events) {
    ASSIGN_OR_RETURN(const json answer, Ask(service, JobPath(options, "/events?after=0")));
    events = client::ListField(answer, "events");
  }
  if (options.format == "table") {
    ShowJob(job, events, options, service);
    return OkStatus();
  }
  if (options.show_events) job["events"] = events;
  Print(job, options.format);
  return OkStatus();
}

Status CancelJob(Service& service, Options& options) {
  const std::string user = client::SystemEnvironment("USER");
  const json body = {{"by", user.empty() ? "csctl" : user + " with csctl"}};
  RETURN_IF_ERROR(service.Post(JobPath(options, "/cancel"), body.dump()).status());
  std::cout << "Job canceled successfully\n";
  return OkStatus();
}

Status LabelJob(Service& service, Options& options) {
  ASSIGN_OR_RETURN(const LabelChanges changes, ParseLabelChanges(options.words));
  RETURN_IF_ERROR(Tell(service, JobPath(options, "/labels"),
                       {{"labels", changes.set}, {"remove", changes.remove}})
                      .status());
  std::cout << "job/" << EscapeLine(options.id) << " was patched\n";
  return OkStatus();
}

Status SetPriority(Service& service, Options& options) {
  ASSIGN_OR_RETURN(const int priority, ParsePriority(options.value));
  ASSIGN_OR_RETURN(const json job,
                   Tell(service, JobPath(options, "/priority"), {{"priority", priority}}));
  std::cout << "job/" << EscapeLine(options.id) << " has priority "
            << client::NumberField(job, "priority") << "\n";
  return OkStatus();
}

Status ShowLog(Service& service, Options& options) {
  uint64_t offset = 0;
  std::string rest;  // a character may be cut between two pieces
  for (;;) {
    ASSIGN_OR_RETURN(const client::LogPiece piece,
                     service.Log(JobPath(options, "/log"), offset, options.follow ? kFollowMs : 0));
    offset = piece.next_offset;
    const bool is_end = options.follow ? piece.is_complete : piece.bytes.empty();
    if (options.raw) {
      std::cout << piece.bytes;
    } else {
      rest += piece.bytes;
      const size_t whole = is_end ? rest.size() : rest.rfind('\n') + 1;
      std::cout << EscapeControls(std::string_view(rest).substr(0, whole));
      rest.erase(0, whole);
    }
    std::cout.flush();
    if (!std::cout) return Unavailable("cannot write to standard output");
    if (is_end) return OkStatus();
  }
}

}  // namespace csl::cli
