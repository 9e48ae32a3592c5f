// SPDX-License-Identifier: Apache-2.0
// Routes for workers, and about them.
#include <algorithm>

#include "appliance/http/api.h"
#include "base/http/waiting.h"
#include "base/join_line.h"
#include "base/tls/certificate.h"
#include "proto/worker_messages.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

constexpr int64_t kMaxNumber = int64_t{1} << 60;

json ResourcesJson(const Resources& resources) {
  return {{"cpu_milli", resources.cpu_milli},
          {"mem_bytes", resources.mem_bytes},
          {"systems", resources.systems}};
}

json WorkerJson(const Worker& worker) {
  json out = ResourcesJson(worker.total);
  out["id"] = worker.id;
  out["name"] = worker.name;
  out["state"] = WorkerStateText(worker.state);
  out["version"] = worker.version;
  json sandbox = json::parse(worker.sandbox, nullptr, false);
  out["sandbox"] = sandbox.is_discarded() ? json::object() : std::move(sandbox);
  return out;
}

messages::Attempt AttemptMessage(const AssignedAttempt& one) {
  const Resources& wanted = one.job.wanted;
  messages::AttemptJob job = {.id = one.job.id,
                              .kind = one.job.kind,
                              .name_space = one.job.name_space,
                              .resources = {wanted.cpu_milli, wanted.mem_bytes, wanted.systems},
                              .time_limit_ms = one.job.time_limit_ms,
                              .compile = {},
                              .launch = {}};
  if (one.job.kind == JobKind::kCompile) {
    job.compile = {one.job.compile.source, one.job.compile.csl_main, one.job.compile.args};
  } else {
    job.launch = {one.job.launch.artifact, one.job.launch.simulator};
  }
  return {one.attempt.id, one.attempt.fence, one.attempt.secret, std::move(job)};
}

// What a worker lacks, as "sandbox, memory".
std::string MissingText(const messages::WorkerSandbox& sandbox) {
  std::string text;
  for (const std::string& one : sandbox.missing) text += (text.empty() ? "" : ", ") + one;
  return text;
}

// The body of a request as the message that it must be.
template <typename Message>
StatusOr<Message> MessageOf(const Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  return messages::FromJson<Message>(body);
}

}  // namespace

Status Api::ListWorkers(Context& context) {
  ASSIGN_OR_RETURN(const auto workers, service_.Workers(context.who));
  json list = json::array();
  for (const Worker& worker : workers) {
    // The lost ones are history: shown on request only.
    if (worker.state == WorkerState::kLost && context.Query("all").empty()) continue;
    list.push_back(WorkerJson(worker));
  }
  context.Reply(200, {{"workers", list}});
  return OkStatus();
}

Status Api::GetCluster(Context& context) {
  ASSIGN_OR_RETURN(const ClusterView view, service_.Cluster(context.who));
  struct Sum {
    int64_t workers = 0;
    Resources total;
    Resources used;
  };
  std::map<WorkerState, Sum> sums;
  json workers = json::array();
  for (const WorkerLoad& one : view.workers) {
    Sum& sum = sums[one.worker.state];
    ++sum.workers;
    sum.total = sum.total + one.worker.total;
    sum.used = sum.used + one.used;
    workers.push_back({{"id", one.worker.id},
                       {"name", one.worker.name},
                       {"state", WorkerStateText(one.worker.state)},
                       {"total", ResourcesJson(one.worker.total)},
                       {"used", ResourcesJson(one.used)},
                       {"jobs", one.jobs}});
  }
  json by_state = json::object();
  for (const WorkerState state :
       {WorkerState::kReady, WorkerState::kDraining, WorkerState::kLost}) {
    const Sum& sum = sums[state];
    by_state[std::string(WorkerStateText(state))] = {{"workers", sum.workers},
                                                     {"total", ResourcesJson(sum.total)},
                                                     {"used", ResourcesJson(sum.used)}};
  }
  json jobs = json::object();
  for (const JobState state : AllJobStates()) {
    if (IsEnd(state)) continue;
    const auto count = view.jobs.find(state);
    jobs[std::string(JobStateText(state))] = count == view.jobs.end() ? 0 : count->second;
  }
  context.Reply(200, {{"states", by_state}, {"workers", workers}, {"jobs", jobs}});
  return OkStatus();
}

Status Api::RegisterWorker(Context& context) {
  ASSIGN_OR_RETURN(const auto asked, MessageOf<messages::WorkerRequest>(context));
  if (!asked.endpoint.empty()) RETURN_IF_ERROR(http::CheckUrl(asked.endpoint));
  Worker worker;
  worker.name = asked.name;
  worker.total = {asked.cpu_milli, asked.mem_bytes, asked.systems};
  worker.endpoint = asked.endpoint;
  worker.version = asked.version;
  worker.sandbox = asked.sandbox ? messages::ToText(*asked.sandbox) : "{}";
  if (asked.sandbox) worker.missing = MissingText(*asked.sandbox);
  ASSIGN_OR_RETURN(const Worker joined, service_.Register(context.who, worker));
  context.Reply(201, messages::ToJson(messages::Joined{
                         .worker_id = joined.id, .lease_ms = service_.options().worker_lease_ms}));
  return OkStatus();
}

Status Api::CertifyWorker(Context& context) {
  ASSIGN_OR_RETURN(const auto asked, MessageOf<messages::CertificateRequest>(context));
  if (!options_.sign) {
    return FailedPrecondition("this service has no authority that could sign");
  }
  // For its own name, whatever it asked for: with another it could stand in for the service.
  RETURN_IF_ERROR(CheckWorkerName(context.who.user));
  ASSIGN_OR_RETURN(const std::string chain,
                   options_.sign(asked.request, tls::WorkerHost(context.who.user)));
  context.Reply(201, messages::ToJson(messages::Certificate{.certificate = chain}));
  return OkStatus();
}

Status Api::PollWorker(Context& context) {
  ASSIGN_OR_RETURN(const auto asked, MessageOf<messages::PollRequest>(context));
  const std::chrono::milliseconds wait(
      std::clamp<int64_t>(asked.wait_ms, 0, service_.options().worker_lease_ms / 3));
  auto& kept = http::KeptForNextRun();
  if (kept == nullptr) kept = std::make_shared<uint64_t>(0);
  ASSIGN_OR_RETURN(const PollReply reply,
                   service_.PollStep(context.who, context.Param(0), asked.running,
                                     *std::static_pointer_cast<uint64_t>(kept)));
  const std::string channel = JobService::WorkerChannel(context.Param(0));
  if (!reply.HasNews() && http::WaitFor(channel, wait)) return OkStatus();
  messages::PollReply answer;
  for (const AssignedAttempt& one : reply.assignments) {
    answer.assignments.push_back(AttemptMessage(one));
  }
  answer.cancel = reply.cancel;
  context.Reply(200, messages::ToJson(answer));
  return OkStatus();
}

Status Api::LeaveWorker(Context& context) {
  RETURN_IF_ERROR(service_.Leave(context.who, context.Param(0)));
  context.Reply(200, json::object());
  return OkStatus();
}

Status Api::DrainWorker(Context& context) {
  RETURN_IF_ERROR(service_.SetDraining(context.who, context.Param(0), true));
  context.Reply(200, json::object());
  return OkStatus();
}

Status Api::UncordonWorker(Context& context) {
  RETURN_IF_ERROR(service_.SetDraining(context.who, context.Param(0), false));
  context.Reply(200, json::object());
  return OkStatus();
}

StatusOr<int64_t> Api::OwnAttempt(Context& context) {
  ASSIGN_OR_RETURN(const int64_t attempt, context.NumberParam(0));
  RETURN_IF_ERROR(service_.CheckTicket(attempt, context.request.get_header_value("X-Ticket")));
  return attempt;
}

StatusOr<Job> Api::JobOfOwnAttempt(Context& context) {
  ASSIGN_OR_RETURN(const int64_t attempt, OwnAttempt(context));
  ASSIGN_OR_RETURN(const int64_t fence, context.Number("fence", 0, kMaxNumber));
  return service_.JobOfAttempt(context.who, attempt, fence);
}

Status Api::ReportAttempt(Context& context) {
  ASSIGN_OR_RETURN(const auto said, MessageOf<messages::ReportRequest>(context));
  ASSIGN_OR_RETURN(const int64_t attempt, OwnAttempt(context));
  RETURN_IF_ERROR(service_.Accept(
      context.who, {.attempt = attempt,
                    .fence = said.fence,
                    .to = said.to,
                    .reason = said.reason,
                    .message = said.message,
                    .result = {said.result.artifact.value_or(""), said.result.exit_code}}));
  context.Reply(200, json::object());
  return OkStatus();
}

Status Api::GetAttemptBlob(Context& context) {
  ASSIGN_OR_RETURN(const Job job, JobOfOwnAttempt(context));
  const std::string digest = context.Param(1);
  // A worker reads what its job was given and nothing else.
  if (digest != (job.kind == JobKind::kCompile ? job.compile.source : job.launch.artifact)) {
    return NotFound("blob " + digest + " does not exist");
  }
  return SendBlob(context, digest);
}

Status Api::PutAttemptBlob(Context& context) {
  ASSIGN_OR_RETURN(const Job job, JobOfOwnAttempt(context));
  uint64_t size = 0;
  RETURN_IF_ERROR(ReceiveBlob(context, context.Param(1), &size));
  // The worker reports SUCCEEDED next, which promises that the artifact is durable.
  RETURN_IF_ERROR(blobs_.kept().Sync(context.Param(1)));
  const Principal owner{Role::kUser, job.user, {job.name_space}};
  RETURN_IF_ERROR(service_.AddResult(owner, job.name_space, context.Param(1), size));
  context.Reply(201, {{"digest", context.Param(1)}, {"size_bytes", size}});
  return OkStatus();
}

Status Api::AppendLog(Context& context) {
  ASSIGN_OR_RETURN(const int64_t offset, context.Number("offset", 0, kMaxNumber));
  ASSIGN_OR_RETURN(const Job job, JobOfOwnAttempt(context));
  std::string bytes;
  RETURN_IF_ERROR(context.Body([&bytes](std::string_view piece) {
    if (bytes.size() + piece.size() > kMaxJsonBytes) {
      return ResourceExhausted("a piece of a log may have " + std::to_string(kMaxJsonBytes) +
                               " bytes");
    }
    bytes += piece;
    return OkStatus();
  }));
  RETURN_IF_ERROR(logs_.Append(job.id, static_cast<uint64_t>(offset), bytes));
  server_->Wake(JobService::JobChannel(job.id));
  context.Reply(200, {{"size_bytes", logs_.SizeBytes(job.id)}});
  return OkStatus();
}

}  // namespace csl::appliance
