// SPDX-License-Identifier: Apache-2.0
// What a PE waits for beside its tasks: vector operations, queues and streams, as text for the
// stuck report.
#ifndef FABRIC_SIM_PE_WAITS_H_
#define FABRIC_SIM_PE_WAITS_H_

#include <cstddef>
#include <string>

#include "fabric/isa/architecture.h"
#include "fabric/pe/state.h"

namespace csl::fabric {

// "input queue 2 (color 5)"; on WSE-2 a color without a queue is named alone.
std::string ChannelName(const pe::Channel& channel);
std::string OutputQueueName(const pe::OutputQueue& queue);
// "FIFO 0 (buffer)", by the variable that holds its elements.
std::string FifoName(const pe::PeState& pe, size_t id);

// Whether an operation of the PE takes wavelets from the channel.
bool IsRead(const pe::PeState& pe, int channel);

// "; microthread 2: @mov32 in send (pe.csl:7:3) waits for room in output queue 3 (color 4); ..." or
// nothing.
std::string DescribeWaits(const pe::PeState& pe);

}  // namespace csl::fabric

#endif  // FABRIC_SIM_PE_WAITS_H_
