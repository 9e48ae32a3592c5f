// SPDX-License-Identifier: Apache-2.0
#include "appliance/scheduler/scheduler.h"

#include <algorithm>
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
WorkerRoom* FindRoom(const Resources& wanted, std::vector<WorkerRoom>& workers,
                     const std::set<std::string>& reserved) {
  WorkerRoom* best = nullptr;
  for (WorkerRoom& worker : workers) {
    if (!wanted.FitsIn(worker.free) || reserved.contains(worker.id)) continue;
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

}  // namespace

Plan MakePlan(const Snapshot& snapshot) {
  Plan plan;
  std::vector<WorkerRoom> workers = snapshot.workers;
  std::map<std::string, int64_t> used = snapshot.used_cpu_milli;
  std::vector<const WaitingJob*> left;
  for (const WaitingJob& job : snapshot.waiting) left.push_back(&job);
  std::set<std::string> reserved;
  int position = 0;
  while (!left.empty()) {
    // Fair share changes with every assignment, so the next one is picked anew each time.
    const auto next = std::min_element(
        left.begin(), left.end(), [&used](const WaitingJob* a, const WaitingJob* b) {
          return std::tuple(a->priority, used[a->name_space], a->sequence) <
                 std::tuple(b->priority, used[b->name_space], b->sequence);
        });
    const WaitingJob& job = **next;
    left.erase(next);
    if (WorkerRoom* room = FindRoom(job.wanted, workers, reserved); room != nullptr) {
      room->free = room->free - job.wanted;
      used[job.name_space] += job.wanted.cpu_milli;
      plan.assignments.push_back({job.id, room->id});
      continue;
    }
    plan.position[job.id] = ++position;
    const bool passed_over = FindRoom(job.wanted, workers, {}) != nullptr;
    plan.waits_for[job.id] = WhyItWaits(job.wanted, snapshot.workers, passed_over);
    if (snapshot.now_ms - job.created_ms < kPatienceMs) continue;
    for (const WorkerRoom& worker : workers) {
      if (job.wanted.FitsIn(worker.total)) reserved.insert(worker.id);
    }
  }
  return plan;
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

Resources WithDefaults(Resources wanted, const std::vector<WorkerRoom>& workers) {
  Resources largest;
  for (const WorkerRoom& worker : workers) {
    if (std::tie(worker.total.systems, worker.total.mem_bytes, worker.total.cpu_milli) >
        std::tie(largest.systems, largest.mem_bytes, largest.cpu_milli)) {
      largest = worker.total;
    }
  }
  const bool known = !workers.empty();
  if (wanted.cpu_milli == 0) {
    wanted.cpu_milli = known ? std::min(kDefaultCpuMilli, largest.cpu_milli) : kDefaultCpuMilli;
  }
  if (wanted.mem_bytes == 0) {
    wanted.mem_bytes = known ? std::min(kDefaultMemBytes, largest.mem_bytes) : kDefaultMemBytes;
  }
  return wanted;
}

}  // namespace csl::appliance
