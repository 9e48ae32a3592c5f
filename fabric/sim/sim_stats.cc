// SPDX-License-Identifier: Apache-2.0
#include "fabric/sim/sim_stats.h"

#include <fmt/format.h>

#include <algorithm>

namespace csl::fabric {

std::string LastLogLine(int64_t cycle, int64_t last_move_cycle) {
  return fmt::format("end of the run: cycles={}, {} cycles since a wavelet landed", cycle,
                     cycle - std::max<int64_t>(0, last_move_cycle));
}

std::string ToJson(const SimStats& s) {
  return fmt::format(
      "{{\n"
      "  \"cycle_count\": {},\n  \"idle_ce_cycles\": {},\n  \"fabric_x\": {},\n"
      "  \"fabric_y\": {},\n  \"simulated_tile_count\": {},\n  \"threads\": {},\n"
      "  \"instructions\": {},\n  \"busy_cycles\": {},\n  \"vector_elements\": {},\n"
      "  \"tasks_started\": {},\n  \"host_commands\": {},\n  \"host_words_h2d\": {},\n"
      "  \"host_words_d2h\": {},\n  \"pes_touched\": {},\n"
      "  \"sim_time\": {:.6f},\n  \"total_time\": {:.6f},\n  \"cycles_per_second\": {:.1f},\n"
      "  \"tile_cycles_per_second\": {:.1f}\n"
      "}}\n",
      s.cycle_count, s.idle_ce_cycles, s.fabric_x, s.fabric_y, s.simulated_tile_count, s.threads,
      s.instructions, s.busy_cycles, s.vector_elements, s.tasks_started, s.host_commands,
      s.host_words_h2d, s.host_words_d2h, s.pes_touched, s.sim_time, s.total_time,
      s.cycles_per_second, s.tile_cycles_per_second);
}

}  // namespace csl::fabric
