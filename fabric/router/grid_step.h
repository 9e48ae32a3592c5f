// SPDX-License-Identifier: Apache-2.0
// A cycle of a grid. Private to the routers.
#ifndef FABRIC_ROUTER_GRID_STEP_H_
#define FABRIC_ROUTER_GRID_STEP_H_

#include <cstdint>

#include "fabric/router/grid.h"

namespace csl::fabric::router {

template <isa::Arch kArch>
void StepGrid(Grid* grid, int64_t t, StepResults* results);

// Before the first wavelet from a CE in cycle t.
template <isa::Arch kArch>
void BeginRamps(Grid* grid, int64_t t);

// A wavelet from the host, in cycle t.
template <isa::Arch kArch>
void PushInto(Grid* grid, Ring* ring, unsigned lane, const Wavelet& wavelet, int64_t t);

// What the neighbour on a side sent in cycle t - 1.
template <isa::Arch kArch>
void TakeOver(Grid* grid, int side, const Outbox& box, int64_t t);

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_GRID_STEP_H_
