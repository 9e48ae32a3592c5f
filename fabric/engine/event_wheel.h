// SPDX-License-Identifier: Apache-2.0
// When which PE of a shard must be looked at: bits for this cycle and the next few, a wheel of
// lists for the next 64 cycles, a heap for what is further off.
#ifndef FABRIC_ENGINE_EVENT_WHEEL_H_
#define FABRIC_ENGINE_EVENT_WHEEL_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "fabric/engine/due_bits.h"
#include "fabric/pe/state.h"

namespace csl::fabric::engine {

class EventWheel {
 public:
  explicit EventWheel(uint32_t num_pes)
      : due_(kNear, DueBits(num_pes)), scheduled_(num_pes, pe::kNever) {}

  // PE `pe` is looked at in `cycle`, and perhaps earlier. Precondition: cycle >= now().
  [[gnu::always_inline]] void Schedule(uint32_t pe, int64_t cycle) {
    if (cycle - now_ < kNear) {
      due_[static_cast<size_t>(cycle & (kNear - 1))].Add(pe);
      near_ |= 1u << (cycle & (kNear - 1));
    } else {
      ScheduleLater(pe, cycle);
    }
  }
  // Schedule(pe, now()).
  [[gnu::always_inline]] void ScheduleNow(uint32_t pe) { Schedule(pe, now_); }

  // The first cycle from now() on in which a PE may have to be looked at; pe::kNever: none.
  int64_t Next() const {
    int64_t next = far_.empty() ? pe::kNever : far_.front().first;
    if (near_ != 0) {
      const uint32_t from_now = (near_ | near_ << kNear) >> (now_ & (kNear - 1));
      next = std::min(next, now_ + std::countr_zero(from_now));
    }
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

  // Before the blocks of cycle now() are taken.
  void BeginTaking() {
    DueBits& due = DueNow();
    near_ &= ~(1u << (now_ & (kNear - 1)));
    if ((occupied_ >> (now_ & (kSlots - 1)) & 1) == 0) return;
    occupied_ &= ~(uint64_t{1} << (now_ & (kSlots - 1)));
    std::vector<uint32_t>& slot = slots_[now_ & (kSlots - 1)];
    for (const uint32_t pe : slot) {
      // Else it was looked at earlier, and asked for another cycle.
      if (scheduled_[pe] == now_) due.Add(pe);
    }
    slot.clear();
  }
  // PE `pe`, of a block that was not taken yet, is looked at in cycle now().
  [[gnu::always_inline]] void AddDue(uint32_t pe) { DueNow().Add(pe); }
  bool GroupIsEmpty(uint32_t group) { return DueNow().GroupIsEmpty(group); }
  // Adds those of a block (DueBits) due in cycle now() to taken(), each once, in ascending order;
  // they no longer are. What is then scheduled are later cycles. Precondition: taken() has fewer
  // than kBatchPes.
  static constexpr size_t kBatchPes = 128;
  void TakeBlock(uint32_t block) {
    num_taken_ += DueNow().MoveBlock(block, taken_.data() + num_taken_);
  }
  std::span<const uint32_t> taken() const { return {taken_.data(), num_taken_}; }
  // The first `count` of taken() were looked at.
  void DropTaken(size_t count) {
    std::copy(taken_.begin() + static_cast<std::ptrdiff_t>(count),
              taken_.begin() + static_cast<std::ptrdiff_t>(num_taken_), taken_.begin());
    num_taken_ -= count;
  }
  void Prefetch(uint32_t pe) const { __builtin_prefetch(&scheduled_[pe], 1); }
  // The PE is looked at in cycle now(): what it asked for before no longer counts.
  void Forget(uint32_t pe) {
    if (scheduled_[pe] != pe::kNever) scheduled_[pe] = pe::kNever;
  }

  // What it takes for each PE.
  size_t FootprintBytes() const {
    return scheduled_.capacity() * sizeof(scheduled_[0]) +
           static_cast<size_t>(kNear) * due_[0].FootprintBytes();
  }

 private:
  DueBits& DueNow() { return due_[static_cast<size_t>(now_ & (kNear - 1))]; }
  [[gnu::noinline]] void ScheduleLater(uint32_t pe, int64_t cycle) {
    if (cycle >= scheduled_[pe]) return;
    scheduled_[pe] = cycle;
    if (cycle - now_ < kSlots) {
      slots_[cycle & (kSlots - 1)].push_back(pe);
      occupied_ |= uint64_t{1} << (cycle & (kSlots - 1));
    } else {
      far_.push_back({cycle, pe});
      std::push_heap(far_.begin(), far_.end(), std::greater<>());
    }
  }

  static constexpr int64_t kSlots = 64;
  static constexpr int64_t kNear = 8;  // of the cycles from now() on, in bits

  int64_t now_ = 0;
  uint64_t occupied_ = 0;     // bit = slot that is not empty
  uint32_t near_ = 0;         // bit = member of due_ that is not empty
  std::vector<DueBits> due_;  // by cycle modulo kNear
  std::array<std::vector<uint32_t>, kSlots> slots_;
  std::array<uint32_t, kBatchPes + DueBits::kBlockPes> taken_;
  size_t num_taken_ = 0;
  std::vector<std::pair<int64_t, uint32_t>> far_;  // a heap, the earliest in front
  std::vector<int64_t> scheduled_;                 // by PE: the later cycle that counts
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_EVENT_WHEEL_H_
