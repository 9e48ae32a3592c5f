// SPDX-License-Identifier: Apache-2.0
// What routers write where moves are traced (Grid::tracer). Private to the routers.
#ifndef FABRIC_ROUTER_TRACE_MOVES_H_
#define FABRIC_ROUTER_TRACE_MOVES_H_

#include <cstdint>

#include "fabric/router/grid.h"

namespace csl::fabric::router {

// CEs pushed what lies in Grid::ramped.
void TraceRamps(const Grid& grid);
void TraceIo(const Grid& grid, Grid::Lane at, int color, const Wavelet& wavelet, int64_t t);
// A wavelet left the ring of a color and side for `outputs`, as `left`.
struct TracedMove {
  Grid::Lane at;
  int color;
  int side;
  unsigned outputs;  // mask of sides
  Wavelet came;
  Wavelet left;
  bool is_new = false;    // a message router made it
  int color_beyond = -1;  // -1: by the swaps of the router beyond
};
void TraceMove(const Grid& grid, const TracedMove& move, int64_t t);

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_TRACE_MOVES_H_
