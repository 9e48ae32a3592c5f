// SPDX-License-Identifier: Apache-2.0
// When which PE of a shard must be looked at: a wheel of lists for the next 64 cycles, a heap for
// what is further off.
#ifndef FABRIC_ENGINE_EVENT_WHEEL_H_
#define FABRIC_ENGINE_EVENT_WHEEL_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "fabric/pe/state.h"

namespace csl::fabric::engine {

class EventWheel {
 public:
  explicit EventWheel(uint32_t num_pes) : scheduled_(num_pes, pe::kNever) {}

  // PE `pe` is looked at in `cycle`, or earlier. Precondition: cycle >= now().
  [[gnu::always_inline]] void Schedule(uint32_t pe, int64_t cycle) {
    if (cycle >= scheduled_[pe]) return;
    scheduled_[pe] = cycle;
    if (cycle - now_ < kSlots) {
      slots_[cycle & (kSlots - 1)].push_back(pe);
      occupied_ |= uint64_t{1} << (cycle & (kSlots - 1));
    } else {
      ScheduleFar(pe, cycle);
    }
  }

  // The first cycle from now() on in which a PE may have to be looked at; pe::kNever: none.
  int64_t Next() const {
    int64_t next = far_.empty() ? pe::kNever : far_.front().first;
    if (occupied_ != 0) {
      const uint64_t rotated = std::rotr(occupied_, static_cast<int>(now_ & (kSlots - 1)));
      next = std::min(next, now_ + std::countr_zero(rotated));
    }
    return next;
  }

  int64_t now() const { return now_; }
  // Moves on to `cycle`, which Next() does not precede.
  void AdvanceTo(int64_t cycle) {
    now_ = cycle;
    while (!far_.empty() && far_.front().first - now_ < kSlots) {
      const auto [at, pe] = far_.front();
      std::pop_heap(far_.begin(), far_.end(), std::greater<>());
      far_.pop_back();
      slots_[at & (kSlots - 1)].push_back(pe);
      occupied_ |= uint64_t{1} << (at & (kSlots - 1));
    }
  }

  // Calls visit(pe) for each PE due in cycle now(), once. visit may schedule later cycles. Before,
  // prefetch(pe, stage) is called with stages 0, 1 and 2, some visits ahead.
  template <typename Visit, typename Prefetch>
  int VisitDue(Visit visit, Prefetch prefetch) {
    std::vector<uint32_t>& due = slots_[now_ & (kSlots - 1)];
    if (due.empty()) return 0;
    visiting_.swap(due);
    occupied_ &= ~(uint64_t{1} << (now_ & (kSlots - 1)));
    int count = 0;
    const size_t size = visiting_.size();
    for (size_t i = 0; i < size; ++i) {
      if (i + 3 * kAhead < size) prefetch(visiting_[i + 3 * kAhead], 0);
      if (i + 2 * kAhead < size) prefetch(visiting_[i + 2 * kAhead], 1);
      if (i + kAhead < size) prefetch(visiting_[i + kAhead], 2);
      const uint32_t pe = visiting_[i];
      // Else it was looked at earlier, and asked for another cycle.
      if (scheduled_[pe] != now_) continue;
      scheduled_[pe] = pe::kNever;
      ++count;
      visit(pe);
    }
    visiting_.clear();
    return count;
  }

  // What it takes for each PE.
  size_t FootprintBytes() const { return scheduled_.capacity() * sizeof(scheduled_[0]); }

 private:
  [[gnu::noinline]] void ScheduleFar(uint32_t pe, int64_t cycle) {
    far_.push_back({cycle, pe});
    std::push_heap(far_.begin(), far_.end(), std::greater<>());
  }

  static constexpr int64_t kSlots = 64;
  static constexpr size_t kAhead = 3;

  int64_t now_ = 0;
  uint64_t occupied_ = 0;  // bit = slot that is not empty
  std::array<std::vector<uint32_t>, kSlots> slots_;
  std::vector<uint32_t> visiting_;
  std::vector<std::pair<int64_t, uint32_t>> far_;  // a heap, the earliest in front
  std::vector<int64_t> scheduled_;                 // by PE: the cycle that counts
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_EVENT_WHEEL_H_
