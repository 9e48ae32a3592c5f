// SPDX-License-Identifier: Apache-2.0
// Routes for those who watch the service.
#include "appliance/http/api.h"
#include "appliance/http/process_metrics.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

void WriteJobs(const Statistics& now, MetricsText& text) {
  text.Family("csl_jobs", "gauge", "Jobs that are known, by state.");
  for (const JobState state : AllJobStates()) {
    const auto it = now.jobs.find(state);
    const int64_t count = it == now.jobs.end() ? 0 : it->second;
    text.Sample({{"state", std::string(JobStateText(state))}}, static_cast<uint64_t>(count));
  }
  text.Family("csl_job_queue_wait_seconds", "histogram",
              "From a job's submission to its first assignment to a worker.");
  text.Sample({}, now.queue_wait_seconds);
}

void WriteWorkers(const Statistics& now, MetricsText& text) {
  text.Family("csl_workers", "gauge", "Workers, by state; each name once.");
  for (const WorkerState state :
       {WorkerState::kReady, WorkerState::kDraining, WorkerState::kLost}) {
    const auto it = now.workers.find(state);
    const int64_t count = it == now.workers.end() ? 0 : it->second;
    text.Sample({{"state", std::string(WorkerStateText(state))}}, static_cast<uint64_t>(count));
  }
  const auto resources = [&text](const char* name, const char* help, const Resources& what) {
    text.Family(name, "gauge", help);
    text.Sample({{"resource", "cpu_milli"}}, static_cast<double>(what.cpu_milli));
    text.Sample({{"resource", "mem_bytes"}}, static_cast<double>(what.mem_bytes));
    text.Sample({{"resource", "systems"}}, static_cast<double>(what.systems));
  };
  resources("csl_worker_resources", "What workers have that are not lost.", now.total);
  resources("csl_worker_resources_used", "What jobs on them were given.", now.used);
}

}  // namespace

Status Api::GetHealth(Context& context) {
  context.Reply(200, {{"status", "ok"}});
  return OkStatus();
}

Status Api::GetReadiness(Context& context) {
  const Health::Findings findings = health_.Now();
  const bool ready = Health::AllWell(findings);
  context.Reply(ready ? 200 : 503, {{"ready", ready}, {"checks", findings}});
  return OkStatus();
}

Status Api::GetMetrics(Context& context) {
  ASSIGN_OR_RETURN(const Statistics now, service_.GetStatistics());
  MetricsText text;
  WriteJobs(now, text);
  WriteWorkers(now, text);
  requests_.WriteTo(text);
  if (!options_.health.state_dir.empty()) {
    text.One("csl_state_disk_free_bytes", "gauge", "Free on the disk of the state folder.",
             static_cast<double>(FreeBytes(options_.health.state_dir)));
  }
  WriteProcessMetrics(text);
  context.ReplyBytes(text.text(), kMetricsType);
  return OkStatus();
}

void Api::LookAtHealth(const Status& store) {
  const auto polling = service_.PollingWorkers();
  health_.Look(store.ok() ? polling.status() : store, polling.ok() ? *polling : 0);
}

}  // namespace csl::appliance
