// SPDX-License-Identifier: Apache-2.0
// Shard: a rectangle of PEs with its routers, events, pages and outputs, so that one thread at a
// time runs it without sharing anything with the others but the edges of its routers.
#ifndef FABRIC_ENGINE_SHARD_H_
#define FABRIC_ENGINE_SHARD_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fabric/engine/engine.h"
#include "fabric/engine/event_wheel.h"
#include "fabric/pe/core.h"
#include "fabric/router/router_shard.h"

namespace csl::fabric::engine {

class Shard {
 public:
  // The rectangle place.x .. place.x + place.width - 1 and so on, of the program's.
  Shard(const pe::Machine& machine, const router::ShardPlace& place);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  const router::ShardPlace& place() const { return place_; }
  router::RouterShard& routers() { return routers_; }
  const router::RouterShard& routers() const { return routers_; }

  // The next cycle in which something can happen here if nothing comes from outside.
  int64_t NextCycle() const;
  // One cycle: CE steps, then routers. Every shard runs the same cycles; in between stands a
  // barrier if they have different threads. run_ahead_cycles: how far tasks may run ahead
  // (pe/machine.h).
  void RunCycle(int64_t cycle, int64_t run_ahead_cycles);
  // Whether what this shard did in `cycle` must be taken over by a neighbour in the next one.
  bool HasOutgoing(int64_t cycle) const;
  // CE steps of the last cycle: how busy the shard is.
  int num_steps() const { return num_steps_; }

  // Host command `command` reaches a PE (coordinates of the program) at `cycle`.
  void Deliver(int x, int y, int64_t cycle, uint32_t command);
  void EndStream(int x, int y, uint32_t command);

  const pe::PeState* Find(int x, int y) const { return pes_[LocalIndex(x, y)].get(); }
  pe::RunContext& context() { return context_; }
  void AddTo(EngineTotals* totals) const;
  int64_t IdleSince() const;

 private:
  // Of PEs in the arena.
  struct Destroy {
    void operator()(pe::PeState* pe) const { pe->~PeState(); }
  };
  using PePtr = std::unique_ptr<pe::PeState, Destroy>;
  struct Command {
    int64_t cycle;
    uint32_t pe;
    uint32_t number;
    friend bool operator>(const Command& a, const Command& b) { return a.cycle > b.cycle; }
  };
  // What routers said, by the cycle in which PEs see it.
  struct Arrivals {
    std::vector<router::Landing> landings;
    std::vector<router::RoomEvent> rooms;
    std::vector<router::Teardown> teardowns;
    bool empty() const { return landings.empty() && rooms.empty() && teardowns.empty(); }
  };
  static constexpr int64_t kArrivalSlots = 8;
  // Of prefetching, in PEs and landings.
  static constexpr size_t kAhead = 4;
  static constexpr size_t kLandingsAhead = 6;
  // With fewer PEs than this all of them stay in the nearer caches.
  static constexpr size_t kFewPes = 512;
  // That a PE takes beside its pages, for the choice of the host's pages.
  static constexpr size_t kExpectedPeBytes = 1024;

  uint32_t LocalIndex(int x, int y) const {
    return static_cast<uint32_t>((y - place_.y) * place_.width + (x - place_.x));
  }
  uint32_t GlobalIndex(uint32_t local) const;
  // Made at its first event.
  pe::PeState& Get(uint32_t local) {
    pe::PeState* pe = pes_[local].get();
    return pe != nullptr ? *pe : Make(local);
  }
  pe::PeState& Make(uint32_t local);
  void Prefetch(uint32_t local, int stage) const;
  void PrefetchLanding(const router::Landing& landing, int stage) const;
  void Configure(const pe::Machine& machine);
  void Trace(const pe::Machine& machine);
  Arrivals& ArrivalsOf(int64_t cycle) { return arrivals_[cycle & (kArrivalSlots - 1)]; }
  void TakeArrivals(int64_t cycle);
  void MakeCommanded();
  size_t TakeLandings(std::span<const router::Landing> landings, size_t landed, uint32_t end);
  void StepPes(int64_t cycle);
  void StepTaken(int64_t cycle, size_t rest);
  void TakeResults(int64_t cycle);

  const router::ShardPlace place_;
  router::RouterShard routers_;
  pe::RunContext context_;
  std::vector<PePtr> pes_;
  EventWheel wheel_;
  std::vector<Command> commands_;  // a heap, the earliest in front
  bool commands_are_new_ = false;
  std::array<Arrivals, kArrivalSlots> arrivals_;
  router::StepResults results_;
  const int32_t ramp_cycles_;
  const bool prefetches_;
  int64_t last_cycle_ = -1;  // that was run
  int64_t last_step_ = -1;   // of the routers
  int num_steps_ = 0;
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_SHARD_H_
