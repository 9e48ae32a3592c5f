// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/step_trace.h"

#include <algorithm>

#include "fabric/pe/fabric_operation.h"
#include "fabric/pe/interpreter.h"

namespace csl::fabric::pe {
namespace {

using Mode = VectorOperand::Mode;

// What an operation waits for.
Event WaitOf(const PeState& pe, const VectorRun& run) {
  Event event;
  if ((pe.output_full & run.outputs) != 0) {
    event.flags = Event::kWaitsForRoom;
    event.queue = run.dest.queue;
    event.color = run.dest.color;
    return event;
  }
  const VectorOperand* const sources[] = {&run.src0, &run.src1};
  for (uint8_t i = 0; i < 2; ++i) {
    const VectorOperand& source = *sources[i];
    if (source.mode == Mode::kFabin && (pe.visible >> source.queue & 1) == 0) {
      event.side = i;
      event.queue = source.queue;
      const Channel* channel = pe.FindChannel(source.queue);
      if (channel != nullptr) event.color = channel->color;
      return event;
    }
  }
  for (const VectorOperand* operand : {&run.src0, &run.src1, &run.dest}) {
    if (operand->mode != Mode::kFifo) continue;
    event.flags = Event::kWaitsForFifo;
    event.queue = operand->queue;
    return event;
  }
  return event;
}

}  // namespace

void StepTrace::Add(const PeState& pe, Event::Kind kind, const Operation& operation, size_t thread,
                    int64_t now, Event event) {
  event.kind = kind;
  event.task = operation.task;
  event.microthread = thread == kMain ? Event::kNoMicrothread : static_cast<uint8_t>(thread);
  event.position = operation.position;
  event.number = operation.number;
  event.sequence = operation.sequence;
  tracer_.Add(pe.x, pe.y, now, event);
}

void StepTrace::Issued(const PeState& pe, uint32_t position, uint8_t active_before, int64_t now) {
  Notes& notes = notes_[pe.local];
  const uint32_t started = pe.microthreads_active & ~uint32_t{active_before};
  const size_t thread = started == 0 ? kMain : static_cast<size_t>(__builtin_ctz(started));
  Operation& operation = notes.operations[thread];
  operation = {position, ++notes.number, 0, static_cast<uint8_t>(pe.thread.task_id), false};
  Add(pe, Event::Kind::kIssue, operation, thread, now);
  if (started != 0 || pe.main_run != nullptr) return;
  Event executed;
  executed.cycles = static_cast<uint32_t>(std::max<int64_t>(0, NextIssueCycle(pe) - now));
  Add(pe, Event::Kind::kExecute, operation, kMain, now, executed);
}

void StepTrace::Group(const PeState& pe, const VectorRun& run, int64_t now, int64_t cycles) {
  const size_t thread = &run == pe.main_run ? kMain : run.microthread;
  Operation& operation = notes_[pe.local].operations[thread];
  operation.waits = false;
  Event event;
  event.cycles = static_cast<uint32_t>(cycles);
  Add(pe, Event::Kind::kExecute, operation, thread, now, event);
  ++operation.sequence;
}

int64_t StepTrace::LookAt(PeState& pe, const VectorRun& run, size_t thread, int64_t now) {
  Operation& operation = notes_[pe.local].operations[thread];
  if (run.ready_from > now) return run.ready_from;
  if (operation.waits || ReadinessOf(pe, run, /*arms_fifos=*/false) != Readiness::kWaiting) {
    return kNever;
  }
  operation.waits = true;
  Add(pe, Event::Kind::kStall, operation, thread, now, WaitOf(pe, run));
  return kNever;
}

int64_t StepTrace::EndStep(PeState& pe, int64_t now) {
  int64_t next = kNever;
  if (pe.phase != Phase::kFaulted) {
    if (pe.main_run != nullptr) next = LookAt(pe, *pe.main_run, kMain, now);
    uint32_t rest = pe.microthreads_active & ~uint32_t{pe.microthreads_blocked};
    for (; rest != 0; rest &= rest - 1) {
      const auto id = static_cast<size_t>(__builtin_ctz(rest));
      next = std::min(next, LookAt(pe, *pe.microthreads[id], id, now));
    }
  }
  Notes& notes = notes_[pe.local];
  const bool busy = pe.phase == Phase::kRunning || pe.phase == Phase::kEnding ||
                    (pe.phase == Phase::kIdle && pe.microthreads_active != 0);
  if (notes.busy && !busy) Add(pe, Event::Kind::kIdle, {0, notes.number}, kMain, now);
  notes.busy = busy;
  return next;
}

}  // namespace csl::fabric::pe
