// SPDX-License-Identifier: Apache-2.0
// Waiting jobs in the order in which they are looked at: priority, share, age.
#ifndef APPLIANCE_SCHEDULER_LINE_H_
#define APPLIANCE_SCHEDULER_LINE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "appliance/scheduler/scheduler.h"

namespace csl::appliance {

// Shares change with every job that starts, so that the next one is always asked for anew; that
// costs no look at the others. Refers to the snapshot.
class Line {
 public:
  explicit Line(const Snapshot& snapshot);

  // Null at the end.
  const WaitingJob* Next();
  // The job that was the latest Next starts.
  void LatestStarts();

 private:
  // The jobs of one namespace with one priority, oldest first.
  struct Own {
    size_t name_space;
    std::vector<const WaitingJob*> jobs;
    size_t next = 0;
  };
  void Enter();
  void TakeTurn(size_t own);

  std::vector<int64_t> used_;  // by namespace
  std::map<int, std::vector<Own>> by_priority_;
  // Share, sequence of the oldest, index among those of the first priority.
  std::set<std::tuple<int64_t, int64_t, size_t>> turns_;
  const WaitingJob* latest_ = nullptr;
  size_t latest_own_ = 0;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SCHEDULER_LINE_H_
