// SPDX-License-Identifier: Apache-2.0
// A PE's part in a stream of the host (docs/fabric/host_io.md, "Streams").
#ifndef FABRIC_PE_STREAM_H_
#define FABRIC_PE_STREAM_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// The system task took the command, or the stream of a port reached the PE; words move from cycle
// `open_from` on.
void OpenStream(PeState& pe, RunContext& context, uint32_t command, int64_t open_from);

// The part of the CE step that moves words to the router, or opens it towards the host.
void StepStreams(PeState& pe, RunContext& context, int64_t now);
// The next cycle in which StepStreams has something to do if nothing happens outside of the PE.
int64_t NextStreamCycle(const PeState& pe, const RunContext& context, int64_t now);

// Ends a stream to the host before it has all its words, between cycles.
void EndStream(PeState& pe, RunContext& context, uint32_t command);

// The io ring of a color has room again.
void RoomForStream(PeState& pe, int color);

// A wavelet left for the host in cycle `now`.
void StreamDeparted(PeState& pe, RunContext& context, int color, const Wavelet& wavelet,
                    int64_t now);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_STREAM_H_
