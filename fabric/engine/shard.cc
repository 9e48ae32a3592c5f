// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine/shard.h"

#include <algorithm>

namespace csl::fabric::engine {

Shard::Shard(const pe::Machine& machine, uint32_t first, uint32_t end) : pes_(machine, first, end) {
  for (uint32_t pe = first; pe < end; ++pe) {
    if (machine.BaseProgram(pe).ActiveAtStart())
      events_.push_back({0, pe, pe::kNoCommand});  // in order: a heap
  }
}

void Shard::Push(const Event& event) {
  events_.push_back(event);
  std::push_heap(events_.begin(), events_.end(), Later);
}

void Shard::Deliver(uint32_t pe, int64_t cycle, uint32_t command) { Push({cycle, pe, command}); }

void Shard::RunWindow(int64_t end, int64_t run_ahead_cycles) {
  pes_.context().run_ahead_cycles = run_ahead_cycles;
  while (!events_.empty() && events_.front().cycle < end) {
    const Event event = events_.front();
    std::pop_heap(events_.begin(), events_.end(), Later);
    events_.pop_back();
    pe::PeState& state = pes_.Get(event.pe);
    if (event.command != pe::kNoCommand) {
      state.command = event.command;
      state.command_cycle = event.cycle;
    }
    // A PE may have several events under way (a command arrives while a task runs); one that finds
    // nothing to do changes nothing and asks for nothing.
    if (pe::NextEventCycle(state) > event.cycle) continue;
    pe::Advance(state, pes_.context(), event.cycle, pe::Pace::kRunAhead);
    const int64_t next = pe::NextEventCycle(state);
    if (next != pe::kNever) Push({next, event.pe, pe::kNoCommand});
    if (state.phase == pe::Phase::kIdle) idle_since_ = std::max(idle_since_, state.idle_since);
  }
}

}  // namespace csl::fabric::engine
