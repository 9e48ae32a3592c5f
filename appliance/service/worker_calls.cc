// SPDX-License-Identifier: Apache-2.0
// What workers may do. A worker's token gives no view of any job but those of its live attempts.
#include <algorithm>
#include <chrono>
#include <utility>

#include "appliance/service/job_service.h"
#include "base/digest/sha256.h"
#include "base/digest/ticket.h"
#include "base/failure_point.h"

namespace csl::appliance {
namespace {

Status WantWorker(const Principal& who) {
  if (who.role == Role::kWorker) return OkStatus();
  return {StatusCode::kPermissionDenied, "this call is for workers"};
}

Status NoWorker(const std::string& id) { return NotFound("worker '" + id + "' does not exist"); }

}  // namespace

StatusOr<Worker> JobService::Register(const Principal& who, Worker worker) {
  RETURN_IF_ERROR(WantWorker(who));
  if (worker.name.empty() || worker.total.cpu_milli <= 0 || worker.total.mem_bytes <= 0 ||
      worker.total.systems < 0) {
    return InvalidArgument("a worker needs a name, cpu and memory");
  }
  // A token that leaks gives away one worker, never all.
  if (worker.name != who.user) {
    return Status{StatusCode::kPermissionDenied, "this token is for the worker '" + who.user +
                                                     "', not for '" + worker.name +
                                                     "'; make one with POST /v1/tokens"};
  }
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const bool drained, store_.IsDrained(worker.name));
  worker.id = NewId("worker-", 12);
  worker.state = drained ? WorkerState::kDraining : WorkerState::kReady;
  worker.lease_until_ms = clock_.SteadyMs() + options_.worker_lease_ms;
  RETURN_IF_ERROR(Transact(Planning::kNow, [&] {
    ASSIGN_OR_RETURN(const auto others, store_.ListWorkers());
    for (const Worker& other : others) {
      if (other.name != worker.name || other.state == WorkerState::kLost) continue;
      RETURN_IF_ERROR(LoseWorker(other, "worker '" + other.name + "' started anew"));
    }
    return store_.PutWorker(worker);
  }));
  return worker;
}

// The worker of this id, if the token is its own: another one's does not exist.
StatusOr<Worker> JobService::OwnWorker(const Principal& who, const std::string& id) {
  ASSIGN_OR_RETURN(std::optional<Worker> worker, store_.GetWorker(id));
  if (!worker || worker->name != who.user) return NoWorker(id);
  return *std::move(worker);
}

int64_t JobService::LeaseUntil(const Worker& worker) const {
  const auto renewed = worker_leases_.find(worker.id);
  return renewed == worker_leases_.end() ? worker.lease_until_ms : renewed->second;
}

StatusOr<PollReply> JobService::PendingFor(const Worker& worker,
                                           const std::vector<int64_t>& running) {
  PollReply reply;
  ASSIGN_OR_RETURN(const auto attempts, store_.LiveAttempts());
  std::vector<int64_t> stale = running;
  for (const Attempt& attempt : attempts) {
    if (attempt.worker != worker.id) continue;
    const bool runs = std::erase(stale, attempt.id) > 0;
    if (attempt.cancel_wanted) {
      reply.cancel.push_back(attempt.id);
      continue;
    }
    if (runs) continue;
    ASSIGN_OR_RETURN(std::optional<Job> job, JobById(attempt.job));
    if (job) reply.assignments.push_back({attempt, *std::move(job)});
  }
  // The worker itself reported these ends.
  const auto reported = reported_ends_.find(worker.id);
  for (const int64_t attempt : stale) {
    const bool is_known = reported != reported_ends_.end() && reported->second.contains(attempt);
    if (!is_known) reply.cancel.push_back(attempt);
  }
  return reply;
}

// Attempts of this worker that it does not run, though it was given them, or that are to end before
// it took them: nobody would ever report their end.
Status JobService::EndForgotten(const Worker& worker, const std::vector<int64_t>& running) {
  ASSIGN_OR_RETURN(const auto attempts, store_.LiveAttempts());
  std::vector<Attempt> forgotten;
  for (const Attempt& attempt : attempts) {
    if (attempt.worker != worker.id || std::ranges::count(running, attempt.id) > 0) continue;
    ASSIGN_OR_RETURN(const std::optional<Job> job, JobById(attempt.job));
    const bool not_taken_yet = job && job->state == JobState::kScheduled;
    if (attempt.cancel_wanted || !not_taken_yet) forgotten.push_back(attempt);
  }
  if (forgotten.empty()) return OkStatus();
  return Transact(Planning::kSoon, [&] {
    for (const Attempt& attempt : forgotten) {
      RETURN_IF_ERROR(
          LoseAttempt(attempt, "worker '" + worker.name + "' does not run it any more"));
    }
    return OkStatus();
  });
}

StatusOr<PollReply> JobService::LookForNews(const Principal& who, const std::string& id,
                                            const std::vector<int64_t>& running, uint64_t& turn) {
  ASSIGN_OR_RETURN(const Worker worker, OwnWorker(who, id));
  if (worker.state == WorkerState::kLost) {
    // As an unknown one: the 409 of an old fence is another thing to workers of the release before.
    return NotFound("worker '" + id + "' was given up; end all jobs and register again");
  }
  PollReply over;
  over.is_over = true;
  uint64_t& latest = poll_turns_[id];
  if (turn == 0) {
    turn = ++latest;
    changed_.notify_all();  // an older poll, which nobody waits for any more, ends
    Touch(WorkerChannel(id));
    NotifyTouched();
    // Once a poll, at its start: a worker that dies while it waits gets no more time.
    worker_leases_[id] = clock_.SteadyMs() + options_.worker_lease_ms;
    std::erase_if(reported_ends_[id],
                  [&](int64_t attempt) { return std::ranges::count(running, attempt) == 0; });
  }
  // Decided by the latest poll alone: what an older one says about `running` is not true now.
  if (latest != turn) return over;
  RETURN_IF_ERROR(EndForgotten(worker, running));
  ASSIGN_OR_RETURN(PollReply reply, PendingFor(worker, running));
  reply.is_over = stopping_;
  return reply;
}

StatusOr<PollReply> JobService::PollStep(const Principal& who, const std::string& id,
                                         const std::vector<int64_t>& running, uint64_t& turn) {
  RETURN_IF_ERROR(WantWorker(who));
  Lock lock(mutex_, store_);
  return LookForNews(who, id, running, turn);
}

StatusOr<PollReply> JobService::Poll(const Principal& who, const std::string& id,
                                     const std::vector<int64_t>& running, int64_t wait_ms) {
  RETURN_IF_ERROR(WantWorker(who));
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  Lock lock(mutex_, store_);
  uint64_t turn = 0;
  for (bool last = false;;) {
    ASSIGN_OR_RETURN(PollReply reply, LookForNews(who, id, running, turn));
    if (reply.HasNews() || last) return reply;
    last = changed_.wait_until(lock, until) == std::cv_status::timeout;
  }
}

Status JobService::Leave(const Principal& who, const std::string& id) {
  RETURN_IF_ERROR(WantWorker(who));
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const Worker worker, OwnWorker(who, id));
  if (worker.state == WorkerState::kLost) return OkStatus();
  return Transact(Planning::kNow,
                  [&] { return LoseWorker(worker, "worker '" + worker.name + "' stopped"); });
}

StatusOr<Attempt> JobService::LiveAttempt(int64_t id, int64_t fence) {
  ASSIGN_OR_RETURN(std::optional<Attempt> attempt, store_.GetAttempt(id));
  if (!attempt || attempt->fence != fence || !attempt->is_live) {
    return Aborted("attempt " + std::to_string(id) + " with fence " + std::to_string(fence) +
                   " is over");
  }
  return *std::move(attempt);
}

Status JobService::CheckTicket(int64_t id, const std::string& ticket) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const std::optional<Attempt> attempt, store_.GetAttempt(id));
  if (attempt && EqualConstantTime(ticket, MakeTicket(attempt->id, attempt->secret)))
    return OkStatus();
  return NotFound("attempt " + std::to_string(id) + " does not exist");
}

StatusOr<Job> JobService::JobOfAttempt(const Principal& who, int64_t id, int64_t fence) {
  RETURN_IF_ERROR(WantWorker(who));
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const Attempt attempt, LiveAttempt(id, fence));
  RETURN_IF_ERROR(OwnWorker(who, attempt.worker).status());
  ASSIGN_OR_RETURN(std::optional<Job> job, JobById(attempt.job));
  CHECK(job.has_value()) << "attempt " << id << " has no job";
  return *std::move(job);
}

Status JobService::Accept(const Principal& who, const Report& report) {
  RETURN_IF_ERROR(WantWorker(who));
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const std::optional<Attempt> attempt, store_.GetAttempt(report.attempt));
  if (!attempt || attempt->fence != report.fence) {
    return Aborted("attempt " + std::to_string(report.attempt) + " does not exist");
  }
  RETURN_IF_ERROR(OwnWorker(who, attempt->worker).status());
  ASSIGN_OR_RETURN(std::optional<Job> job, JobById(attempt->job));
  CHECK(job.has_value()) << "attempt " << attempt->id << " has no job";
  // A repeated report, whose first answer was lost on the way.
  if (job->attempt == attempt->id && job->state == report.to) return OkStatus();
  if (!attempt->is_live) return Aborted("attempt " + std::to_string(attempt->id) + " is over");

  JobState to = report.to;
  EndReason reason = report.reason;
  std::string message = report.message;
  if (attempt->cancel_wanted && (IsEnd(to) || to == JobState::kQueued)) {
    ASSIGN_OR_RETURN(const JobState wanted, ParseJobState(attempt->end_state));
    to = MayFollow(job->state, wanted) ? wanted : JobState::kCancelled;
    reason = job->reason;
    message = job->message;
  }
  if (job->state == to) return OkStatus();
  // A worker that had nothing to fetch reports both steps at once.
  const bool started_at_once = job->state == JobState::kScheduled && to == JobState::kRunning;
  if (!started_at_once && !MayFollow(job->state, to)) {
    return InvalidArgument("job " + job->id + " cannot go from " +
                           std::string(JobStateText(job->state)) + " to " +
                           std::string(JobStateText(to)));
  }
  if (attempt->cancel_wanted && !IsEnd(to)) {
    reason = job->reason;
    message = job->message;
  }
  job->result = report.result;
  const bool attempt_over = IsEnd(to) || to == JobState::kQueued;
  RETURN_IF_ERROR(Transact(attempt_over ? Planning::kSoon : Planning::kNo, [&] {
    if (attempt_over) RETURN_IF_ERROR(EndAttempt(attempt->id, Tell::kNobody));
    if (started_at_once) {
      RETURN_IF_ERROR(Transition(*job, JobState::kStarting, reason, message));
    }
    return Transition(*job, to, reason, message);
  }));
  if (attempt_over) reported_ends_[attempt->worker].insert(attempt->id);
  PassFailurePoint("service.after_transition");
  return OkStatus();
}

StatusOr<std::vector<Worker>> JobService::Workers(const Principal& who) {
  (void)who;  // every principal may know what there is to run on
  Lock lock(mutex_, store_);
  return store_.ListWorkers();
}

Status JobService::SetDraining(const Principal& who, const std::string& id, bool draining) {
  if (who.role != Role::kAdmin) {
    return {StatusCode::kPermissionDenied, "draining a worker takes an administrator"};
  }
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(std::optional<Worker> worker, store_.GetWorker(id));
  if (!worker || worker->state == WorkerState::kLost) {
    return NotFound("worker '" + id + "' does not exist");
  }
  worker->state = draining ? WorkerState::kDraining : WorkerState::kReady;
  return Transact(Planning::kNow, [&] {
    RETURN_IF_ERROR(store_.SetDrained(worker->name, draining));
    return store_.PutWorker(*worker);
  });
}

}  // namespace csl::appliance
