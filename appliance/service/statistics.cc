// SPDX-License-Identifier: Apache-2.0
// What those see who watch: events of all jobs, and figures.
#include <algorithm>
#include <set>

#include "appliance/service/job_service.h"

namespace csl::appliance {

StatusOr<std::vector<Event>> JobService::AllEvents(const Principal& who, int64_t sequence) {
  Lock lock(mutex_, store_);
  return store_.AllEventsAfter(who.namespaces, sequence, kMaxEvents);
}

StatusOr<int64_t> JobService::LastEvent() {
  Lock lock(mutex_, store_);
  return store_.LastEvent();
}

StatusOr<int64_t> JobService::PollingWorkers() {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const auto workers, store_.ListWorkers());
  return std::count_if(workers.begin(), workers.end(), [this](const Worker& worker) {
    return worker.state != WorkerState::kLost && LeaseUntil(worker) > clock_.SteadyMs();
  });
}

StatusOr<Statistics> JobService::GetStatistics() {
  Lock lock(mutex_, store_);
  Statistics now;
  ASSIGN_OR_RETURN(now.jobs, store_.CountJobs());
  ASSIGN_OR_RETURN(const auto workers, store_.ListWorkers());
  std::set<std::string> lost;
  std::set<std::string> here;
  for (const Worker& worker : workers) {
    if (worker.state == WorkerState::kLost) {
      lost.insert(worker.name);
      continue;
    }
    here.insert(worker.name);
    ++now.workers[worker.state];
    now.total = now.total + worker.total;
  }
  // A worker that started anew under its name is not lost, though its earlier row does.
  now.workers[WorkerState::kLost] = std::count_if(
      lost.begin(), lost.end(), [&here](const std::string& name) { return !here.contains(name); });
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  for (const auto& [id, job] : *active) {
    if (job.state != JobState::kQueued) now.used = now.used + job.wanted;
  }
  now.queue_wait_seconds = queue_wait_seconds_;
  return now;
}

}  // namespace csl::appliance
