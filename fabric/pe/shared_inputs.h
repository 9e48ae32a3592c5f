// SPDX-License-Identifier: Apache-2.0
// WSE-2: input queues that have a color only while an operation runs (docs/fabric/timing.md,
// "Channels").
#ifndef FABRIC_PE_SHARED_INPUTS_H_
#define FABRIC_PE_SHARED_INPUTS_H_

#include "fabric/pe/fault.h"
#include "fabric/pe/vector.h"

namespace csl::fabric::pe {

// At the issue of an operation whose operands are resolved: binds the shared queues of its inputs
// to their colors until it ends. A fault if operations under way keep it from that.
Fault BindSharedQueues(PeState& pe, VectorRun* run);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_SHARED_INPUTS_H_
