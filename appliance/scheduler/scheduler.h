// SPDX-License-Identifier: Apache-2.0
// The scheduler: a pure function from what is waiting and what is free to what starts where.
//
// Order: priority (smaller first), then the namespace that uses the least cpu, then age.
//
// A job that does not fit now is kept a place in this order, so that it cannot starve. If the time
// limits of what runs say when it will fit somewhere, it is promised that worker from then on, and
// only what delays no such promise starts before it (backfill). Where nobody knows when anything
// ends, it is passed over by younger jobs for kPatienceMs at most; after that one worker takes
// nothing that needs what this job lacks there. That one is always the worker that lacks least, and
// the promised one always the earliest: neither moves away while the job waits.
#ifndef APPLIANCE_SCHEDULER_SCHEDULER_H_
#define APPLIANCE_SCHEDULER_SCHEDULER_H_

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "appliance/domain/job.h"
#include "appliance/scheduler/room.h"
#include "base/status.h"

namespace csl::appliance {

inline constexpr int64_t kPatienceMs = 60'000;
// So many jobs that wait, in their order, are promised a worker. More would cost a look at every
// worker each, and would hardly ever start where they were promised to.
inline constexpr int kMaxPromised = 64;
// One worker in so many, and one at least, takes nothing more for jobs whose start is not known.
inline constexpr int kWorkersAHold = 8;

struct WaitingJob {
  std::string id;
  std::string name_space;
  int priority = kDefaultPriority;
  Resources wanted;
  int64_t sequence = 0;
  int64_t created_ms = 0;
  std::string only_on;        // the name of the one worker that it may run on; empty: any
  int64_t time_limit_ms = 0;  // 0: none
};

struct Snapshot {
  int64_t now_ms = 0;
  std::vector<WaitingJob> waiting;
  std::vector<WorkerRoom> workers;                // ready ones only
  std::vector<WorkerRoom> draining;               // take nothing now, and may again
  std::map<std::string, int64_t> used_cpu_milli;  // by namespace: now, and lately on average
  std::vector<WorkerRoom> lost;                   // were there not long ago, and may come back
};

struct Assignment {
  std::string job;
  std::string worker;  // id
};

struct Waiting {
  int position = 0;                  // from 1
  std::optional<int64_t> starts_ms;  // by what is known now; nothing: nobody can know
};

// What starts, what waits, and what is free afterwards.
struct Plan {
  int64_t now_ms = 0;
  std::vector<Assignment> assignments;
  std::unordered_map<std::string, Waiting> waiting;  // by job id
  std::vector<std::string> queue;                    // job ids by position
  std::vector<Room> rooms;                           // of ready workers, by name
  std::vector<WorkerRoom> draining;
  std::vector<WorkerRoom> lost;
  int64_t looks = 0;  // at a worker for a job: what the plan cost
};

// The same snapshot gives the same plan, in whatever order it lists jobs and workers.
Plan MakePlan(const Snapshot& snapshot);

// Starts one more job on what a plan has left over and promised to nobody, or puts it at the end of
// the queue; the id of the worker, or nothing. Costs no look at the other jobs.
std::optional<std::string> AddToPlan(Plan& plan, const WaitingJob& job, int64_t now_ms);

// Why a job that waits does so, for people: which limit is short, and where. It says nothing of
// other jobs, which its owner might not know of.
std::string WhyItWaits(const Plan& plan, const WaitingJob& job);

// Whether some worker could run it when idle; if not, the reason names what is too large.
Status CheckFits(const Resources& wanted, const std::vector<WorkerRoom>& workers);
// The names of the limits that no worker could hold, as the REST API spells them: "cpu_milli",
// "mem_bytes", "systems"; all that it wants if each fits somewhere but not together. Empty: it
// fits.
std::vector<std::string> LimitsThatFail(const Resources& wanted,
                                        const std::vector<WorkerRoom>& workers);

// The defaults for what a job does not say, no more than the largest worker has.
Resources WithDefaults(Resources wanted, const std::vector<WorkerRoom>& workers,
                       const Resources& defaults = {kDefaultCpuMilli, kDefaultMemBytes, 0});

}  // namespace csl::appliance

#endif  // APPLIANCE_SCHEDULER_SCHEDULER_H_
