// SPDX-License-Identifier: Apache-2.0
// The engine: shards in lockstep, cycle by cycle, on one thread or several; cycles in which nothing
// happens are skipped.
#include <algorithm>
#include <bit>
#include <tuple>

#include "fabric/engine/barrier.h"
#include "fabric/engine/cut.h"
#include "fabric/engine/engine.h"
#include "fabric/engine/shard.h"
#include "fabric/engine/worker_pool.h"

namespace csl::fabric::engine {
namespace {

// Cycles all PEs together may run ahead before they come back: some milliseconds of wall time.
constexpr int64_t kRunAheadBudgetCycles = int64_t{1} << 24;
// What a CE step costs, for the choice between one thread and several.
constexpr int64_t kStepNs = 100;
// That choice is made anew after so many cycles.
constexpr int kCyclesOneThread = 64;
constexpr int kCyclesAllThreads = 4096;

int64_t RunAheadCycles(size_t steps) {
  const uint64_t share = static_cast<uint64_t>(kRunAheadBudgetCycles) / std::max<size_t>(1, steps);
  return std::clamp(static_cast<int64_t>(std::bit_floor(share)), pe::kMinRunAheadCycles,
                    pe::kMaxRunAheadCycles);
}

class ShardedEngine : public Engine {
 public:
  ShardedEngine(const pe::Machine& machine, const ShardedOptions& options)
      : width_(static_cast<uint32_t>(machine.width)),
        threshold_steps_(options.parallel_threshold_ns / kStepNs),
        pool_(std::clamp(options.num_threads, 1,
                         options.more_threads_than_cores ? options.num_threads : UsableCores())) {
    const int count = options.num_shards > 0 ? options.num_shards : pool_.num_threads();
    cut_ = CutFabric(machine.width, machine.height, count);
    for (int row = 0; row < cut_.rows(); ++row) {
      for (int column = 0; column < cut_.columns(); ++column) {
        const size_t r = static_cast<size_t>(row);
        const size_t c = static_cast<size_t>(column);
        shards_.push_back(std::make_unique<Shard>(
            machine, router::ShardPlace{machine.arch, cut_.x[c], cut_.y[r],
                                        cut_.x[c + 1] - cut_.x[c], cut_.y[r + 1] - cut_.y[r]}));
      }
    }
    for (const auto& shard : shards_) shard->context().may_run_ahead &= options.may_run_ahead;
    ConnectShards();
    next_.resize(static_cast<size_t>(pool_.num_threads()));
  }

  int64_t NextEventCycle() const override {
    int64_t next = pe::kNever;
    for (const auto& shard : shards_) next = std::min(next, shard->NextCycle());
    if (has_outgoing_) next = std::min(next, cycle_ + 1);
    return next;
  }

  void RunWindow(int64_t end, const pe::AheadLimits& ahead) override {
    for (const auto& shard : shards_) shard->context().ahead = ahead;
    for (;;) {
      const int64_t next = NextEventCycle();
      if (next >= end) return;
      if (pool_.num_threads() > 1 && shards_.size() > 1 && steps_ >= threshold_steps_) {
        RunOnAllThreads(next, end);
      } else {
        RunOnOneThread(next, end);
      }
    }
  }

  void Deliver(uint32_t pe, int64_t cycle, uint32_t command) override {
    const auto [x, y] = Place(pe);
    ShardOf(x, y).Deliver(x, y, cycle, command);
  }

  void EndStream(uint32_t pe, uint32_t command) override {
    const auto [x, y] = Place(pe);
    ShardOf(x, y).EndStream(x, y, command);
  }

  void TakeMessages(std::vector<pe::PeMessage>* messages) override {
    const size_t old = messages->size();
    for (const auto& shard : shards_) {
      std::vector<pe::PeMessage>& from = shard->context().messages;
      messages->insert(messages->end(), from.begin(), from.end());
      from.clear();
    }
    std::stable_sort(messages->begin() + static_cast<std::ptrdiff_t>(old), messages->end(),
                     [](const pe::PeMessage& a, const pe::PeMessage& b) {
                       return std::tie(a.cycle, a.pe) < std::tie(b.cycle, b.pe);
                     });
  }

  void TakeLog(trace::LogMerger* log) override {
    for (const auto& shard : shards_) log->Take(&shard->context().log);
  }

  const pe::PeState* FindPe(uint32_t pe) const override {
    const auto [x, y] = Place(pe);
    return ShardOf(x, y).Find(x, y);
  }

  EngineTotals Totals() const override {
    EngineTotals totals;
    for (const auto& shard : shards_) shard->AddTo(&totals);
    return totals;
  }

  int64_t IdleSince() const override {
    int64_t cycle = 0;
    for (const auto& shard : shards_) cycle = std::max(cycle, shard->IdleSince());
    return cycle;
  }

  std::vector<WaitingWavelets> ListWaiting() const override;
  std::vector<LeftWavelets> ListLeft() const override;

  image::ColorConfig GetColor(uint32_t pe, int color) const override {
    const auto [x, y] = Place(pe);
    const Shard& shard = ShardOf(x, y);
    const auto& place = shard.place();
    return shard.routers().GetColor(
        static_cast<uint32_t>((y - place.y) * place.width + (x - place.x)), color);
  }

 private:
  std::pair<int, int> Place(uint32_t pe) const {
    return {static_cast<int>(pe % width_), static_cast<int>(pe / width_)};
  }
  Shard& ShardOf(int x, int y) const {
    const auto index = [](const std::vector<int>& bounds, int at) {
      return static_cast<int>(std::upper_bound(bounds.begin(), bounds.end(), at) - bounds.begin()) -
             1;
    };
    return *shards_[static_cast<size_t>(index(cut_.y, y) * cut_.columns() + index(cut_.x, x))];
  }

  void ConnectShards() {
    const int columns = cut_.columns();
    for (int i = 0; i < static_cast<int>(shards_.size()); ++i) {
      router::RouterShard& routers = shards_[static_cast<size_t>(i)]->routers();
      const auto connect = [&](router::Side side, bool exists, int other) {
        if (exists) routers.Connect(side, &shards_[static_cast<size_t>(other)]->routers());
      };
      connect(router::Side::kWest, i % columns > 0, i - 1);
      connect(router::Side::kEast, i % columns < columns - 1, i + 1);
      connect(router::Side::kNorth, i >= columns, i - columns);
      connect(router::Side::kSouth, i + columns < static_cast<int>(shards_.size()), i + columns);
    }
  }

  void RunOnOneThread(int64_t cycle, int64_t end) {
    const int64_t run_ahead = RunAheadCycles(static_cast<size_t>(steps_));
    int64_t steps = 0;
    int cycles = 0;
    for (; cycle < end && cycles < kCyclesOneThread; ++cycles) {
      cycle_ = cycle;
      has_outgoing_ = false;
      for (const auto& shard : shards_) {
        shard->RunCycle(cycle, run_ahead);
        steps += shard->num_steps();
      }
      if (shards_.size() > 1) {
        for (const auto& shard : shards_) has_outgoing_ |= shard->HasOutgoing(cycle);
      }
      cycle = NextEventCycle();
    }
    steps_ = steps / std::max(1, cycles);
  }

  // What one thread found out in a cycle; a cache line of its own.
  struct alignas(64) ThreadResult {
    int64_t next = 0;
    int64_t steps = 0;
    bool has_outgoing = false;
  };

  void RunOnAllThreads(int64_t cycle, int64_t end) {
    const int threads = pool_.num_threads();
    const int64_t run_ahead = RunAheadCycles(static_cast<size_t>(steps_));
    Barrier barrier(threads);
    int64_t steps = 0;
    int cycles = 0;
    cycle_ = cycle;
    bool goes_on = true;
    const auto settle = [&] {
      int64_t next = pe::kNever;
      has_outgoing_ = false;
      for (const ThreadResult& result : next_) {
        next = std::min(next, result.next);
        steps += result.steps;
        has_outgoing_ |= result.has_outgoing;
      }
      if (has_outgoing_) next = std::min(next, cycle_ + 1);
      goes_on = next < end && ++cycles < kCyclesAllThreads;
      if (goes_on) cycle_ = next;
    };
    pool_.ParallelFor(threads, [&](int thread) {
      while (goes_on) {
        ThreadResult& result = next_[static_cast<size_t>(thread)];
        result = {pe::kNever, 0, false};
        for (size_t i = static_cast<size_t>(thread); i < shards_.size();
             i += static_cast<size_t>(threads)) {
          Shard& shard = *shards_[i];
          shard.RunCycle(cycle_, run_ahead);
          result.next = std::min(result.next, shard.NextCycle());
          result.steps += shard.num_steps();
          result.has_outgoing |= shard.HasOutgoing(cycle_);
        }
        barrier.Meet(settle);
      }
    });
    steps_ = steps / std::max(1, cycles);
  }

  // Of a PE of a shard.
  uint32_t IndexOf(const Shard& shard, uint32_t pe) const {
    const auto& place = shard.place();
    const auto width = static_cast<uint32_t>(place.width);
    const uint32_t x = static_cast<uint32_t>(place.x) + pe % width;
    const uint32_t y = static_cast<uint32_t>(place.y) + pe / width;
    return y * width_ + x;
  }

  const uint32_t width_;
  const int64_t threshold_steps_;
  WorkerPool pool_;
  Cut cut_;
  std::vector<std::unique_ptr<Shard>> shards_;  // row by row of the cut
  std::vector<ThreadResult> next_;
  int64_t cycle_ = 0;  // the last one that was run, or is
  bool has_outgoing_ = false;
  int64_t steps_ = 0;  // CE steps a cycle, of the last cycles
};

std::vector<WaitingWavelets> ShardedEngine::ListWaiting() const {
  std::vector<WaitingWavelets> all;
  for (const auto& shard : shards_) {
    for (const auto& w : shard->routers().ListWaiting()) {
      all.push_back({IndexOf(*shard, w.pe), w.color, w.side, w.count, w.head});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.pe, a.color, a.side) < std::tie(b.pe, b.color, b.side);
  });
  return all;
}

std::vector<LeftWavelets> ShardedEngine::ListLeft() const {
  std::vector<LeftWavelets> all;
  for (const auto& shard : shards_) {
    for (const auto& left : shard->routers().ListLeft()) {
      all.push_back({IndexOf(*shard, left.pe), left.side, left.color, left.count});
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.pe, a.side, a.color) < std::tie(b.pe, b.side, b.color);
  });
  return all;
}

}  // namespace

std::unique_ptr<Engine> MakeShardedEngine(const pe::Machine& machine,
                                          const ShardedOptions& options) {
  return std::make_unique<ShardedEngine>(machine, options);
}

}  // namespace csl::fabric::engine
