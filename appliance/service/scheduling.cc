// SPDX-License-Identifier: Apache-2.0
// From the jobs and workers that there are to plans, from plans to attempts, and what a job that
// waits is told.
#include <algorithm>
#include <ctime>
#include <set>
#include <utility>

#include "appliance/service/job_service.h"
#include "base/failure_point.h"

namespace csl::appliance {
namespace {

// A plan may take this part of the time, one in so many. With a short queue that is always; with a
// long one the ends of several jobs share a plan.
constexpr int64_t kPlanShare = 4;
// A lost worker may come back for this long; then nobody waits for it any more.
constexpr int64_t kMayComeBackMs = 24 * 3600 * 1000;
// So many of the jobs before it are named, and so many looked at for that.
constexpr int kMostNamed = 3;
constexpr int kMostLookedAt = 100;

std::string ShortTime(int64_t ms) {
  const int64_t s = std::max<int64_t>(ms, 0) / 1000;
  if (s < 120) return std::to_string(s) + " s";
  if (s < 2 * 3600) return std::to_string(s / 60) + " min";
  return std::to_string(s / 3600) + " h " + std::to_string(s % 3600 / 60) + " min";
}

}  // namespace

WaitingJob JobService::AsWaiting(const Job& job) {
  return {job.id,
          job.name_space,
          job.priority,
          job.wanted,
          job.sequence,
          job.created_ms,
          job.kind == JobKind::kLaunch ? job.launch.worker : std::string(),
          job.time_limit_ms};
}

// The workers and their room alone: what a long queue does not make longer.
StatusOr<Snapshot> JobService::TakeRooms() {
  Snapshot snapshot;
  snapshot.now_ms = clock_.NowMs();
  ASSIGN_OR_RETURN(const auto workers, store_.ListWorkers());
  std::map<std::string, WorkerRoom> lost;  // by name, the latest of each
  std::map<std::string, int64_t> lost_ms;
  std::set<std::string> there;
  for (const Worker& worker : workers) {
    WorkerRoom room{worker.id, worker.name, worker.total, worker.total, {}};
    if (worker.state == WorkerState::kLost) {
      int64_t& latest = lost_ms[worker.name];
      if (worker.lost_ms + kMayComeBackMs <= snapshot.now_ms || worker.lost_ms < latest) continue;
      latest = worker.lost_ms;
      lost[worker.name] = std::move(room);
      continue;
    }
    there.insert(worker.name);
    auto& list = worker.state == WorkerState::kReady ? snapshot.workers : snapshot.draining;
    list.push_back(std::move(room));
  }
  for (auto& [name, room] : lost) {
    if (!there.contains(name)) snapshot.lost.push_back(std::move(room));
  }
  RETURN_IF_ERROR(TakeAway(snapshot.workers));
  return snapshot;
}

// What runs, or is about to, from the room of its worker.
Status JobService::TakeAway(std::vector<WorkerRoom>& rooms) {
  std::unordered_map<std::string, WorkerRoom*> by_id;
  for (WorkerRoom& room : rooms) by_id[room.id] = &room;
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  ASSIGN_OR_RETURN(const auto attempts, store_.LiveAttempts());
  for (const Attempt& attempt : attempts) {
    const auto it = active->find(attempt.job);
    if (it == active->end() || it->second.attempt != attempt.id) continue;
    const auto room = by_id.find(attempt.worker);
    if (room == by_id.end()) continue;
    const Job& job = it->second;
    room->second->free = room->second->free - job.wanted;
    if (job.time_limit_ms == 0) continue;
    room->second->returns.push_back({job.scheduled_ms + job.time_limit_ms, job.wanted});
  }
  return OkStatus();
}

StatusOr<Snapshot> JobService::TakeSnapshot() {
  ASSIGN_OR_RETURN(Snapshot snapshot, TakeRooms());
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  std::set<std::string> waiting;
  for (const auto& [id, job] : *active) {
    if (job.state == JobState::kQueued) {
      snapshot.waiting.push_back(AsWaiting(job));
      waiting.insert(job.name_space);
    } else {
      snapshot.used_cpu_milli[job.name_space] += job.wanted.cpu_milli;
    }
  }
  for (const std::string& name : waiting) {
    snapshot.used_cpu_milli[name] += usage_.Average(name, snapshot.now_ms);
  }
  return snapshot;
}

// Jobs that came before any worker did learn now what the defaults are.
Status JobService::FillInDefaults(Snapshot& snapshot) {
  if (snapshot.workers.empty()) return OkStatus();
  for (WaitingJob& waiting : snapshot.waiting) {
    if (waiting.wanted.cpu_milli > 0 && waiting.wanted.mem_bytes > 0) continue;
    const Resources filled = WithDefaults(waiting.wanted, snapshot.workers, options_.defaults);
    ASSIGN_OR_RETURN(std::optional<Job> job, JobById(waiting.id));
    CHECK(job.has_value()) << waiting.id;
    job->wanted = waiting.wanted = filled;
    RETURN_IF_ERROR(Update(*job));
  }
  return OkStatus();
}

Status JobService::Assign(const std::string& id, const std::string& worker_id) {
  ASSIGN_OR_RETURN(std::optional<Job> job, JobById(id));
  ASSIGN_OR_RETURN(const std::optional<Worker> worker, store_.GetWorker(worker_id));
  CHECK(job.has_value() && worker.has_value()) << id << " on " << worker_id;
  Attempt attempt;
  attempt.job = id;
  attempt.worker = worker_id;
  attempt.secret = NewId("", 32);
  RETURN_IF_ERROR(store_.InsertAttempt(attempt));
  has_assigned_ = true;
  Touch(WorkerChannel(worker->id));
  job->attempt = attempt.id;
  job->worker = worker->name;
  job->unprotected = worker->missing;
  return Transition(*job, JobState::kScheduled, EndReason::kNone,
                    "on worker '" + worker->name + "'" +
                        (worker->missing.empty() ? "" : ", without " + worker->missing));
}

// A job that has just come: on what the latest plan has left over, or at the end of its queue.
Status JobService::StartOrQueue(const Job& job) {
  ASSIGN_OR_RETURN(const std::string held, WhyHeld(job));
  if (!held.empty()) {
    Hold(job.id, held);
    return OkStatus();
  }
  const auto worker = AddToPlan(plan_, AsWaiting(job), clock_.NowMs());
  if (worker) return Assign(job.id, *worker);
  // It may belong before others.
  must_plan_ = must_plan_ || job.priority < kDefaultPriority;
  return OkStatus();
}

Status JobService::Schedule() {
  const int64_t began_ms = clock_.SteadyMs();
  must_plan_ = true;  // unless all of it works
  ASSIGN_OR_RETURN(Snapshot snapshot, TakeSnapshot());
  RETURN_IF_ERROR(FillInDefaults(snapshot));
  ASSIGN_OR_RETURN(const HeldJobs held, HoldByQuotas(snapshot));
  plan_ = MakePlan(snapshot);
  held_.clear();
  for (const auto& [id, why] : held) Hold(id, why);
  known_rooms_ = std::move(snapshot.workers);
  known_rooms_.insert(known_rooms_.end(), snapshot.draining.begin(), snapshot.draining.end());
  for (const Assignment& one : plan_.assignments) RETURN_IF_ERROR(Assign(one.job, one.worker));
  must_plan_ = false;
  planned_ms_ = clock_.SteadyMs();
  plan_took_ms_ = planned_ms_ - began_ms;
  ++plans_made_;
  return OkStatus();
}

bool JobService::MayPlanAgain() const {
  return !has_plan() || clock_.SteadyMs() - planned_ms_ >= kPlanShare * plan_took_ms_;
}

Status JobService::PlanIfDue() {
  Lock lock(mutex_, store_);
  if (!must_plan_ || !MayPlanAgain()) {
    lock.LeaveForLater();
    return OkStatus();
  }
  return Transact(Planning::kNow, [] { return OkStatus(); });
}

StatusOr<ClusterView> JobService::Cluster(const Principal& who) {
  (void)who;  // every principal may know what there is to run on
  Lock lock(mutex_, store_);
  lock.LeaveForLater();
  ClusterView view;
  ASSIGN_OR_RETURN(const auto workers, store_.ListWorkers());
  ASSIGN_OR_RETURN(const Snapshot rooms, TakeRooms());
  std::set<std::string> shown;
  for (const auto* list : {&rooms.workers, &rooms.draining, &rooms.lost}) {
    for (const WorkerRoom& room : *list) shown.insert(room.id);
  }
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  std::map<std::string, std::pair<Resources, int64_t>> used;  // by id
  ASSIGN_OR_RETURN(const auto attempts, store_.LiveAttempts());
  for (const Attempt& attempt : attempts) {
    const auto job = active->find(attempt.job);
    if (job == active->end() || job->second.attempt != attempt.id) continue;
    auto& [resources, jobs] = used[attempt.worker];
    resources = resources + job->second.wanted;
    ++jobs;
  }
  for (const Worker& worker : workers) {
    if (!shown.contains(worker.id)) continue;
    const auto& [resources, jobs] = used[worker.id];
    view.workers.push_back({worker, resources, jobs});
  }
  for (const auto& [id, job] : *active) ++view.jobs[job.state];
  return view;
}

int64_t JobService::PlansMade() {
  Lock lock(mutex_, store_);
  lock.LeaveForLater();
  return plans_made_;
}

// Which jobs are before it. Those of namespaces that the asker does not see have no names for him.
std::string JobService::WhoIsBefore(const Principal& who, const Plan& plan, int position) const {
  std::string names;
  int named = 0;
  const int last = std::max(0, position - 1 - kMostLookedAt);
  for (int at = position - 2; at >= last && named < kMostNamed && active_; --at) {
    const auto it = active_->find(plan.queue[static_cast<size_t>(at)]);
    if (it == active_->end() || !who.MaySee(it->second.name_space)) continue;
    if (it->second.state != JobState::kQueued) continue;
    names += (named++ == 0 ? "" : ", ") + it->first;
  }
  const int others = position - 1 - named;
  if (position <= 1) return "no job is before it";
  std::string text = named == 0 ? "" : names;
  if (others > 0) {
    text += (named == 0 ? "" : " and ") + std::to_string(others) +
            (named == 0 ? (others == 1 ? " job" : " jobs") : (others == 1 ? " other" : " others"));
  }
  return text + (position == 2 ? " is before it" : " are before it");
}

JobView JobService::View(const Principal& who, Job job) const {
  JobView view;
  view.job = std::move(job);
  if (view.job.state != JobState::kQueued) return view;
  const auto it = plan_.waiting.find(view.job.id);
  if (it == plan_.waiting.end()) return view;
  Describe(who, plan_, it->second, view);
  return view;
}

void JobService::Describe(const Principal& who, const Plan& plan, const Waiting& waiting,
                          JobView& view) const {
  view.position = waiting.position;
  view.starts_ms = waiting.starts_ms;
  if (const auto held = held_.find(view.job.id); held != held_.end()) {
    view.waits_for = held->second + "; " + WhoIsBefore(who, plan, view.position);
    return;
  }
  view.waits_for =
      WhyItWaits(plan, AsWaiting(view.job)) + "; " + WhoIsBefore(who, plan, view.position);
  view.waits_for += waiting.starts_ms ? "; by the time limits of what runs it starts within " +
                                            ShortTime(*waiting.starts_ms - clock_.NowMs())
                                      : "; when it starts is not known";
}

}  // namespace csl::appliance
