// SPDX-License-Identifier: Apache-2.0
// The fast engine: shards run side by side between barriers, tasks run ahead of fabric time.
#include <algorithm>
#include <bit>
#include <chrono>
#include <tuple>

#include "fabric/engine/engine.h"
#include "fabric/engine/shard.h"
#include "fabric/engine/worker_pool.h"

namespace csl::fabric::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Shards per thread, so that bands with unequal work even out.
constexpr uint32_t kShardsPerThread = 4;
// A window with this many events is worth all threads whatever the last ones were like.
constexpr size_t kManyEvents = 64;
// Cycles all PEs together may run ahead in one window: some milliseconds of wall time.
constexpr int64_t kRunAheadBudgetCycles = int64_t{1} << 24;

// Cuts [0, num_pes) into bands of whole rows where there are rows enough, else of PEs.
std::vector<uint32_t> CutIntoBands(uint32_t width, uint32_t height, uint32_t count) {
  const uint32_t unit = height >= count ? width : 1;
  const uint64_t units = uint64_t{width} * height / unit;
  std::vector<uint32_t> bounds;
  for (uint64_t i = 0; i <= count; ++i) {
    bounds.push_back(static_cast<uint32_t>(units * i / count) * unit);
  }
  return bounds;
}

int64_t RunAheadCycles(size_t events) {
  const uint64_t share = static_cast<uint64_t>(kRunAheadBudgetCycles) / std::max<size_t>(1, events);
  return std::clamp(static_cast<int64_t>(std::bit_floor(share)), pe::kMinRunAheadCycles,
                    pe::kMaxRunAheadCycles);
}

class ShardedEngine : public Engine {
 public:
  ShardedEngine(const pe::Machine& machine, const ShardedOptions& options)
      : parallel_threshold_ns_(static_cast<double>(options.parallel_threshold_ns)),
        pool_(std::clamp(options.num_threads, 1, UsableCores())) {
    const uint32_t width = static_cast<uint32_t>(machine.width);
    const uint32_t height = static_cast<uint32_t>(machine.height);
    uint32_t count = static_cast<uint32_t>(options.num_shards);
    if (count == 0) {
      count = pool_.num_threads() == 1
                  ? 1
                  : kShardsPerThread * static_cast<uint32_t>(pool_.num_threads());
    }
    count = std::clamp(count, 1u, width * height);
    bounds_ = CutIntoBands(width, height, count);
    for (uint32_t i = 0; i < count; ++i) {
      shards_.push_back(std::make_unique<Shard>(machine, bounds_[i], bounds_[i + 1]));
    }
  }

  int64_t NextEventCycle() const override {
    int64_t next = pe::kNever;
    for (const auto& shard : shards_) next = std::min(next, shard->NextEventCycle());
    return next;
  }

  void RunWindow(int64_t end) override {
    due_.clear();
    size_t events = 0;
    for (const auto& shard : shards_) {
      if (shard->NextEventCycle() >= end) continue;
      due_.push_back(shard.get());
      events += shard->num_events();
    }
    const int64_t run_ahead = RunAheadCycles(events);
    const Clock::time_point begin = Clock::now();
    const bool parallel = pool_.num_threads() > 1 && due_.size() > 1 &&
                          (events >= kManyEvents || work_ns_ >= parallel_threshold_ns_);
    if (parallel) {
      pool_.ParallelFor(static_cast<int>(due_.size()),
                        [&](int i) { due_[static_cast<size_t>(i)]->RunWindow(end, run_ahead); });
    } else {
      for (Shard* shard : due_) shard->RunWindow(end, run_ahead);
    }
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    const double work = parallel ? ns * pool_.num_threads() : ns;
    work_ns_ = 0.75 * work_ns_ + 0.25 * work;
  }

  void Deliver(uint32_t pe, int64_t cycle, uint32_t command) override {
    ShardOf(pe).Deliver(pe, cycle, command);
  }

  void TakeMessages(std::vector<pe::PeMessage>* messages) override {
    const size_t old = messages->size();
    for (const auto& shard : shards_) {
      std::vector<pe::PeMessage>& from = shard->pes().context().messages;
      messages->insert(messages->end(), from.begin(), from.end());
      from.clear();
    }
    std::stable_sort(messages->begin() + static_cast<std::ptrdiff_t>(old), messages->end(),
                     [](const pe::PeMessage& a, const pe::PeMessage& b) {
                       return std::tie(a.cycle, a.pe) < std::tie(b.cycle, b.pe);
                     });
  }

  void TakeLog(trace::LogMerger* log) override {
    for (const auto& shard : shards_) log->Take(&shard->pes().context().log);
  }

  const pe::PeState* FindPe(uint32_t pe) const override {
    return const_cast<ShardedEngine*>(this)->ShardOf(pe).pes().Find(pe);
  }

  EngineTotals Totals() const override {
    EngineTotals totals;
    for (const auto& shard : shards_) {
      shard->pes().AddTo(&totals);
      totals.idle_since = std::max(totals.idle_since, shard->idle_since());
    }
    return totals;
  }

  int64_t IdleSince() const override {
    int64_t cycle = 0;
    for (const auto& shard : shards_) cycle = std::max(cycle, shard->idle_since());
    return cycle;
  }

  int64_t MaxWindowCycles() const override { return pe::kNever; }

 private:
  Shard& ShardOf(uint32_t pe) {
    const auto it = std::upper_bound(bounds_.begin(), bounds_.end(), pe);
    return *shards_[static_cast<size_t>(it - bounds_.begin()) - 1];
  }

  const double parallel_threshold_ns_;
  WorkerPool pool_;
  std::vector<uint32_t> bounds_;  // shard i: PEs bounds_[i] .. bounds_[i + 1] - 1
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Shard*> due_;
  double work_ns_ = 0;  // of a window, averaged over the last ones
};

}  // namespace

std::unique_ptr<Engine> MakeShardedEngine(const pe::Machine& machine,
                                          const ShardedOptions& options) {
  return std::make_unique<ShardedEngine>(machine, options);
}

}  // namespace csl::fabric::engine
