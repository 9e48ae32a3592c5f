// SPDX-License-Identifier: Apache-2.0
// Microthreads: asynchronous operations that share the second issue port of their PE.
#include <algorithm>

#include "fabric/pe/channels.h"
#include "fabric/pe/fabric_operation.h"
#include "fabric/pe/one_by_one.h"
#include "fabric/pe/picker.h"
#include "fabric/pe/program.h"
#include "fabric/pe/ramp_out.h"
#include "fabric/pe/system.h"

namespace csl::fabric::pe {
namespace {

void End(PeState& pe, RunContext& context, VectorRun* run, isa::AsyncAction action, uint16_t id) {
  FinishVector(pe, *run);
  pe.microthreads_active &= static_cast<uint8_t>(~(1u << run->microthread));
  pe.microthreads[run->microthread] = nullptr;
  context.runs.Give(pe, run);
  pe.shared_pages = 0;
  for (uint32_t rest = pe.microthreads_active; rest != 0; rest &= rest - 1) {
    pe.shared_pages |= pe.microthreads[static_cast<size_t>(__builtin_ctz(rest))]->pages;
  }
  if (id >= kNumTaskIds) return;
  if (action == isa::AsyncAction::kActivate) {
    pe.tasks.Activate(id);
  } else if (action == isa::AsyncAction::kUnblock) {
    UnblockTask(pe, context, id);
  }
}

// Does a group; returns the cycles it takes.
int ServeGroup(PeState& pe, RunContext& context, VectorRun* run, int64_t now) {
  Fault fault;
  const uint32_t before = run->done;
  const int cycles = run->one_by_one ? RunOneByOne(pe, context, run, now, &fault)
                                     : RunAnyGroup(pe, context, run, now, &fault);
  if (__builtin_expect(!fault.ok(), 0)) {
    FaultInMicrothread(pe, *run, fault, now);
    return cycles;
  }
  if (context.steps != nullptr) context.steps->Group(pe, *run, now, cycles);
  pe.counters.vector_elements += run->done - before;
  run->ready_from = now + cycles;
  if (run->done == run->length) CompleteMicrothread(pe, context, run);
  return cycles;
}

// One turn of a microthread at the port; returns the cycles it takes.
int Serve(PeState& pe, RunContext& context, VectorRun* run, Readiness readiness, int64_t now) {
  if (readiness == Readiness::kReady) return ServeGroup(pe, context, run, now);
  switch (readiness) {
    case Readiness::kControl:
      if (TakeControl(pe, context, run, now)) {
        const bool is_dfilt = run->opcode == isa::Opcode::kVDfilt;
        End(pe, context, run, is_dfilt ? run->async.completion : run->async.on_control,
            is_dfilt ? run->completion_id : run->on_control_id);
      }
      return 1;
    case Readiness::kStopped: {
      bool completed = true;
      const Fault fault = StopAtFifo(pe, run, &completed);
      if (!fault.ok()) {
        FaultInMicrothread(pe, *run, fault, now);
      } else {
        CompleteMicrothread(pe, context, run);
      }
      return 1;
    }
    default:
      return 0;
  }
}

// The microthread that goes next, -1: none.
int Choose(PeState& pe, int64_t now, Readiness* readiness) {
  int best = -1;
  int best_priority = -1;
  const uint32_t candidates = pe.microthreads_active & ~uint32_t{pe.microthreads_blocked};
  if ((candidates & (candidates - 1)) == 0) {
    if (candidates == 0) return -1;
    const int id = __builtin_ctz(candidates);
    const VectorRun& run = *pe.microthreads[static_cast<size_t>(id)];
    if (run.ready_from > now) return -1;
    *readiness = ReadinessOf(pe, run, /*arms_fifos=*/true);
    return *readiness == Readiness::kWaiting ? -1 : id;
  }
  // In the order of the pointer: those from it on, then those before it.
  const uint32_t rotated = (candidates | candidates << 8) >> pe.next_microthread & 0xff;
  for (uint32_t rest = rotated; rest != 0; rest &= rest - 1) {
    const int id = (__builtin_ctz(rest) + pe.next_microthread) & 7;
    const VectorRun& run = *pe.microthreads[static_cast<size_t>(id)];
    if (run.priority <= best_priority || run.ready_from > now) continue;
    const Readiness state = ReadinessOf(pe, run, /*arms_fifos=*/true);
    if (state == Readiness::kWaiting) continue;
    best = id;
    best_priority = run.priority;
    *readiness = state;
  }
  return best;
}

// A turn of microthread `id` took `cycles` from `now` on.
void TakePort(PeState& pe, RunContext& context, int id, int64_t now, int cycles) {
  pe.next_microthread = static_cast<uint8_t>((id + 1) & 7);
  pe.port_free_from = std::max(pe.port_free_from, now + cycles);
  pe.counters.last_active_cycle = std::max(pe.counters.last_active_cycle, now + cycles);
  pe.touched = true;
  context.NoteUntil(now + cycles);
}

void StepMicrothreads(PeState& pe, RunContext& context, int64_t now) {
  if (pe.port_free_from > now) return;
  Readiness readiness = Readiness::kWaiting;
  const int id = Choose(pe, now, &readiness);
  if (id < 0) return;
  const int cycles = Serve(pe, context, pe.microthreads[static_cast<size_t>(id)], readiness, now);
  TakePort(pe, context, id, now, cycles);
}

// The next cycle in which a microthread can do something if nothing happens outside of the PE.
int64_t NextMicrothreadCycle(PeState& pe, int64_t now) {
  int64_t next = kNever;
  uint32_t rest = pe.microthreads_active & ~uint32_t{pe.microthreads_blocked};
  for (; rest != 0; rest &= rest - 1) {
    const VectorRun& run = *pe.microthreads[static_cast<size_t>(__builtin_ctz(rest))];
    const int64_t from = std::max({run.ready_from, pe.port_free_from, now + 1});
    if (from < next && ReadinessOf(pe, run, false) != Readiness::kWaiting) next = from;
  }
  return next;
}

}  // namespace

void CompleteMicrothread(PeState& pe, RunContext& context, VectorRun* run) {
  End(pe, context, run, run->async.completion, run->completion_id);
}

void FaultInMicrothread(PeState& pe, const VectorRun& run, Fault fault, int64_t now) {
  pe.fault = fault;
  pe.fault_position = run.position;
  pe.phase = Phase::kFaulted;
  pe.wake_cycle = now;
}

void RampOut(PeState& pe, RunContext& context, int64_t now) {
  const uint32_t words = pe.output_words;
  const uint32_t rotated = (words | words << 8) >> pe.next_output_queue & 0xff;
  for (uint32_t rest = rotated; rest != 0; rest &= rest - 1) {
    const uint32_t id = (static_cast<uint32_t>(__builtin_ctz(rest)) + pe.next_output_queue) & 7;
    if (ServeOutput(pe, context, pe.outputs[id], now)) return;
  }
}

int64_t NextRampCycle(const PeState& pe, const RunContext& context, int64_t now) {
  int64_t next = kNever;
  for (uint32_t rest = pe.output_words; rest != 0; rest &= rest - 1) {
    const OutputQueue& queue = pe.outputs[static_cast<size_t>(__builtin_ctz(rest))];
    next = std::min(next, NextRampCycleOf(context, queue, now));
  }
  return next;
}

void StepQueues(PeState& pe, RunContext& context, int64_t now) {
  if (pe.output_words != 0) RampOut(pe, context, now);
  if (pe.rare != nullptr) FlushQueues(pe);
  if (pe.microthreads_active != 0) StepMicrothreads(pe, context, now);
}

int64_t NextQueueCycle(PeState& pe, const RunContext& context, int64_t now) {
  int64_t next = pe.output_words == 0 ? kNever : NextRampCycle(pe, context, now);
  if (pe.microthreads_active != 0) next = std::min(next, NextMicrothreadCycle(pe, now));
  return next;
}

Fault StartMicrothread(PeState& pe, RunContext& context, const VectorRun& run, int64_t issue) {
  const uint32_t bit = 1u << run.microthread;
  if ((pe.microthreads_active & bit) != 0) {
    return {FaultKind::kMicrothreadBusy, run.microthread};
  }
  VectorRun* own = context.runs.Take(pe, run);
  own->ready_from =
      issue + run.startup_cycles + isa::MachineCostsOf(pe.program->arch).microthread_start_cycles;
  own->pages = MemoryPages(pe, run);
  pe.shared_pages |= own->pages;
  pe.microthreads[run.microthread] = own;
  pe.microthreads_active |= static_cast<uint8_t>(bit);
  context.NoteUntil(own->ready_from);
  return {};
}

}  // namespace csl::fabric::pe
