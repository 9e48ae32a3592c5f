// SPDX-License-Identifier: Apache-2.0
// What a step of routers produced.
#ifndef FABRIC_ROUTER_RESULTS_H_
#define FABRIC_ROUTER_RESULTS_H_

#include <cstdint>
#include <vector>

#include "fabric/router/side.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::router {

// A wavelet that went to the CE in the cycle of the step. Visible to it ramp_cycles later.
struct Landing {
  uint32_t pe;
  uint8_t color;
  uint8_t channel;  // as bound
  Wavelet wavelet;
};
// A wavelet that went to the host.
struct Departure {
  uint32_t pe;
  uint8_t color;
  Wavelet wavelet;
};
// A TEARDOWN command was applied.
struct Teardown {
  uint32_t pe;
  uint8_t color;
};
// Room that a WaitFor... asked for will be visible from `cycle` on.
struct RoomEvent {
  int64_t cycle;
  uint32_t pe;
  uint8_t color;
  bool io;
};
// Two inputs of one color in one cycle: the run is over.
struct Collision {
  int64_t cycle;
  uint32_t pe;
  uint8_t color;
  Side first;
  Side second;
};

// Everything a step produced, in order of PE, then color. The owner clears it.
struct StepResults {
  std::vector<Landing> landings;
  std::vector<Departure> departures;
  std::vector<Teardown> teardowns;
  std::vector<RoomEvent> rooms;
  std::vector<Collision> collisions;
};

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_RESULTS_H_
