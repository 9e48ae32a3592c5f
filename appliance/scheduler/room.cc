// SPDX-License-Identifier: Apache-2.0
#include "appliance/scheduler/room.h"

#include <algorithm>

namespace csl::appliance {
namespace {

int64_t After(int64_t from_ms, int64_t length_ms) {
  int64_t end_ms = 0;  // from_ms is negative while the clock is set before 1970
  const bool is_too_late = __builtin_add_overflow(from_ms, length_ms, &end_ms);
  return is_too_late || length_ms == kForever ? kForever : end_ms;
}

int64_t Thousandths(int64_t wanted, int64_t free, int64_t total) {
  if (wanted <= free) return 0;
  return (wanted - free) / std::max<int64_t>(total / 1000, 1) + 1;
}

}  // namespace

Room::Room(const WorkerRoom& worker, int64_t now_ms)
    : id_(worker.id), name_(worker.name), total_(worker.total), steps_{{now_ms, worker.free}} {
  std::vector<Return> returns = worker.returns;
  for (Return& one : returns) {
    if (one.at_ms <= now_ms) one.at_ms = now_ms + kOverdueMs;
  }
  std::stable_sort(returns.begin(), returns.end(),
                   [](const Return& a, const Return& b) { return a.at_ms < b.at_ms; });
  for (const Return& one : returns) {
    if (steps_.back().at_ms != one.at_ms) steps_.push_back({one.at_ms, steps_.back().free});
    steps_.back().free = steps_.back().free + one.what;
  }
}

bool Room::FitsNow(const Resources& wanted, int64_t length_ms) const {
  if (!wanted.FitsIn(steps_.front().free) || !wanted.FitsIn(spare_)) return false;
  const int64_t until = After(steps_.front().at_ms, length_ms);
  for (size_t i = 1; i < steps_.size() && steps_[i].at_ms < until; ++i) {
    if (!wanted.FitsIn(steps_[i].free)) return false;
  }
  return true;
}

std::optional<int64_t> Room::EarliestFit(const Resources& wanted, int64_t length_ms) const {
  if (!wanted.FitsIn(spare_)) return std::nullopt;
  size_t from = 0;
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].at_ms >= After(steps_[from].at_ms, length_ms)) break;
    if (wanted.FitsIn(steps_[i].free)) continue;
    from = i + 1;
    if (from == steps_.size()) return std::nullopt;
  }
  return steps_[from].at_ms;
}

size_t Room::StepAt(int64_t at_ms) {
  const auto it = std::lower_bound(steps_.begin(), steps_.end(), at_ms,
                                   [](const Step& step, int64_t at) { return step.at_ms < at; });
  const auto index = static_cast<size_t>(it - steps_.begin());
  if (it == steps_.end() || it->at_ms != at_ms) {
    steps_.insert(it, Step{at_ms, std::prev(it)->free});
  }
  return index;
}

void Room::Take(const Resources& wanted, int64_t from_ms, int64_t length_ms) {
  const int64_t until = After(from_ms, length_ms);
  const size_t first = StepAt(std::max(from_ms, steps_.front().at_ms));
  const size_t end = until == kForever ? steps_.size() : StepAt(until);
  for (size_t i = first; i < end; ++i) steps_[i].free = steps_[i].free - wanted;
  if (is_held_) spare_ = spare_ - wanted;
}

void Room::HoldFor(const Resources& wanted) {
  const auto left_over = [](int64_t free, int64_t want) {
    return std::max<int64_t>(free - want, 0);
  };
  spare_ = {left_over(free().cpu_milli, wanted.cpu_milli),
            left_over(free().mem_bytes, wanted.mem_bytes),
            left_over(free().systems, wanted.systems)};
  is_held_ = true;
}

int64_t Room::Lacks(const Resources& wanted) const {
  return Thousandths(wanted.cpu_milli, free().cpu_milli, total_.cpu_milli) +
         Thousandths(wanted.mem_bytes, free().mem_bytes, total_.mem_bytes) +
         Thousandths(wanted.systems, free().systems, total_.systems);
}

}  // namespace csl::appliance
