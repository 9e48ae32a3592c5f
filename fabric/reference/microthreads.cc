// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/microthreads.h"

#include <algorithm>

namespace csl::fabric::reference {
namespace {

bool IsBlocked(const Ce& ce, int ut) { return (ce.blocked_microthreads >> ut & 1) != 0; }

// The one whose turn it is in t, or -1.
int Choose(Ce& ce, int64_t t) {
  int best = -1;
  int best_priority = -1;
  for (int k = 0; k < kNumQueues; ++k) {
    const int ut = (ce.next_microthread + k) % kNumQueues;
    const Microthread& microthread = ce.microthreads[static_cast<size_t>(ut)];
    if (!microthread.run.has_value() || IsBlocked(ce, ut) || microthread.ready_at > t) continue;
    NoteFifo(ce, *microthread.run, t);
    if (NextOf(ce, *microthread.run, t) == Next::kWait) continue;
    if (microthread.run->priority <= best_priority) continue;
    best = ut;
    best_priority = microthread.run->priority;
  }
  return best;
}

}  // namespace

void StepMicrothreads(Ce& ce, int64_t t) {
  if (t < ce.port_free_from || t < ce.port_open_from) return;
  const int ut = Choose(ce, t);
  if (ut < 0) return;
  ce.next_microthread = (ut + 1) % kNumQueues;
  Microthread& microthread = ce.microthreads[static_cast<size_t>(ut)];
  VectorRun& run = *microthread.run;
  const Served served = Serve(ce, run, NextOf(ce, run, t), t);
  ce.counters.vector_elements += served.elements;
  if (!served.fault.ok()) {
    ce.Stop(served.fault, run.position, t);
    return;
  }
  ce.port_free_from = t + served.cycles;
  microthread.ready_at = t + served.cycles;
  ce.NoteActive(t + served.cycles);
  ce.shared->NoteUntil(t + served.cycles);
  if (served.ended) microthread.run.reset();
}

bool MicrothreadCanStep(const Ce& ce, int64_t t) {
  for (int ut = 0; ut < kNumQueues; ++ut) {
    const Microthread& microthread = ce.microthreads[static_cast<size_t>(ut)];
    if (!microthread.run.has_value() || IsBlocked(ce, ut)) continue;
    if (microthread.ready_at > t) return true;
    if (NextOf(ce, *microthread.run, kAllVisible) != Next::kWait) return true;
  }
  return false;
}

}  // namespace csl::fabric::reference
