// SPDX-License-Identifier: Apache-2.0
// What fits nowhere, what a job gets that does not say, and why one waits, in words.
#include <algorithm>
#include <tuple>

#include "appliance/scheduler/scheduler.h"

namespace csl::appliance {
namespace {

std::string Describe(const Resources& wanted) {
  std::string text = std::to_string(wanted.cpu_milli) + " milli-cpu, " +
                     std::to_string(wanted.mem_bytes) + " bytes of memory";
  if (wanted.systems > 0) text += ", " + std::to_string(wanted.systems) + " system(s)";
  return text;
}

struct Limit {
  const char* field;  // as the REST API spells it
  const char* unit;
  int64_t Resources::*of;
};
constexpr Limit kLimits[] = {
    {"cpu_milli", "milli-cpu", &Resources::cpu_milli},
    {"mem_bytes", "bytes of memory", &Resources::mem_bytes},
    {"systems", "system(s)", &Resources::systems},
};

Resources LargestOfEach(const std::vector<WorkerRoom>& workers) {
  Resources largest;
  for (const WorkerRoom& worker : workers) {
    for (const Limit& limit : kLimits) {
      largest.*limit.of = std::max(largest.*limit.of, worker.total.*limit.of);
    }
  }
  return largest;
}

// The names of the workers that could take it, three at most.
std::string Able(const WaitingJob& job, const std::vector<WorkerRoom>& workers) {
  constexpr int kMost = 3;
  std::string names;
  int count = 0;
  for (const WorkerRoom& worker : workers) {
    const bool may = job.only_on.empty() || job.only_on == worker.name;
    if (!may || !job.wanted.FitsIn(worker.total)) continue;
    if (++count <= kMost) names += (names.empty() ? "'" : ", '") + worker.name + "'";
  }
  if (count > kMost) names += " and " + std::to_string(count - kMost) + " more";
  return names;
}

// "; 'a' could take it, but is draining", for the workers that are away.
std::string WhoIsAway(const Plan& plan, const WaitingJob& job) {
  std::string text;
  if (const std::string names = Able(job, plan.draining); !names.empty()) {
    text += "; large enough, but draining: " + names;
  }
  if (const std::string names = Able(job, plan.lost); !names.empty()) {
    text += "; large enough, but lost: " + names;
  }
  return text;
}

// "800 milli-cpu on worker 'a'": what is short where the least is.
std::string WhatIsShort(const Room& room, const Resources& wanted) {
  std::string text;
  for (const Limit& limit : kLimits) {
    const int64_t lacks = wanted.*limit.of - room.free().*limit.of;
    if (lacks <= 0) continue;
    text += (text.empty() ? "" : " and ") + std::to_string(lacks) + " " + limit.unit;
  }
  return text + " short on worker '" + room.name() + "'";
}

std::string WhyNotAmongReady(const Plan& plan, const WaitingJob& job) {
  if (plan.rooms.empty()) return "no worker is ready" + WhoIsAway(plan, job);
  const bool named = !job.only_on.empty();
  const bool is_there = std::any_of(plan.rooms.begin(), plan.rooms.end(), [&job](const Room& room) {
    return room.name() == job.only_on;
  });
  if (named && !is_there) {
    return "worker '" + job.only_on + "', the only one that may run it, is not ready" +
           WhoIsAway(plan, job);
  }
  return "no worker that is ready now is large enough: it wants " + Describe(job.wanted) +
         WhoIsAway(plan, job);
}

}  // namespace

std::string WhyItWaits(const Plan& plan, const WaitingJob& job) {
  const Room* nearest = nullptr;
  for (const Room& room : plan.rooms) {
    const bool may = job.only_on.empty() || job.only_on == room.name();
    if (!may || !job.wanted.FitsIn(room.total())) continue;
    if (nearest == nullptr || room.Lacks(job.wanted) < nearest->Lacks(job.wanted)) nearest = &room;
  }
  if (nearest == nullptr) return WhyNotAmongReady(plan, job);
  if (nearest->Lacks(job.wanted) == 0) {
    return "an older job, or one of higher priority, waits for the room on worker '" +
           nearest->name() + "', which this one would delay";
  }
  return (job.only_on.empty() ? "all workers that could take it are busy: it wants "
                              : "the worker that it may run on is busy: it wants ") +
         Describe(job.wanted) + "; " + WhatIsShort(*nearest, job.wanted);
}

Status CheckFits(const Resources& wanted, const std::vector<WorkerRoom>& workers) {
  const std::vector<std::string> failing = LimitsThatFail(wanted, workers);
  if (failing.empty()) return OkStatus();
  std::string names;
  for (const std::string& one : failing) names += (names.empty() ? "" : ", ") + one;
  return ResourceExhausted("the job wants " + Describe(wanted) +
                           ", but no worker is that large: the largest have " +
                           Describe(LargestOfEach(workers)) + " (limits that fail: " + names + ")");
}

std::vector<std::string> LimitsThatFail(const Resources& wanted,
                                        const std::vector<WorkerRoom>& workers) {
  for (const WorkerRoom& worker : workers) {
    if (wanted.FitsIn(worker.total)) return {};
  }
  const Resources largest = LargestOfEach(workers);
  std::vector<std::string> alone;
  std::vector<std::string> together;
  for (const Limit& limit : kLimits) {
    if (wanted.*limit.of > largest.*limit.of) alone.emplace_back(limit.field);
    if (wanted.*limit.of > 0) together.emplace_back(limit.field);
  }
  return alone.empty() ? together : alone;
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
