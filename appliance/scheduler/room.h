// SPDX-License-Identifier: Apache-2.0
// The room on one worker, now and as far as it is known later: what is free from when on, less what
// waiting jobs were promised.
#ifndef APPLIANCE_SCHEDULER_ROOM_H_
#define APPLIANCE_SCHEDULER_ROOM_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "appliance/domain/job.h"

namespace csl::appliance {

inline constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
// A job that is past its limit is on its way out: its room is counted on after this.
inline constexpr int64_t kOverdueMs = 5'000;

// What a running job gives back at its time limit; it may do so earlier.
struct Return {
  int64_t at_ms = 0;
  Resources what;
};

// A worker as a snapshot sees it.
struct WorkerRoom {
  std::string id;
  std::string name;
  Resources total;
  Resources free;
  std::vector<Return> returns;  // of those that run there and have a time limit
};

class Room {
 public:
  Room(const WorkerRoom& worker, int64_t now_ms);

  const std::string& id() const { return id_; }
  const std::string& name() const { return name_; }
  const Resources& total() const { return total_; }
  const Resources& free() const { return steps_.front().free; }

  // Whether a job may start now and stay for `length_ms` without delaying what was promised.
  bool FitsNow(const Resources& wanted, int64_t length_ms) const;
  // The first time from which on it fits for so long; nothing if that is not known.
  std::optional<int64_t> EarliestFit(const Resources& wanted, int64_t length_ms) const;
  // Takes it away from `from_ms` on, where EarliestFit allows it.
  void Take(const Resources& wanted, int64_t from_ms, int64_t length_ms);
  // From now on nothing starts here that takes of what `wanted` lacks now, or of the rest more than
  // it leaves over: whatever ends first then brings `wanted` nearer to its start.
  void HoldFor(const Resources& wanted);
  bool IsHeld() const { return is_held_; }
  // How much of `wanted` is not free now, in thousandths of what the worker has; 0: it fits.
  int64_t Lacks(const Resources& wanted) const;

 private:
  struct Step {
    int64_t at_ms;
    Resources free;
  };
  size_t StepAt(int64_t at_ms);

  std::string id_;
  std::string name_;
  Resources total_;
  std::vector<Step> steps_;  // by time, the first is now; each lasts to the next
  Resources spare_{kForever, kForever, kForever};  // what may still start beside a hold
  bool is_held_ = false;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SCHEDULER_ROOM_H_
