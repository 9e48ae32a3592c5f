// SPDX-License-Identifier: Apache-2.0
// What every part of the service shares: finding, moving and ending jobs, and the clock's work.
#include "appliance/service/job_service.h"

#include <algorithm>
#include <utility>

#include "base/failure_point.h"

namespace csl::appliance {
namespace {

constexpr int64_t kReplanMs = 2'000;

}  // namespace

JobService::JobService(Store& store, const Clock& clock, ServiceOptions options)
    : store_(store), clock_(clock), options_(options) {
  const auto tokens = store_.AllTokens();
  if (tokens.ok()) tokens_.Load(*tokens);
  auto quotas = store_.AllQuotas();
  if (quotas.ok()) quotas_ = *std::move(quotas);
  const auto uses = store_.UsesSince(clock_.NowMs() - kUseForgottenMs);
  for (const PastUse& use : uses.ok() ? *uses : std::vector<PastUse>()) usage_.Add(use);
  must_renew_leases_ = !Transact(Planning::kNo, [this] { return RenewLeases(); }).ok();
}

// Nobody could renew a lease while no service ran, and what its clock said is not known: each
// begins anew. One that was asked to be longer stays so.
Status JobService::RenewLeases() {
  const int64_t now = clock_.SteadyMs();
  ASSIGN_OR_RETURN(const auto workers, store_.ListWorkers());
  for (Worker worker : workers) {
    if (worker.state == WorkerState::kLost) continue;
    worker.lease_until_ms = now + options_.worker_lease_ms;
    RETURN_IF_ERROR(store_.PutWorker(worker));
  }
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  std::vector<Job> jobs;
  for (const auto& [id, job] : *active) {
    if (job.client_lease_until_ms != 0) jobs.push_back(job);
  }
  for (Job& job : jobs) {
    job.client_lease_until_ms =
        std::clamp(job.client_lease_until_ms, now + options_.client_lease_ms,
                   now + options_.max_client_lease_ms);
    RETURN_IF_ERROR(Update(job));
  }
  return OkStatus();
}

StatusOr<const JobService::ActiveJobs*> JobService::Active() {
  if (!active_) {
    ASSIGN_OR_RETURN(auto jobs, store_.ActiveJobs());
    active_.emplace();
    for (Job& job : jobs) {
      std::string id = job.id;
      active_->emplace(std::move(id), std::move(job));
    }
  }
  return &*active_;
}

Status JobService::Insert(Job& job, const std::string& idempotency_key) {
  RETURN_IF_ERROR(store_.InsertJob(job, idempotency_key));
  if (active_) (*active_)[job.id] = job;
  return OkStatus();
}

Status JobService::Update(const Job& job) {
  RETURN_IF_ERROR(store_.UpdateJob(job));
  if (!active_) return OkStatus();
  if (IsEnd(job.state)) {
    active_->erase(job.id);
  } else {
    (*active_)[job.id] = job;
  }
  return OkStatus();
}

StatusOr<std::optional<Job>> JobService::JobById(const std::string& id) {
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  if (const auto it = active->find(id); it != active->end()) return std::optional<Job>(it->second);
  return store_.GetJob(id);
}

void JobService::NotifyTouched() {
  const std::set<std::string> touched = std::exchange(touched_, {});
  for (const std::string& channel : touched) {
    if (on_change_) on_change_(channel);
  }
}

StatusOr<Job> JobService::Find(const Principal& who, const std::string& id) {
  ASSIGN_OR_RETURN(std::optional<Job> job, JobById(id));
  if (!job || !who.MaySee(job->name_space)) return NotFound("job '" + id + "' does not exist");
  return *std::move(job);
}

Status JobService::Transition(Job& job, JobState to, EndReason reason, const std::string& message) {
  CHECK(MayFollow(job.state, to)) << "job " << job.id << ": " << JobStateText(job.state) << " to "
                                  << JobStateText(to);
  Event event{0, job.id, clock_.NowMs(), "state", job.state, to, message};
  job.state = to;
  job.reason = reason;
  job.message = message;
  if (to == JobState::kScheduled && job.scheduled_ms == 0) {
    queue_wait_seconds_.Observe(static_cast<double>(event.time_ms - job.created_ms) / 1000);
  }
  if (to == JobState::kScheduled) job.scheduled_ms = event.time_ms;
  if (to == JobState::kRunning) job.started_ms = event.time_ms;
  if (IsEnd(to)) job.finished_ms = event.time_ms;
  if (IsEnd(to) && job.scheduled_ms > 0) {
    usage_.Add({job.name_space, job.wanted.cpu_milli, job.scheduled_ms, job.finished_ms});
  }
  Touch(JobChannel(job.id));
  Touch(kEventsChannel);
  RETURN_IF_ERROR(Update(job));
  return store_.AppendEvent(event);
}

Status JobService::EndAttempt(int64_t id, Tell whom) {
  ASSIGN_OR_RETURN(std::optional<Attempt> attempt, store_.GetAttempt(id));
  if (!attempt) return OkStatus();
  attempt->is_live = false;
  if (whom == Tell::kItsWorker) Touch(WorkerChannel(attempt->worker));
  return store_.UpdateAttempt(*attempt);
}

// Ends a job now if nothing runs, else asks its worker to end it; the reason is kept for then.
Status JobService::RequestEnd(Job& job, JobState end, EndReason reason,
                              const std::string& message) {
  if (IsEnd(job.state)) return OkStatus();
  if (job.state == JobState::kQueued) {
    return Transition(job, end == JobState::kSucceeded ? JobState::kCancelled : end, reason,
                      message);
  }
  ASSIGN_OR_RETURN(std::optional<Attempt> attempt, store_.GetAttempt(job.attempt));
  CHECK(attempt.has_value()) << "job " << job.id << " has no attempt";
  if (attempt->cancel_wanted) return OkStatus();
  attempt->cancel_wanted = true;
  attempt->end_state = JobStateText(end);
  RETURN_IF_ERROR(store_.UpdateAttempt(*attempt));
  Touch(WorkerChannel(attempt->worker));
  job.reason = reason;
  job.message = message;
  return Update(job);
}

Status JobService::LoseAttempt(const Attempt& attempt, const std::string& why) {
  RETURN_IF_ERROR(EndAttempt(attempt.id));
  ASSIGN_OR_RETURN(std::optional<Job> job, JobById(attempt.job));
  if (!job || IsEnd(job->state) || job->attempt != attempt.id) return OkStatus();
  if (attempt.cancel_wanted) {
    // Its end was wanted anyway, and a worker that is gone has ended it.
    ASSIGN_OR_RETURN(JobState end, ParseJobState(attempt.end_state));
    if (!MayFollow(job->state, end)) end = JobState::kCancelled;
    return Transition(*job, end, job->reason, job->message);
  }
  const bool never_ran = job->state != JobState::kRunning;
  ASSIGN_OR_RETURN(const auto events, store_.EventsAfter(job->id, 0, 10'000));
  int tries = 0;
  for (const Event& event : events) tries += event.to == JobState::kScheduled ? 1 : 0;
  if ((job->kind == JobKind::kCompile || never_ran) && tries < options_.max_compile_attempts) {
    return Transition(*job, JobState::kQueued, EndReason::kNone, why + "; queued again");
  }
  return Transition(*job,
                    job->state == JobState::kRunning && job->kind == JobKind::kLaunch
                        ? JobState::kLost
                        : JobState::kFailed,
                    EndReason::kNodeLost, why);
}

Status JobService::LoseWorker(Worker worker, const std::string& why) {
  worker.state = WorkerState::kLost;
  worker.lost_ms = clock_.NowMs();
  worker_leases_.erase(worker.id);
  reported_ends_.erase(worker.id);
  Touch(WorkerChannel(worker.id));
  RETURN_IF_ERROR(store_.PutWorker(worker));
  ASSIGN_OR_RETURN(const auto attempts, store_.LiveAttempts());
  for (const Attempt& attempt : attempts) {
    if (attempt.worker == worker.id) RETURN_IF_ERROR(LoseAttempt(attempt, why));
  }
  return OkStatus();
}

Status JobService::ExpireWorkers() {
  ASSIGN_OR_RETURN(const auto workers, store_.ListWorkers());
  for (const Worker& worker : workers) {
    if (worker.state == WorkerState::kLost || LeaseUntil(worker) > clock_.SteadyMs()) {
      continue;
    }
    RETURN_IF_ERROR(LoseWorker(worker, "worker '" + worker.name + "' was lost"));
  }
  return OkStatus();
}

Status JobService::ExpireClients() {
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  std::vector<Job> jobs;
  for (const auto& [id, job] : *active) {
    if (job.client_lease_until_ms == 0 || job.client_lease_until_ms > clock_.SteadyMs()) {
      continue;
    }
    jobs.push_back(job);
  }
  for (Job& job : jobs) {
    RETURN_IF_ERROR(RequestEnd(job, JobState::kFailed, EndReason::kClientLost,
                               "its client stopped renewing the lease"));
  }
  return OkStatus();
}

Status JobService::Transact(Planning planning, const std::function<Status()>& body) {
  const bool plan_now =
      planning == Planning::kNow || (planning == Planning::kSoon && MayPlanAgain());
  Status status = store_.InTransaction([&] {
    RETURN_IF_ERROR(body());
    if (plan_now) return Schedule();
    must_plan_ = must_plan_ || planning == Planning::kSoon;
    return OkStatus();
  });
  if (!status.ok()) {  // nothing of it was kept
    active_.reset();
    must_plan_ = true;
  }
  if (std::exchange(has_assigned_, false) && status.ok()) PassFailurePoint("service.after_assign");
  changed_.notify_all();
  NotifyTouched();
  return status;
}

Status JobService::Tick() {
  Lock lock(mutex_, store_);
  RETURN_IF_ERROR(Transact(Planning::kNo, [&] {
    if (must_renew_leases_) RETURN_IF_ERROR(RenewLeases());
    RETURN_IF_ERROR(MaintainTokens());
    RETURN_IF_ERROR(ExpireClients());
    RETURN_IF_ERROR(ExpireWorkers());
    // With nothing new a plan changes with the patience of those that wait alone, and a long queue
    // takes long to plan.
    const bool old = clock_.SteadyMs() - planned_ms_ >= kReplanMs;
    return touched_.empty() && !old && !must_plan_ ? OkStatus() : Schedule();
  }));
  must_renew_leases_ = false;
  return OkStatus();
}

void JobService::Stop() {
  Lock lock(mutex_, store_);
  (void)RecordTokenUse();
  stopping_ = true;
  changed_.notify_all();
  for (const auto& [worker, turn] : poll_turns_) Touch(WorkerChannel(worker));
  NotifyTouched();
}

int64_t JobService::ActiveJobCount() {
  Lock lock(mutex_, store_);
  const auto jobs = Active();
  return jobs.ok() ? static_cast<int64_t>((*jobs)->size()) : 0;
}

}  // namespace csl::appliance
