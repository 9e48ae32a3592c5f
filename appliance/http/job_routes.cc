// SPDX-License-Identifier: Apache-2.0
// Routes about jobs.
#include <algorithm>

#include "appliance/http/api.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

constexpr int64_t kMaxNumber = int64_t{1} << 60;

StatusOr<std::map<std::string, std::string>> Labels(const json& body) {
  std::map<std::string, std::string> labels;
  const json given = body.value("labels", json::object());
  if (!given.is_object()) return InvalidArgument("'labels' must be an object");
  for (const auto& [key, value] : given.items()) {
    if (!value.is_string()) return InvalidArgument("label '" + key + "' must be a string");
    labels[key] = value.get<std::string>();
  }
  return labels;
}

StatusOr<CompileSpec> Compile(const json& body) {
  const json given = body.value("compile", json());
  if (!given.is_object()) return InvalidArgument("a compile job needs an object 'compile'");
  CompileSpec spec;
  ASSIGN_OR_RETURN(spec.source, TextField(given, "source", ""));
  ASSIGN_OR_RETURN(spec.csl_main, TextField(given, "csl_main", ""));
  const json args = given.value("args", json::array());
  if (!args.is_array()) return InvalidArgument("'args' must be an array");
  for (const json& arg : args) {
    if (!arg.is_string()) return InvalidArgument("each entry of 'args' must be a string");
    spec.args.push_back(arg.get<std::string>());
  }
  return spec;
}

StatusOr<LaunchSpec> Launch(const json& body) {
  const json given = body.value("launch", json());
  if (!given.is_object()) return InvalidArgument("a launch job needs an object 'launch'");
  LaunchSpec spec;
  ASSIGN_OR_RETURN(spec.artifact, TextField(given, "artifact", ""));
  ASSIGN_OR_RETURN(spec.simulator, BoolField(given, "simulator", false));
  ASSIGN_OR_RETURN(spec.worker, TextField(given, "worker", ""));
  return spec;
}

StatusOr<JobRequest> ParseRequest(const json& body) {
  JobRequest request;
  ASSIGN_OR_RETURN(const std::string kind, TextField(body, "kind", ""));
  ASSIGN_OR_RETURN(request.kind, ParseJobKind(kind));
  ASSIGN_OR_RETURN(request.name, TextField(body, "name", ""));
  ASSIGN_OR_RETURN(request.name_space, TextField(body, "namespace", kDefaultNamespace));
  ASSIGN_OR_RETURN(request.user, TextField(body, "user", ""));
  ASSIGN_OR_RETURN(request.labels, Labels(body));
  ASSIGN_OR_RETURN(const int64_t priority, NumberField(body, "priority", kDefaultPriority));
  request.priority = static_cast<int>(std::clamp<int64_t>(priority, -1, kMaxPriority + 1));
  ASSIGN_OR_RETURN(request.wanted.cpu_milli, NumberField(body, "cpu_milli", 0));
  ASSIGN_OR_RETURN(request.wanted.mem_bytes, NumberField(body, "mem_bytes", 0));
  ASSIGN_OR_RETURN(const int64_t seconds, NumberField(body, "job_time_sec", 0));
  request.time_limit_ms = std::clamp<int64_t>(seconds, -1, kMaxNumber / 1000) * 1000;
  ASSIGN_OR_RETURN(request.client_lease, BoolField(body, "client_lease", true));
  if (request.kind == JobKind::kCompile) {
    ASSIGN_OR_RETURN(request.compile, Compile(body));
  } else {
    ASSIGN_OR_RETURN(request.launch, Launch(body));
  }
  return request;
}

// "RUNNING,QUEUED"; empty for none.
StatusOr<std::vector<JobState>> ParseStates(std::string_view text) {
  std::vector<JobState> states;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    ASSIGN_OR_RETURN(const JobState state, ParseJobState(text.substr(0, comma)));
    states.push_back(state);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return states;
}

}  // namespace

json Api::ToJson(const JobView& view) const {
  const Job& job = view.job;
  json out = {{"id", job.id},
              {"workflow", job.workflow},
              {"kind", JobKindText(job.kind)},
              {"name", job.name},
              {"namespace", job.name_space},
              {"user", job.user},
              {"labels", job.labels},
              {"priority", job.priority},
              {"cpu_milli", job.wanted.cpu_milli},
              {"mem_bytes", job.wanted.mem_bytes},
              {"systems", job.wanted.systems},
              {"state", JobStateText(job.state)},
              {"reason", EndReasonText(job.reason)},
              {"message", job.message},
              {"created_ms", job.created_ms},
              {"scheduled_ms", job.scheduled_ms},
              {"started_ms", job.started_ms},
              {"finished_ms", job.finished_ms},
              {"worker", job.worker},
              {"unprotected", job.unprotected},
              {"seq", job.sequence},
              {"log_bytes", logs_.SizeBytes(job.id)},
              {"remote_log_path", "/v1/jobs/" + job.id + "/log"}};
  if (view.position > 0) {
    out["position"] = view.position;
    out["waits_for"] = view.waits_for;
    if (view.starts_ms) out["estimated_start_ms"] = *view.starts_ms;
  }
  if (!job.result.artifact.empty()) out["artifact"] = job.result.artifact;
  if (job.result.exit_code) out["exit_code"] = *job.result.exit_code;
  if (job.kind == JobKind::kLaunch) out["simulator"] = job.launch.simulator;
  return out;
}

Status Api::GetVersion(Context& context) {
  context.Reply(200, {{"service_version", options_.version},
                      {"job_operator_version", options_.version},
                      {"api_version", "v1"},
                      {"features", {"compile", "launch", "events", "logs", "blob_parts"}}});
  return OkStatus();
}

Status Api::SubmitJob(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const JobRequest request, ParseRequest(body));
  if (context.Query("dry_run") == "true") return ReplyDryRun(context, request);
  ASSIGN_OR_RETURN(const std::string key, context.IdempotencyKey());
  RETURN_IF_ERROR(SyncBlob(context.who, request));
  ASSIGN_OR_RETURN(const JobView view, service_.Submit(context.who, request, key));
  context.Reply(201, ToJson(view));
  return OkStatus();
}

Status Api::ReplyDryRun(Context& context, const JobRequest& request) {
  ASSIGN_OR_RETURN(const DryRun result, service_.TrySubmit(context.who, request));
  json out = {{"dry_run", true},
              {"fits", result.fits},
              {"limits", result.limits},
              {"message", result.message},
              {"cpu_milli", result.view.job.wanted.cpu_milli},
              {"mem_bytes", result.view.job.wanted.mem_bytes},
              {"systems", result.view.job.wanted.systems},
              {"starts_now", !result.worker.empty()},
              {"position", result.view.position},
              {"waits_for", result.view.waits_for}};
  if (result.view.starts_ms) out["estimated_start_ms"] = *result.view.starts_ms;
  context.Reply(200, out);
  return OkStatus();
}

Status Api::SetPriority(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const int64_t priority, NumberField(body, "priority", -1));
  const auto clamped = static_cast<int>(std::clamp<int64_t>(priority, -1, kMaxPriority + 1));
  ASSIGN_OR_RETURN(const JobView view,
                   service_.SetPriority(context.who, context.Param(0), clamped));
  context.Reply(200, ToJson(view));
  return OkStatus();
}

Status Api::SetLabels(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const auto set, Labels(body));
  const json given = body.value("remove", json::array());
  if (!given.is_array()) return InvalidArgument("'remove' must be an array of strings");
  std::vector<std::string> remove;
  for (const json& one : given) {
    if (!one.is_string()) return InvalidArgument("'remove' must be an array of strings");
    remove.push_back(one.get<std::string>());
  }
  ASSIGN_OR_RETURN(const JobView view,
                   service_.SetLabels(context.who, context.Param(0), set, remove));
  context.Reply(200, ToJson(view));
  return OkStatus();
}

Status Api::ListJobs(Context& context) {
  JobFilter filter;
  if (const std::string one = context.Query("namespace"); !one.empty()) filter.namespaces = {one};
  filter.only_active = context.Query("all").empty();
  ASSIGN_OR_RETURN(filter.states, ParseStates(context.Query("state")));
  if (!filter.states.empty()) filter.only_active = false;
  ASSIGN_OR_RETURN(filter.before_sequence, context.Number("cursor", 0, kMaxNumber));
  ASSIGN_OR_RETURN(const int64_t limit, context.Number("limit", 100, kMaxNumber));
  filter.limit = static_cast<int>(std::min<int64_t>(limit, INT32_MAX));
  ASSIGN_OR_RETURN(const auto views, service_.List(context.who, filter));
  json jobs = json::array();
  for (const JobView& view : views) jobs.push_back(ToJson(view));
  json out = {{"jobs", jobs}};
  if (static_cast<int>(views.size()) == filter.limit) {
    out["next_cursor"] = views.back().job.sequence;
  }
  context.Reply(200, out);
  return OkStatus();
}

Status Api::GetJob(Context& context) {
  ASSIGN_OR_RETURN(const JobView view, service_.Get(context.who, context.Param(0)));
  context.Reply(200, ToJson(view));
  return OkStatus();
}

Status Api::CancelJob(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const std::string by, TextField(body, "by", ""));
  RETURN_IF_ERROR(service_.Cancel(context.who, context.Param(0), by));
  return GetJob(context);
}

Status Api::RenewLease(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const int64_t ttl_ms, NumberField(body, "ttl_ms", 60'000));
  RETURN_IF_ERROR(service_.RenewClientLease(context.who, context.Param(0), ttl_ms));
  return GetJob(context);
}

Status Api::FinishJob(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const std::string outcome, TextField(body, "outcome", "succeeded"));
  ASSIGN_OR_RETURN(const std::string message, TextField(body, "message", ""));
  if (outcome != "succeeded" && outcome != "failed") {
    return InvalidArgument("'outcome' is '" + outcome + "'; must be succeeded or failed");
  }
  RETURN_IF_ERROR(service_.Finish(context.who, context.Param(0), outcome == "succeeded", message));
  return GetJob(context);
}

}  // namespace csl::appliance
