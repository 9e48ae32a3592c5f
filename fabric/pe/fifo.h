// SPDX-License-Identifier: Apache-2.0
// FIFOs in a PE's memory, by id.
#ifndef FABRIC_PE_FIFO_H_
#define FABRIC_PE_FIFO_H_

#include <cstdint>

#include "fabric/image/tile_configuration.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// Whether it can take (is_dest) or give so many elements.
bool FifoHas(const PeState& pe, int id, bool is_dest, uint32_t elements);

// An operation found it full or empty: what it wants is remembered, and activates the FIFO's task
// once it is there.
void MarkFifoWait(PeState& pe, int id, bool is_dest, uint32_t elements);

image::FifoAction ActionOf(const PeState& pe, int id, bool is_dest);
// Whether an operation that cannot continue ends, rather than waits.
bool FifoStops(const PeState& pe, int id, bool is_dest, bool is_async);

// One element. False: its memory does not exist.
bool PushFifo(PeState& pe, int id, uint32_t value);
bool PopFifo(PeState& pe, int id, uint32_t* value);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_FIFO_H_
