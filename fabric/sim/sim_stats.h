// SPDX-License-Identifier: Apache-2.0
// What a run reports in sim_stats.json.
//
// All fields but `threads` and the wall times are the same for every number of threads and shards
// and either engine.
#ifndef FABRIC_SIM_SIM_STATS_H_
#define FABRIC_SIM_SIM_STATS_H_

#include <cstdint>
#include <string>

namespace csl::fabric {

struct SimStats {
  int64_t cycle_count = 0;  // the fabric's clock
  // Cycles after the last instruction any PE executed: cycle_count - idle_ce_cycles is the figure
  // users compare.
  int64_t idle_ce_cycles = 0;
  int fabric_x = 0;  // the whole fabric, --fabric-dims
  int fabric_y = 0;
  int64_t simulated_tile_count = 0;  // PEs of the program's rectangle
  int threads = 0;                   // as asked for

  // Sums over all PEs.
  int64_t instructions = 0;     // system tasks aside
  int64_t busy_cycles = 0;      // cycles main threads were busy
  int64_t vector_elements = 0;  // elements vector operations processed
  int64_t tasks_started = 0;    // system tasks aside
  int64_t host_commands = 0;    // done so far
  int64_t host_words_h2d = 0;
  int64_t host_words_d2h = 0;
  int64_t pes_touched = 0;  // PEs on which something happened

  // Wall time, seconds and rates.
  double sim_time = 0;    // inside Wait, Poll, Drain
  double total_time = 0;  // since Create
  double cycles_per_second = 0;
  double tile_cycles_per_second = 0;
};

// The last line of a run's log, from its last cycle and the last one in which a router moved a
// wavelet, -1: none did. Scripts look for both figures.
std::string LastLogLine(int64_t cycle, int64_t last_move_cycle);

// One JSON object, keys in the order above, a line each, with a final newline.
std::string ToJson(const SimStats& stats);

}  // namespace csl::fabric

#endif  // FABRIC_SIM_SIM_STATS_H_
