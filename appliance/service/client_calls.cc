// SPDX-License-Identifier: Apache-2.0
// What clients and operators may do.
#include <algorithm>
#include <chrono>

#include "appliance/service/job_service.h"
#include "base/digest/sha256.h"
#include "base/digest/ticket.h"
#include "base/failure_point.h"

namespace csl::appliance {
namespace {

// Each limit bounds what one request may put into the database.
constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxArgs = 4096;
constexpr size_t kMaxArgBytes = 64 * 1024;
constexpr size_t kMaxArgsBytes = 128 * 1024;  // all of them
constexpr size_t kMaxLabels = 64;
constexpr size_t kMaxCommandBytes = 1 << 20;
constexpr int kMaxListed = 1000;
constexpr int kFirstUserPriority = 100;  // 0-99 is for administrators

Status CheckText(std::string_view what, std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return InvalidArgument(std::string(what) + " has " + std::to_string(text.size()) +
                           " bytes; must be at most " + std::to_string(max_bytes));
  }
  if (text.find('\0') != std::string_view::npos) {
    return InvalidArgument(std::string(what) + " holds a NUL byte");
  }
  return OkStatus();
}

// All that a submission says, as a digest: a key that comes again must come with the same.
std::string RequestDigest(const JobRequest& request) {
  Sha256 digest;
  const auto add = [&digest](const std::string& text) {
    digest.Update(std::to_string(text.size()) + ":" + text);
  };
  for (const std::string& text :
       {std::string(JobKindText(request.kind)), request.name, request.user,
        std::to_string(request.priority), std::to_string(request.wanted.cpu_milli),
        std::to_string(request.wanted.mem_bytes), std::to_string(request.time_limit_ms),
        std::to_string(request.client_lease), request.compile.source, request.compile.csl_main,
        request.launch.artifact, std::to_string(request.launch.simulator), request.launch.worker}) {
    add(text);
  }
  add(std::to_string(request.compile.args.size()));
  for (const std::string& arg : request.compile.args) add(arg);
  for (const auto& [key, value] : request.labels) {
    add(key);
    add(value);
  }
  return digest.FinishHex();
}

Status KeyIsTaken(const std::string& what) {
  return AlreadyExists("the Idempotency-Key was used for another " + what +
                       "; use a fresh key for each");
}

// Of what its user chose to say.
template <typename AnyJob>
size_t BytesOf(const AnyJob& job) {
  size_t bytes = sizeof(Job) + job.name.size() + job.compile.csl_main.size();
  for (const std::string& arg : job.compile.args) bytes += sizeof arg + arg.size();
  for (const auto& [key, value] : job.labels) bytes += sizeof key * 2 + key.size() + value.size();
  return bytes;
}

// Each waits in memory: more of them must not be had than a service can hold for many users.
Status CheckShare(const std::map<std::string, Job>& active, const JobRequest& request,
                  const std::string& user, const ServiceOptions& options) {
  size_t own = 0;
  size_t bytes = BytesOf(request);
  for (const auto& [id, job] : active) {
    if (job.user != user) continue;
    ++own;
    bytes += BytesOf(job);
  }
  if (own >= options.max_jobs_each) {
    return ResourceExhausted("'" + user + "' has " + std::to_string(own) +
                             " jobs that have not ended; the limit is " +
                             std::to_string(options.max_jobs_each));
  }
  if (bytes <= options.max_job_bytes_each) return OkStatus();
  return ResourceExhausted("the arguments and labels of '" + user +
                           "' in jobs that have not ended would take " + std::to_string(bytes) +
                           " bytes; must be at most " + std::to_string(options.max_job_bytes_each));
}

Status CheckCompile(const CompileSpec& spec) {
  RETURN_IF_ERROR(CheckText("csl_main", spec.csl_main, 4096));
  if (spec.csl_main.empty()) return InvalidArgument("csl_main is empty");
  if (spec.args.size() > kMaxArgs) {
    return InvalidArgument("args has " + std::to_string(spec.args.size()) +
                           " entries; must be at most " + std::to_string(kMaxArgs));
  }
  size_t bytes = 0;
  for (const std::string& arg : spec.args) {
    RETURN_IF_ERROR(CheckText("an argument", arg, kMaxArgBytes));
    bytes += arg.size();
  }
  if (bytes <= kMaxArgsBytes) return OkStatus();
  return InvalidArgument("args has " + std::to_string(bytes) + " bytes; must be at most " +
                         std::to_string(kMaxArgsBytes));
}

Status CheckPriority(const Principal& who, int priority) {
  const int lowest = who.role == Role::kAdmin ? 0 : kFirstUserPriority;
  if (priority >= lowest && priority <= kMaxPriority) return OkStatus();
  return InvalidArgument("priority is " + std::to_string(priority) + "; must be " +
                         std::to_string(lowest) + " to " + std::to_string(kMaxPriority));
}

Status CheckLabels(const std::map<std::string, std::string>& labels) {
  if (labels.size() > kMaxLabels) {
    return InvalidArgument("labels has " + std::to_string(labels.size()) +
                           " entries; must be at most " + std::to_string(kMaxLabels));
  }
  for (const auto& [key, value] : labels) {
    RETURN_IF_ERROR(CheckText("a label", key + value, kMaxNameBytes));
  }
  return OkStatus();
}

}  // namespace

Status JobService::CheckRequest(const Principal& who, const JobRequest& request, bool needs_blob) {
  if (who.role == Role::kWorker) {
    return {StatusCode::kPermissionDenied, "a worker's token submits no jobs"};
  }
  RETURN_IF_ERROR(CheckText("name", request.name, kMaxNameBytes));
  RETURN_IF_ERROR(CheckText("namespace", request.name_space, kMaxNameBytes));
  RETURN_IF_ERROR(CheckText("user", request.user, kMaxNameBytes));
  if (!who.MaySee(request.name_space)) {
    return NotFound("namespace '" + request.name_space + "' does not exist");
  }
  RETURN_IF_ERROR(CheckLabels(request.labels));
  if (!request.launch.worker.empty() && who.role != Role::kAdmin) {
    return {StatusCode::kPermissionDenied, "choosing a job's worker takes an administrator"};
  }
  RETURN_IF_ERROR(CheckPriority(who, request.priority));
  if (request.wanted.cpu_milli < 0 || request.wanted.mem_bytes < 0 || request.time_limit_ms < 0) {
    return InvalidArgument("a resource request is negative");
  }
  const std::string& blob =
      request.kind == JobKind::kCompile ? request.compile.source : request.launch.artifact;
  if (!needs_blob && blob.empty()) return OkStatus();
  if (!IsSha256Hex(blob)) return InvalidArgument("'" + blob + "' is not a SHA-256 digest");
  ASSIGN_OR_RETURN(const bool may_read, store_.HasBlobReference(blob, {request.name_space}));
  if (!may_read) {
    return NotFound("blob " + blob + " does not exist in namespace '" + request.name_space + "'");
  }
  return request.kind == JobKind::kCompile ? CheckCompile(request.compile) : OkStatus();
}

Job JobService::NewJob(const JobRequest& request, const std::string& user,
                       const std::string& digest) const {
  Job job;
  job.id = NewId("wsjob-", 20);
  job.workflow = NewId("wflow-", 20);
  job.kind = request.kind;
  job.name = request.name;
  job.name_space = request.name_space;
  job.user = user;
  job.request_digest = digest;
  job.labels = request.labels;
  job.priority = request.priority;
  job.time_limit_ms = request.time_limit_ms;
  job.compile = request.compile;
  job.launch = request.launch;
  job.created_ms = clock_.NowMs();
  if (request.client_lease) {
    job.client_lease_until_ms = clock_.SteadyMs() + options_.client_lease_ms;
  }
  job.wanted = request.wanted;
  job.wanted.systems = job.kind == JobKind::kLaunch && !job.launch.simulator ? 1 : 0;
  return job;
}

StatusOr<JobView> JobService::Submit(const Principal& who, const JobRequest& request,
                                     const std::string& idempotency_key) {
  Lock lock(mutex_, store_);
  RETURN_IF_ERROR(CheckText("Idempotency-Key", idempotency_key, kMaxNameBytes));
  RETURN_IF_ERROR(CheckRequest(who, request));
  const std::string digest = RequestDigest(request);
  const std::string user =
      who.role == Role::kAdmin && !request.user.empty() ? request.user : who.user;
  if (!idempotency_key.empty()) {
    ASSIGN_OR_RETURN(std::optional<Job> known,
                     store_.FindJobByKey(request.name_space, idempotency_key));
    if (known) {
      // A job from before digests were kept is known by its key alone.
      const bool same = known->request_digest.empty() || known->request_digest == digest;
      if (known->user != user || !same) return KeyIsTaken("job");
      return View(who, *std::move(known));
    }
  }
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  RETURN_IF_ERROR(CheckShare(*active, request, user, options_));
  Job job = NewJob(request, user, digest);
  // With no worker at all the job waits, what it did not ask for stays open, and its reason says
  // that: one may be on its way.
  if (!has_plan()) RETURN_IF_ERROR(Transact(Planning::kNow, [] { return OkStatus(); }));
  if (!known_rooms_.empty()) {
    job.wanted = WithDefaults(job.wanted, known_rooms_, options_.defaults);
    // A drain is for a while, and who was lost may come back: what fits only there waits.
    const bool may_come_back = LimitsThatFail(job.wanted, plan_.lost).empty();
    if (!may_come_back) RETURN_IF_ERROR(CheckFits(job.wanted, known_rooms_));
  }

  RETURN_IF_ERROR(CheckQuotas(job));

  PassFailurePoint("service.before_insert");
  // It starts on what is left over, or waits: no plan is made anew for it.
  RETURN_IF_ERROR(Transact(Planning::kNo, [&] {
    RETURN_IF_ERROR(Insert(job, idempotency_key));
    Event event{0, job.id, job.created_ms, "state", {}, JobState::kQueued, "accepted"};
    Touch(kEventsChannel);
    RETURN_IF_ERROR(store_.AppendEvent(event));
    return StartOrQueue(job);
  }));
  PassFailurePoint("service.after_insert");
  ASSIGN_OR_RETURN(Job stored, Find(who, job.id));
  return View(who, std::move(stored));
}

StatusOr<DryRun> JobService::TrySubmit(const Principal& who, const JobRequest& request) {
  DryRun result;
  Snapshot snapshot;
  Job job;
  {
    Lock lock(mutex_, store_);
    RETURN_IF_ERROR(CheckRequest(who, request, /*needs_blob=*/false));
    const std::string user =
        who.role == Role::kAdmin && !request.user.empty() ? request.user : who.user;
    ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
    ASSIGN_OR_RETURN(snapshot, TakeSnapshot());
    job = NewJob(request, user, "");
    job.sequence = kForever;
    std::vector<WorkerRoom> rooms = snapshot.workers;
    rooms.insert(rooms.end(), snapshot.draining.begin(), snapshot.draining.end());
    if (!rooms.empty()) job.wanted = WithDefaults(job.wanted, rooms, options_.defaults);
    Status status = CheckShare(*active, request, user, options_);
    if (!status.ok()) result.limits = {"jobs"};
    if (status.ok() && !rooms.empty() && !LimitsThatFail(job.wanted, snapshot.lost).empty()) {
      status = CheckFits(job.wanted, rooms);
      result.limits = LimitsThatFail(job.wanted, rooms);
    }
    if (status.ok()) {
      status = CheckQuotas(job);
      if (!status.ok()) result.limits = {"quota"};
    }
    result.view.job = job;
    result.message = status.message();
    if (!status.ok()) return result;
    ASSIGN_OR_RETURN(const HeldJobs held, HoldByQuotas(snapshot));
    ASSIGN_OR_RETURN(result.view.waits_for, WhyHeld(job));
    if (!result.view.waits_for.empty()) {
      result.fits = true;
      result.view.position = static_cast<int>(snapshot.waiting.size() + held.size()) + 1;
      return result;
    }
  }
  // Others continue meanwhile: a long queue takes long to plan.
  result.fits = true;
  snapshot.waiting.push_back(AsWaiting(job));
  const Plan plan = MakePlan(snapshot);
  for (const Assignment& one : plan.assignments) {
    if (one.job == job.id) result.worker = one.worker;
  }
  const auto waiting = plan.waiting.find(job.id);
  if (waiting == plan.waiting.end()) return result;
  Lock lock(mutex_, store_);
  lock.LeaveForLater();
  Describe(who, plan, waiting->second, result.view);
  return result;
}

StatusOr<Job> JobService::FindOwn(const Principal& who, const std::string& id) {
  ASSIGN_OR_RETURN(Job job, Find(who, id));
  if (who.role == Role::kAdmin || job.user == who.user) return job;
  return Status{StatusCode::kPermissionDenied, "job " + id + " belongs to '" + job.user +
                                                   "'; changing it takes its owner or an " +
                                                   "administrator"};
}

StatusOr<JobView> JobService::SetPriority(const Principal& who, const std::string& id,
                                          int priority) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(Job job, FindOwn(who, id));
  RETURN_IF_ERROR(CheckPriority(who, priority));
  if (job.state != JobState::kQueued) {
    return FailedPrecondition("job " + id + " is " + std::string(JobStateText(job.state)) +
                              "; only a job that waits has a priority to set");
  }
  if (job.priority == priority) return View(who, std::move(job));
  RETURN_IF_ERROR(Transact(Planning::kSoon, [&] {
    Event event{0,
                job.id,
                clock_.NowMs(),
                "note",
                {},
                {},
                "priority " + std::to_string(job.priority) + " set to " + std::to_string(priority) +
                    " by " + who.user};
    job.priority = priority;
    Touch(JobChannel(job.id));
    Touch(kEventsChannel);
    RETURN_IF_ERROR(Update(job));
    return store_.AppendEvent(event);
  }));
  ASSIGN_OR_RETURN(job, Find(who, id));
  return View(who, std::move(job));
}

StatusOr<JobView> JobService::SetLabels(const Principal& who, const std::string& id,
                                        const std::map<std::string, std::string>& set,
                                        const std::vector<std::string>& remove) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(Job job, FindOwn(who, id));
  for (const std::string& key : remove) job.labels.erase(key);
  for (const auto& [key, value] : set) {
    if (key.empty()) return InvalidArgument("a label's key is empty");
    job.labels[key] = value;
  }
  RETURN_IF_ERROR(CheckLabels(job.labels));
  RETURN_IF_ERROR(Transact(Planning::kNo, [&] { return Update(job); }));
  return View(who, std::move(job));
}

StatusOr<JobView> JobService::Get(const Principal& who, const std::string& id) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(Job job, Find(who, id));
  return View(who, std::move(job));
}

StatusOr<std::vector<JobView>> JobService::List(const Principal& who, JobFilter filter) {
  Lock lock(mutex_, store_);
  if (filter.namespaces.empty()) {
    filter.namespaces = who.namespaces;
  } else {
    for (const std::string& one : filter.namespaces) {
      if (!who.MaySee(one)) return NotFound("namespace '" + one + "' does not exist");
    }
  }
  if (filter.limit < 1 || filter.limit > kMaxListed) {
    return InvalidArgument("limit is " + std::to_string(filter.limit) + "; must be 1 to " +
                           std::to_string(kMaxListed));
  }
  ASSIGN_OR_RETURN(auto jobs, store_.ListJobs(filter));
  std::vector<JobView> views;
  for (Job& job : jobs) views.push_back(View(who, std::move(job)));
  return views;
}

Status JobService::Cancel(const Principal& who, const std::string& id, const std::string& by) {
  Lock lock(mutex_, store_);
  RETURN_IF_ERROR(CheckText("by", by, kMaxNameBytes));
  ASSIGN_OR_RETURN(Job job, Find(who, id));
  return Transact(Planning::kSoon, [&] {
    return RequestEnd(job, JobState::kCancelled, EndReason::kCancelledBy,
                      "cancelled by " + (by.empty() ? who.user : by));
  });
}

Status JobService::RenewClientLease(const Principal& who, const std::string& id, int64_t ttl_ms) {
  Lock lock(mutex_, store_);
  if (ttl_ms < 1 || ttl_ms > options_.max_client_lease_ms) {
    return InvalidArgument("ttl is " + std::to_string(ttl_ms) + " ms; must be 1 to " +
                           std::to_string(options_.max_client_lease_ms));
  }
  ASSIGN_OR_RETURN(Job job, Find(who, id));
  if (IsEnd(job.state)) {
    return FailedPrecondition("job " + id + " has ended: " + std::string(JobStateText(job.state)));
  }
  job.client_lease_until_ms = clock_.SteadyMs() + ttl_ms;
  return Update(job);
}

Status JobService::Finish(const Principal& who, const std::string& id, bool succeeded,
                          const std::string& message) {
  Lock lock(mutex_, store_);
  RETURN_IF_ERROR(CheckText("message", message, kMaxArgBytes));
  ASSIGN_OR_RETURN(Job job, Find(who, id));
  if (job.kind != JobKind::kLaunch) {
    return FailedPrecondition("job " + id + " is a compile job and has no session to finish");
  }
  return Transact(Planning::kSoon, [&] {
    return RequestEnd(job, succeeded ? JobState::kSucceeded : JobState::kFailed,
                      succeeded ? EndReason::kNone : EndReason::kCommandFailed, message);
  });
}

StatusOr<std::vector<Event>> JobService::WaitEvents(const Principal& who, const std::string& id,
                                                    int64_t sequence, int64_t wait_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  Lock lock(mutex_, store_);
  RETURN_IF_ERROR(Find(who, id).status());
  for (;;) {
    ASSIGN_OR_RETURN(auto events, store_.EventsAfter(id, sequence, kMaxEvents));
    if (!events.empty() || stopping_) return events;
    if (changed_.wait_until(lock, until) == std::cv_status::timeout) {
      return store_.EventsAfter(id, sequence, kMaxEvents);
    }
  }
}

StatusOr<SessionRoute> JobService::RouteToSession(const Principal& who, const std::string& id,
                                                  bool only_to_read) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const Job job, Find(who, id));
  if (job.kind != JobKind::kLaunch) {
    return FailedPrecondition("job " + id + " is a compile job and has no session");
  }
  const bool has_ended = only_to_read && IsEnd(job.state) && job.attempt != 0;
  if (job.state != JobState::kRunning && !has_ended) {
    return FailedPrecondition("job " + id + " is " + std::string(JobStateText(job.state)) +
                              (job.message.empty() ? "" : " (" + job.message + ")") +
                              "; a session takes files and commands while RUNNING");
  }
  ASSIGN_OR_RETURN(const std::optional<Attempt> attempt, store_.GetAttempt(job.attempt));
  CHECK(attempt.has_value()) << "job " << id << " runs without an attempt";
  ASSIGN_OR_RETURN(const std::optional<Worker> worker, store_.GetWorker(attempt->worker));
  CHECK(worker.has_value()) << "attempt " << attempt->id << " has no worker";
  if (has_ended && worker->state == WorkerState::kLost) {
    return FailedPrecondition("job " + id + " is " + std::string(JobStateText(job.state)) +
                              (job.message.empty() ? "" : " (" + job.message + ")") +
                              " and the worker that had its files is gone");
  }
  return SessionRoute{worker->endpoint, attempt->id, MakeTicket(attempt->id, attempt->secret),
                      has_ended, worker->name};
}

StatusOr<std::pair<Command, bool>> JobService::AcceptCommand(const Principal& who,
                                                             const std::string& id,
                                                             const std::string& key,
                                                             const std::string& text) {
  Lock lock(mutex_, store_);
  // Its worker knows it by its number and text, and starts it once whatever this machine forgets.
  lock.LeaveForLater();
  RETURN_IF_ERROR(CheckText("Idempotency-Key", key, kMaxNameBytes));
  RETURN_IF_ERROR(CheckText("command", text, kMaxCommandBytes));
  ASSIGN_OR_RETURN(const Job job, Find(who, id));
  if (!key.empty()) {
    ASSIGN_OR_RETURN(const std::optional<Command> known, store_.FindCommandByKey(id, key));
    if (known && (known->text != text || known->user != who.user)) return KeyIsTaken("command");
    if (known) return std::pair(*known, false);
  }
  Command command;
  command.job = id;
  command.key = key;
  command.user = who.user;
  command.text = text;
  command.created_ms = clock_.NowMs();
  RETURN_IF_ERROR(store_.InTransaction([&] { return store_.InsertCommand(command); }));
  PassFailurePoint("service.after_command");
  return std::pair(command, true);
}

StatusOr<Command> JobService::GetCommand(const Principal& who, const std::string& id,
                                         int64_t index) {
  Lock lock(mutex_, store_);
  return CommandOf(who, id, index);
}

StatusOr<Command> JobService::CommandOf(const Principal& who, const std::string& id,
                                        int64_t index) {
  RETURN_IF_ERROR(Find(who, id).status());
  ASSIGN_OR_RETURN(const std::optional<Command> command, store_.GetCommand(id, index));
  if (!command) return NotFound("job " + id + " has no command " + std::to_string(index));
  return *command;
}

StatusOr<Command> JobService::PeekCommand(const Principal& who, const std::string& id,
                                          int64_t index) {
  Lock lock(mutex_, store_);
  lock.LeaveForLater();
  return CommandOf(who, id, index);
}

Status JobService::SetCommand(const Command& command) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const std::optional<Command> known,
                   store_.GetCommand(command.job, command.index));
  // A slow thread must not take an end back that another one has learned of.
  if (known && known->state >= CommandState::kExited) return OkStatus();
  return store_.UpdateCommand(command);
}

}  // namespace csl::appliance
