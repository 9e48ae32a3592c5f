// SPDX-License-Identifier: Apache-2.0
#include "fabric/sim/sim_stats.h"

#include <fmt/format.h>

namespace csl::fabric {

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
