// SPDX-License-Identifier: Apache-2.0
// Which task runs next: one active and one blocked bit for each of the 64 task ids.
//
// A task is ready when active and not blocked. Ready high-priority ids go first; among equals the
// order is round robin by ascending id, starting after the last id picked. Fairness is needed:
// programs poll by letting a task re-activate itself until another one has made room.
#ifndef FABRIC_PE_SCHEDULER_H_
#define FABRIC_PE_SCHEDULER_H_

#include <cstdint>

namespace csl::fabric::pe {

inline constexpr int kNumTaskIds = 64;
inline constexpr int kTeardownTask = 29;

struct TaskBits {
  uint64_t active = 0;
  uint64_t blocked = 0;
  uint64_t high_priority = 0;
  int last_picked = kNumTaskIds - 1;

  void Activate(int id) { active |= uint64_t{1} << id; }
  void Block(int id) { blocked |= uint64_t{1} << id; }
  void Unblock(int id) { blocked &= ~(uint64_t{1} << id); }
  bool IsActive(int id) const { return (active >> id & 1) != 0; }
  bool IsBlocked(int id) const { return (blocked >> id & 1) != 0; }

  // Chooses among the ready tasks and the ids in `more` (ready for reasons of their own), clears
  // the chosen one's active bit and remembers it. -1: none.
  int Pick(uint64_t more = 0) {
    uint64_t ready = (active & ~blocked) | more;
    if (ready == 0) return -1;
    if ((ready & high_priority) != 0) ready &= high_priority;
    const int first = (last_picked + 1) % kNumTaskIds;
    const uint64_t behind = ready & (~uint64_t{0} << first);
    const int id = __builtin_ctzll(behind != 0 ? behind : ready);
    active &= ~(uint64_t{1} << id);
    last_picked = id;
    return id;
  }
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_SCHEDULER_H_
