// SPDX-License-Identifier: Apache-2.0
// The scheduler: a pure function from what is waiting and what is free to what starts where.
//
// Order: priority (smaller first), then the namespace that uses the least cpu now, then age. A job
// that does not fit is passed over by younger ones for kPatienceMs at most; after that the workers
// it could run on take nothing that comes after it, so that it cannot starve.
#ifndef APPLIANCE_SCHEDULER_SCHEDULER_H_
#define APPLIANCE_SCHEDULER_SCHEDULER_H_

#include <map>
#include <string>
#include <vector>

#include "appliance/domain/job.h"

namespace csl::appliance {

inline constexpr int64_t kPatienceMs = 60'000;

struct WaitingJob {
  std::string id;
  std::string name_space;
  int priority = kDefaultPriority;
  Resources wanted;
  int64_t sequence = 0;
  int64_t created_ms = 0;
  std::string only_on;  // the name of the one worker that it may run on; empty: any
};

struct WorkerRoom {
  std::string id;
  std::string name;
  Resources total;
  Resources free;
};

struct Snapshot {
  int64_t now_ms = 0;
  std::vector<WaitingJob> waiting;
  std::vector<WorkerRoom> workers;                // ready ones only
  std::vector<WorkerRoom> draining;               // take nothing now, and may again
  std::map<std::string, int64_t> used_cpu_milli;  // by namespace
};

struct Assignment {
  std::string job;
  std::string worker;  // id
};

struct Plan {
  std::vector<Assignment> assignments;
  std::map<std::string, std::string> waits_for;  // job id -> sentence for people
  std::map<std::string, int> position;           // job id -> place in the queue, from 1
};

Plan MakePlan(const Snapshot& snapshot);
// Puts a job that fits nowhere now at the end of a plan, until the next one is made.
void AddToPlan(Plan& plan, const std::string& job, const Resources& wanted,
               const std::vector<WorkerRoom>& workers);

// Whether some worker could run it when idle; if not, the reason names what is too large.
Status CheckFits(const Resources& wanted, const std::vector<WorkerRoom>& workers);

// The defaults for what a job does not say, no more than the largest worker has.
Resources WithDefaults(Resources wanted, const std::vector<WorkerRoom>& workers,
                       const Resources& defaults = {kDefaultCpuMilli, kDefaultMemBytes, 0});

}  // namespace csl::appliance

#endif  // APPLIANCE_SCHEDULER_SCHEDULER_H_
