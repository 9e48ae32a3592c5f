// SPDX-License-Identifier: Apache-2.0
// Engine: advances all PEs through windows of time.
//
// A window [next event, end) is run by the engine alone; whatever PEs tell the rest of the fabric
// in it comes out as messages, and what the rest does to them arrives at `end` or later. Two
// engines exist: the sharded one (fast) and the plain one (every PE, cycle by cycle: the
// reference). Both give the same messages, states and counters for any cut into windows.
//
// Not thread safe; the sharded engine runs threads of its own inside RunWindow.
#ifndef FABRIC_ENGINE_ENGINE_H_
#define FABRIC_ENGINE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"
#include "fabric/trace/log.h"

namespace csl::fabric::engine {

// Sums over all PEs, of tasks that have ended.
struct EngineTotals {
  pe::PeCounters counters;  // last_active_cycle: the latest
  int64_t pes_touched = 0;
  int64_t idle_since = 0;  // as Engine::IdleSince
};

class Engine {
 public:
  virtual ~Engine() = default;

  // pe::kNever: nothing will happen unless something is delivered.
  virtual int64_t NextEventCycle() const = 0;

  // Does everything that happens before `end`.
  virtual void RunWindow(int64_t end) = 0;

  // Host command `command` reaches a PE at `cycle`, which no window has passed yet. The PE must
  // have no other command on its way.
  virtual void Deliver(uint32_t pe, int64_t cycle, uint32_t command) = 0;

  // Appends what PEs said in the windows run so far, by cycle, then PE.
  virtual void TakeMessages(std::vector<pe::PeMessage>* messages) = 0;
  virtual void TakeLog(trace::LogMerger* log) = 0;

  // Null for a PE on which nothing has happened.
  virtual const pe::PeState* FindPe(uint32_t pe) const = 0;
  // The cycle in which the last PE so far came to rest. Cheap, unlike Totals.
  virtual int64_t IdleSince() const = 0;
  virtual EngineTotals Totals() const = 0;
  // Longest window for which this engine may be run; the caller's own limits come on top.
  virtual int64_t MaxWindowCycles() const = 0;
};

struct ShardedOptions {
  int num_threads = 1;  // more than there are cores are not used
  int num_shards = 0;   // 0 = chosen by size and threads
  // A window with less work than this, judged by the last ones, is run by one thread.
  int64_t parallel_threshold_ns = 20'000;
};

// The machine must outlive the engine.
std::unique_ptr<Engine> MakeShardedEngine(const pe::Machine& machine,
                                          const ShardedOptions& options);
std::unique_ptr<Engine> MakePlainEngine(const pe::Machine& machine);

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_ENGINE_H_
