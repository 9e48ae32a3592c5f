// SPDX-License-Identifier: Apache-2.0
// Engine: advances all PEs and routers through windows of time.
//
// A window [next event, end) is run by the engine alone; whatever PEs tell the rest of the fabric
// in it comes out as messages, and what the rest does to them arrives at `end` or later. Messages,
// states and counters are the same for any cut into windows, any number of threads and shards.
//
// Not thread safe; the engine runs threads of its own inside RunWindow.
#ifndef FABRIC_ENGINE_ENGINE_H_
#define FABRIC_ENGINE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"
#include "fabric/router/router_shard.h"
#include "fabric/trace/log.h"

namespace csl::fabric::engine {

// Sums over all PEs, of tasks that have ended.
struct EngineTotals {
  pe::PeCounters counters;  // last_active_cycle: the latest
  int64_t pes_touched = 0;
  int64_t idle_since = 0;        // as Engine::IdleSince
  int64_t last_move_cycle = -1;  // of a wavelet in a router
  int64_t hops = 0;              // wavelets that moved from router to router
  int64_t pages = 0;             // of memory that PEs have written
  // Memory of PEs and routers, those pages, the programs and what is under way aside.
  int64_t footprint_bytes = 0;
};

// Wavelets of a color that wait at one side of a PE's router.
struct WaitingWavelets {
  uint32_t pe;  // index in the program's rectangle
  uint8_t color;
  router::Side side;
  int count;
  router::Wavelet head;
};

// Wavelets of a color that went out of the program's rectangle, and so were dropped.
struct LeftWavelets {
  uint32_t pe;  // that they came from
  router::Side side;
  uint8_t color;
  uint64_t count;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // pe::kNever: nothing will happen unless something is delivered.
  virtual int64_t NextEventCycle() const = 0;

  // Does everything that happens before `end`, and some of what PEs do by themselves behind it, up
  // to `ahead`: limits that no later call may cut short.
  virtual void RunWindow(int64_t end, const pe::AheadLimits& ahead = {}) = 0;

  // Host command `command` reaches a PE at `cycle`, which no window has passed yet. The PE must
  // have no other command on its way.
  virtual void Deliver(uint32_t pe, int64_t cycle, uint32_t command) = 0;

  // Ends the stream of `command` to the host at a PE that it has reached.
  virtual void EndStream(uint32_t pe, uint32_t command) = 0;

  // Appends what PEs said in the windows run so far, by cycle, then PE.
  virtual void TakeMessages(std::vector<pe::PeMessage>* messages) = 0;
  virtual void TakeLog(trace::LogMerger* log) = 0;

  // Null for a PE on which nothing has happened.
  virtual const pe::PeState* FindPe(uint32_t pe) const = 0;
  // The cycle from which on nothing moves, as far as fabric time has come. Cheap, unlike Totals.
  virtual int64_t IdleSince() const = 0;
  virtual EngineTotals Totals() const = 0;
  // What waits in the rings of routers, in order of PE, color and side.
  virtual std::vector<WaitingWavelets> ListWaiting() const = 0;
  // In order of PE, side and color.
  virtual std::vector<LeftWavelets> ListLeft() const = 0;
  virtual image::ColorConfig GetColor(uint32_t pe, int color) const = 0;
};

struct ShardedOptions {
  int num_threads = 1;                   // more than there are cores are not used
  int num_shards = 0;                    // 0 = one a thread
  bool more_threads_than_cores = false;  // for tests: num_threads is not cut down
  // A cycle with less work than this, judged by the last ones, is run by one thread.
  int64_t parallel_threshold_ns = 20'000;
  bool may_run_ahead = true;  // false: for tests
};

// The machine must outlive the engine.
std::unique_ptr<Engine> MakeShardedEngine(const pe::Machine& machine,
                                          const ShardedOptions& options);

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_ENGINE_H_
