// SPDX-License-Identifier: Apache-2.0
// Vector operations in fabric time: one group of elements at a time, on the main thread or on a
// microthread (docs/fabric/timing.md, "Microthreads", "Groups of elements").
#ifndef FABRIC_PE_FABRIC_OPERATION_H_
#define FABRIC_PE_FABRIC_OPERATION_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"
#include "fabric/pe/vector.h"

namespace csl::fabric::pe {

enum class Readiness : uint8_t {
  kReady,    // RunGroup can do a group
  kWaiting,  // for wavelets, room or elements
  kControl,  // a control wavelet must be dealt with (TakeControl)
  kStopped,  // a FIFO ends the operation (StopAtFifo)
};

// Whether the next group's operands are there. The time the operation is ready from is the caller's
// to check. arms_fifos: the operation itself looks; a FIFO that is not ready then activates its
// task when it is.
Readiness ReadinessOfAny(PeState& pe, const VectorRun& run, bool arms_fifos);
[[gnu::always_inline]] inline Readiness ReadinessOf(PeState& pe, const VectorRun& run,
                                                    bool arms_fifos) {
  if (!run.one_by_one) return ReadinessOfAny(pe, run, arms_fifos);
  if ((pe.output_full & run.outputs) != 0) return Readiness::kWaiting;
  if ((pe.visible & run.inputs) != run.inputs) return Readiness::kWaiting;
  if ((pe.control_heads & run.inputs) == 0) return Readiness::kReady;
  return ReadinessOfAny(pe, run, arms_fifos);
}

// What an operation reads of a control wavelet that is an element (control_transform), or of data.
uint32_t TransformedIn(const PeState& pe, const Wavelet& word);
// Puts a word into an output queue, which has room.
void SendWord(PeState& pe, int queue, uint8_t color, const isa::DsdHeader& header, uint32_t payload,
              bool is_last, int64_t now);

// Does the next group in cycle `now`; returns the cycles it takes. *fault says what went wrong.
int RunGroup(PeState& pe, RunContext& context, VectorRun* run, int64_t now, Fault* fault);
// Of an operation that does not go one by one.
int RunAnyGroup(PeState& pe, RunContext& context, VectorRun* run, int64_t now, Fault* fault);

// Deals with the control wavelet at the head of an input. True: it ends the operation.
bool TakeControl(PeState& pe, RunContext& context, VectorRun* run, int64_t now);
// An operation that a control wavelet may end begins: one that has ended another is removed.
void DropSpent(PeState& pe, RunContext& context, const VectorRun& run, int64_t now);

// The part of the CE step that moves words from output queues to the router, finds queues flushed
// and serves microthreads.
void StepQueues(PeState& pe, RunContext& context, int64_t now);
// The next cycle in which words or microthreads can continue if nothing happens outside of this PE.
int64_t NextQueueCycle(PeState& pe, const RunContext& context, int64_t now);

// Hands an operation to its microthread.
Fault StartMicrothread(PeState& pe, RunContext& context, const VectorRun& run, int64_t issue);

// The end of a microthread's operation: after its last group, or because of a fault.
void CompleteMicrothread(PeState& pe, RunContext& context, VectorRun* run);
void FaultInMicrothread(PeState& pe, const VectorRun& run, Fault fault, int64_t now);

// What the FIFO that stops an operation makes of it: the value of vok, or a fault.
Fault StopAtFifo(PeState& pe, VectorRun* run, bool* completed);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_FABRIC_OPERATION_H_
