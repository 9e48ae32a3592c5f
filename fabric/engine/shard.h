// SPDX-License-Identifier: Apache-2.0
// Shard: a band of consecutive PEs (whole rows where there are enough of them) with its own events,
// pages and outputs, so that one thread at a time runs it without sharing anything with the others.
#ifndef FABRIC_ENGINE_SHARD_H_
#define FABRIC_ENGINE_SHARD_H_

#include <cstdint>
#include <vector>

#include "fabric/engine/pe_table.h"

namespace csl::fabric::engine {

class Shard {
 public:
  Shard(const pe::Machine& machine, uint32_t first, uint32_t end);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  int64_t NextEventCycle() const { return events_.empty() ? pe::kNever : events_.front().cycle; }
  // Events under way, stale ones among them.
  size_t num_events() const { return events_.size(); }
  // run_ahead_cycles: how far tasks may run ahead before they come back (pe/machine.h).
  void RunWindow(int64_t end, int64_t run_ahead_cycles);
  void Deliver(uint32_t pe, int64_t cycle, uint32_t command);

  PeTable& pes() { return pes_; }
  const PeTable& pes() const { return pes_; }
  int64_t idle_since() const { return idle_since_; }

 private:
  struct Event {
    int64_t cycle;
    uint32_t pe;
    uint32_t command;  // that reaches the PE; pe::kNoCommand: the PE asked to be looked at
  };
  // A heap with the earliest event at the front; in a cycle by PE, what arrives first.
  static bool Later(const Event& a, const Event& b) {
    if (a.cycle != b.cycle) return a.cycle > b.cycle;
    return a.pe != b.pe ? a.pe > b.pe : a.command > b.command;
  }
  void Push(const Event& event);

  PeTable pes_;
  std::vector<Event> events_;
  int64_t idle_since_ = 0;
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_SHARD_H_
