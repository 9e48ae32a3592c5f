// SPDX-License-Identifier: Apache-2.0
#include "appliance/scheduler/scheduler.h"

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

namespace csl::appliance {
namespace {

std::string Describe(const Resources& wanted) {
  std::string text = std::to_string(wanted.cpu_milli) + " milli-cpu, " +
                     std::to_string(wanted.mem_bytes) + " bytes of memory";
  if (wanted.systems > 0) text += ", " + std::to_string(wanted.systems) + " system(s)";
  return text;
}

// The best fit: the least memory left over, so that large holes stay for large jobs.
WorkerRoom* FindRoom(const WaitingJob& job, std::vector<WorkerRoom>& workers,
                     const std::set<std::string>& reserved) {
  WorkerRoom* best = nullptr;
  for (WorkerRoom& worker : workers) {
    if (!job.wanted.FitsIn(worker.free) || reserved.contains(worker.id)) continue;
    if (!job.only_on.empty() && job.only_on != worker.name) continue;
    if (best == nullptr || worker.free.mem_bytes < best->free.mem_bytes) best = &worker;
  }
  return best;
}

std::string WhyItWaits(const Resources& wanted, const std::vector<WorkerRoom>& workers,
                       bool passed_over) {
  if (workers.empty()) return "no worker is ready";
  if (passed_over) return "an older job waits for the same workers";
  if (!CheckFits(wanted, workers).ok()) return "no worker that is ready now is large enough";
  return "all workers that could take it are busy: it wants " + Describe(wanted);
}

// The waiting jobs in the order in which they are looked at. Fair share changes with every
// assignment, so that the next one is always asked for anew; that costs no look at the others.
class Line {
 public:
  explicit Line(const Snapshot& snapshot) : used_(snapshot.used_cpu_milli) {
    std::vector<const WaitingJob*> jobs;
    for (const WaitingJob& job : snapshot.waiting) jobs.push_back(&job);
    std::sort(jobs.begin(), jobs.end(),
              [](const WaitingJob* a, const WaitingJob* b) { return a->sequence < b->sequence; });
    for (const WaitingJob* job : jobs) by_priority_[job->priority][job->name_space].push_back(job);
    Enter();
  }

  // Null at the end.
  const WaitingJob* Next() {
    while (turns_.empty()) {
      if (by_priority_.empty()) return nullptr;
      by_priority_.erase(by_priority_.begin());
      Enter();
    }
    const std::string name_space = std::get<2>(*turns_.begin());
    turns_.erase(turns_.begin());
    auto& own = by_priority_.begin()->second[name_space];
    const WaitingJob* job = own.front();
    own.pop_front();
    if (!own.empty()) turns_.emplace(used_[name_space], own.front()->sequence, name_space);
    return job;
  }
  // The job that was the latest Next starts.
  void Starts(const WaitingJob& job) {
    int64_t& used = used_[job.name_space];
    const auto& own = by_priority_.begin()->second[job.name_space];
    if (!own.empty()) turns_.erase({used, own.front()->sequence, job.name_space});
    used += job.wanted.cpu_milli;
    if (!own.empty()) turns_.emplace(used, own.front()->sequence, job.name_space);
  }

 private:
  void Enter() {
    if (by_priority_.empty()) return;
    for (const auto& [name_space, jobs] : by_priority_.begin()->second) {
      turns_.emplace(used_[name_space], jobs.front()->sequence, name_space);
    }
  }

  std::map<std::string, int64_t> used_;
  std::map<int, std::map<std::string, std::deque<const WaitingJob*>>> by_priority_;
  std::set<std::tuple<int64_t, int64_t, std::string>> turns_;  // of the first priority
};

}  // namespace

Plan MakePlan(const Snapshot& snapshot) {
  Plan plan;
  std::vector<WorkerRoom> workers = snapshot.workers;
  Line line(snapshot);
  std::set<std::string> reserved;
  int position = 0;
  while (const WaitingJob* next = line.Next()) {
    const WaitingJob& job = *next;
    if (WorkerRoom* room = FindRoom(job, workers, reserved); room != nullptr) {
      room->free = room->free - job.wanted;
      line.Starts(job);
      plan.assignments.push_back({job.id, room->id});
      continue;
    }
    plan.position[job.id] = ++position;
    const bool passed_over = FindRoom(job, workers, {}) != nullptr;
    plan.waits_for[job.id] = WhyItWaits(job.wanted, snapshot.workers, passed_over);
    if (snapshot.now_ms - job.created_ms < kPatienceMs) continue;
    if (!job.only_on.empty()) continue;
    for (const WorkerRoom& worker : workers) {
      if (job.wanted.FitsIn(worker.total)) reserved.insert(worker.id);
    }
  }
  return plan;
}

void AddToPlan(Plan& plan, const std::string& job, const Resources& wanted,
               const std::vector<WorkerRoom>& workers) {
  plan.position[job] = static_cast<int>(plan.position.size()) + 1;
  plan.waits_for[job] = WhyItWaits(wanted, workers, false);
}

Status CheckFits(const Resources& wanted, const std::vector<WorkerRoom>& workers) {
  Resources largest;
  for (const WorkerRoom& worker : workers) {
    if (wanted.FitsIn(worker.total)) return OkStatus();
    largest.cpu_milli = std::max(largest.cpu_milli, worker.total.cpu_milli);
    largest.mem_bytes = std::max(largest.mem_bytes, worker.total.mem_bytes);
    largest.systems = std::max(largest.systems, worker.total.systems);
  }
  return ResourceExhausted("the job wants " + Describe(wanted) +
                           ", but no worker is that large: the largest have " + Describe(largest));
}

Resources WithDefaults(Resources wanted, const std::vector<WorkerRoom>& workers,
                       const Resources& defaults) {
  Resources largest;
  for (const WorkerRoom& worker : workers) {
    if (std::tie(worker.total.systems, worker.total.mem_bytes, worker.total.cpu_milli) >
        std::tie(largest.systems, largest.mem_bytes, largest.cpu_milli)) {
      largest = worker.total;
    }
  }
  const bool known = !workers.empty();
  if (wanted.cpu_milli == 0) {
    wanted.cpu_milli = known ? std::min(defaults.cpu_milli, largest.cpu_milli) : defaults.cpu_milli;
  }
  if (wanted.mem_bytes == 0) {
    wanted.mem_bytes = known ? std::min(defaults.mem_bytes, largest.mem_bytes) : defaults.mem_bytes;
  }
  return wanted;
}

}  // namespace csl::appliance
