// SPDX-License-Identifier: Apache-2.0
// The task picker: what an idle main thread does next.
#ifndef FABRIC_REFERENCE_PICKER_H_
#define FABRIC_REFERENCE_PICKER_H_

#include <cstdint>

#include "fabric/reference/ce.h"

namespace csl::fabric::reference {

// Picks tasks and serves commands until one takes time or nothing is ready.
void Pick(Ce& ce, int64_t t);

// Whether anything is ready: commands that have arrived in t, wavelets that are visible in `seen`.
bool SomethingIsReady(const Ce& ce, int64_t t, int64_t seen);

// Marked queues that are empty (queue.flush).
void FindFlushed(Ce& ce, int64_t t);
bool CanFlush(const Ce& ce, int64_t t);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_PICKER_H_
