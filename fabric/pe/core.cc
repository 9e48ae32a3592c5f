// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/core.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/pe/channels.h"
#include "fabric/pe/config_words.h"
#include "fabric/pe/fabric_operation.h"
#include "fabric/pe/interpreter.h"
#include "fabric/pe/lone_microthread.h"
#include "fabric/pe/picker.h"
#include "fabric/pe/single_step.h"
#include "fabric/pe/stream.h"
#include "fabric/pe/system.h"

namespace csl::fabric::pe {

void LogTask(const PeState& pe, RunContext& context, int64_t cycle, bool starts) {
  const Machine& machine = *context.machine;
  if (context.tracer.wants(kTraceTasks)) {
    Event event;
    event.kind = starts ? Event::Kind::kTaskStart : Event::Kind::kTaskEnd;
    event.task = static_cast<uint8_t>(pe.thread.task_id);
    event.payload = pe.thread.function;
    context.tracer.Add(pe.x, pe.y, cycle, event);
  }
  if (!machine.log_tasks) return;
  context.log.push_back({pe.index,
                         {cycle,
                          LogLevel::kDebug,
                          fmt::format("{} T{:02} {}: {}", PeName(machine, pe.index),
                                      pe.thread.task_id, starts ? "start" : "end", TaskName(pe)),
                          {}}});
}

namespace {

// Whether the picker could find something; a quick look that errs on the safe side.
bool MayPick(const PeState& pe) {
  return (pe.tasks.active & ~pe.tasks.blocked) != 0 || pe.command != kNoCommand ||
         (pe.visible & (pe.task_channels | pe.control_heads)) != 0;
}

// The fault becomes known when fabric time reaches `cycle`.
void StopAtFault(PeState& pe, int64_t cycle) {
  pe.phase = Phase::kFaulted;
  pe.wake_cycle = cycle;
}

// The cycle before which the host may look at the PE.
int64_t CutOf(const PeState& pe, const RunContext& context) {
  return pe.command_stream_blocked ? context.ahead.awaited : context.ahead.others;
}

// The operation that the main thread waits for ends.
void EndMainRun(PeState& pe, RunContext& context, int64_t now, int64_t end, bool completed) {
  VectorRun* run = pe.main_run;
  Thread& thread = pe.thread;
  if (run->done > 0 || completed) FinishVector(pe, *run);
  thread.vector_elements += run->done;
  thread.vector_ok = completed;
  // The clock stands at issue + static cost; the next instruction issues at `end`.
  thread.clock_base += end - NextIssueCycle(pe);
  pe.main_run = nullptr;
  context.runs.Give(pe, run);
  pe.wake_cycle = NextIssueCycle(pe);
}

// The cycle in which the main thread's operation does its next group, if nothing happens outside of
// the PE.
void WaitForMainRun(PeState& pe, int64_t now) {
  VectorRun& run = *pe.main_run;
  const bool ready = run.ready_from > now || ReadinessOf(pe, run, false) != Readiness::kWaiting;
  pe.wake_cycle = ready ? std::max(run.ready_from, now + 1) : kNever;
}

// The next group of the main thread's operation, or as many as nobody can tell from doing one at a
// time. Returns when they are complete.
int64_t RunMainGroups(PeState& pe, RunContext& context, VectorRun* run, int64_t now, Fault* fault) {
  const bool ahead = context.may_run_ahead && !run->in_fabric_time &&
                     (pe.microthreads_active == 0 || RunsBesideMicrothreads(pe, *run));
  if (!ahead) {
    const int cycles = RunGroup(pe, context, run, now, fault);
    if (context.steps != nullptr) context.steps->Group(pe, *run, now, cycles);
    return now + cycles;
  }
  const int64_t start = now - run->ElementOffset(run->done);
  *fault = RunElements(pe, run, ElementsBefore(*run, now, CutOf(pe, context)));
  if (run->done == run->length) return start + run->TotalCycles();
  const int64_t next = start + run->ElementOffset(run->done);
  if (next > now) *fault = {};  // it is found again when fabric time gets there
  return next;
}

void StepMainRun(PeState& pe, RunContext& context, int64_t now) {
  VectorRun& run = *pe.main_run;
  if (run.ready_from > now) return;
  Fault fault;
  switch (ReadinessOf(pe, run, /*arms_fifos=*/true)) {
    case Readiness::kWaiting:
      pe.wake_cycle = kNever;
      return;
    case Readiness::kControl:
      context.NoteUntil(now + 1);
      if (TakeControl(pe, context, &run, now)) {
        const isa::AsyncSettings& async = run.async;
        if (async.on_control == isa::AsyncAction::kActivate) pe.tasks.Activate(run.on_control_id);
        if (async.on_control == isa::AsyncAction::kUnblock) {
          UnblockTask(pe, context, run.on_control_id);
        }
        EndMainRun(pe, context, now, now + 1, true);
        return;
      }
      run.ready_from = now + 1;
      WaitForMainRun(pe, now);
      return;
    case Readiness::kStopped: {
      bool completed = true;
      fault = StopAtFifo(pe, &run, &completed);
      if (fault.ok()) EndMainRun(pe, context, now, now + 1, completed);
      break;
    }
    case Readiness::kReady: {
      const int64_t end = RunMainGroups(pe, context, &run, now, &fault);
      if (!fault.ok()) break;
      run.ready_from = end;
      context.NoteUntil(end);
      if (run.done == run.length) {
        if (run.async.completion == isa::AsyncAction::kActivate) {
          pe.tasks.Activate(run.completion_id);
        } else if (run.async.completion == isa::AsyncAction::kUnblock) {
          UnblockTask(pe, context, run.completion_id);
        }
        EndMainRun(pe, context, now, end, true);
      } else {
        WaitForMainRun(pe, now);
      }
      return;
    }
  }
  if (!fault.ok()) {
    pe.fault = fault;
    pe.fault_position = run.position;
    StopAtFault(pe, now);
  }
}

// One instruction.
[[gnu::noinline]] Stop StepThread(PeState& pe, RunContext& context, int64_t now) {
  if (context.steps == nullptr) return RunOne(pe, context, now);
  const uint32_t position = pe.thread.position;
  const uint8_t active = pe.microthreads_active;
  const Stop stop = RunOne(pe, context, now);
  const bool is_done = stop != Stop::kWaits && stop != Stop::kFault;
  // What was left for later did not move on.
  if (is_done && (stop != Stop::kShared || pe.thread.position != position)) {
    context.steps->Issued(pe, position, active, now);
  }
  return stop;
}

void ContinueThread(PeState& pe, RunContext& context, int64_t now) {
  const bool ahead = context.may_run_ahead;
  const int64_t limit = (now | (context.run_ahead_cycles - 1)) + 1;
  const Stop stop =
      ahead ? RunAhead(pe, context, now, limit, CutOf(pe, context)) : StepThread(pe, context, now);
  const int64_t clock = NextIssueCycle(pe);
  switch (stop) {
    case Stop::kLimit:
      pe.wake_cycle = ahead ? std::min(limit, clock) : clock;
      break;
    case Stop::kStarted:
      pe.wake_cycle = pe.main_run != nullptr ? pe.main_run->ready_from : clock;
      break;
    case Stop::kShared:
      pe.wake_cycle = clock;
      break;
    case Stop::kWaits:
      pe.thread.waits = true;
      pe.wake_cycle = kNever;
      break;
    case Stop::kReturn:
      if (pe.rare != nullptr && StartNextHandler(pe, clock)) {
        if (pe.phase == Phase::kRunning) pe.wake_cycle = clock;
        break;
      }
      pe.phase = Phase::kEnding;
      pe.last_active_cycle = clock;
      pe.wake_cycle = clock + context.machine->costs().task_end_cycles;
      break;
    case Stop::kFault:
      StopAtFault(pe, clock);
      break;
  }
}

void EndTask(PeState& pe, RunContext& context, int64_t now) {
  if (context.logs_tasks) LogTask(pe, context, now, false);
  pe.counters.busy_cycles += now - pe.thread.start_cycle;
  pe.counters.instructions += static_cast<int64_t>(pe.thread.instructions);
  pe.counters.vector_elements += static_cast<int64_t>(pe.thread.vector_elements);
  pe.counters.last_active_cycle = std::max(pe.counters.last_active_cycle, pe.last_active_cycle);
  pe.thread.instructions = 0;
  pe.thread.vector_elements = 0;
  pe.thread.task_id = -1;
  pe.phase = Phase::kIdle;
  pe.wake_cycle = kNever;
  pe.idle_since = now;
  context.NoteUntil(now);
}

// The main thread's part of the CE step.
void StepMain(PeState& pe, RunContext& context, int64_t now) {
  for (bool more = true; more;) {
    more = false;
    switch (pe.phase) {
      case Phase::kFaulted:
        if (pe.wake_cycle <= now) {
          context.messages.push_back({pe.wake_cycle, pe.index, PeMessage::Kind::kFault});
          pe.wake_cycle = kNever;
        }
        return;
      case Phase::kRunning:
        if (pe.main_run != nullptr) {
          StepMainRun(pe, context, now);
          more = pe.phase == Phase::kFaulted;
        } else if (pe.wake_cycle <= now || pe.thread.waits) {
          if (pe.thread.waits) pe.thread.clock_base += now - NextIssueCycle(pe);
          pe.thread.waits = false;
          ContinueThread(pe, context, now);
          more = pe.phase == Phase::kFaulted;
        }
        break;
      case Phase::kEnding:
        if (pe.wake_cycle > now) break;
        EndTask(pe, context, now);
        more = true;
        break;
      case Phase::kIdle:
        pe.wake_cycle = kNever;
        if (!MayPick(pe)) break;
        PickTask(pe, context, now);
        // Its first instruction issues later: the thread is ahead from the start.
        if (pe.phase == Phase::kRunning && context.may_run_ahead) ContinueThread(pe, context, now);
        more = pe.phase == Phase::kFaulted;
        break;
    }
  }
}

}  // namespace

void InitPe(PeState& pe, RunContext& context, uint32_t index) {
  const Machine& machine = *context.machine;
  const Program& program = machine.BaseProgram(index);
  const image::TileConfiguration& configuration = program.image.configuration;
  pe.index = index;
  pe.x = static_cast<uint16_t>(index % static_cast<uint32_t>(machine.width));
  pe.y = static_cast<uint16_t>(index / static_cast<uint32_t>(machine.width));
  pe.program = &program;
  context.ramp_out_cycles = machine.costs().ramp_out_cycles;
  pe.arena = &context.arena;
  pe.variant = machine.VariantOf(index);
  pe.memory.Reset(*program.memory, &context.pages);
  if (pe.variant != nullptr) {
    for (const image::MemoryPatch& patch : pe.variant->memory) {
      (void)pe.memory.Store<uint8_t>(patch.address, patch.value);
    }
  }
  pe.tasks.active = configuration.active_tasks;
  pe.tasks.blocked = configuration.blocked_tasks;
  pe.tasks.high_priority = configuration.high_priority_tasks;
  pe.prng.fill(kPrngSeed);
  pe.dsrs.resize(program.num_dsrs);
  for (const image::InitialDsr& dsr : configuration.dsrs) {
    Dsr(pe, static_cast<int>(dsr.file), dsr.number) = dsr.descriptor;
  }
  pe.microthreads_blocked = configuration.blocked_microthreads;
  pe.fifos.resize(configuration.fifos.size());
  for (const image::RotatingTasks& pair : configuration.rotating_tasks) {
    pe.Rare().rotations[pair.data_id] = pair.init;
  }
  InitChannels(pe);
  // Beside the rest of the PE: a step reads both.
  if (program.num_dsrs != 0) pe.spare_run = context.arena.New<VectorRun>();
  if (context.router != nullptr) {
    for (const image::ConfigWord& word : configuration.words) {
      (void)WriteConfigWord(pe, context, word.address, word.value, 0);
    }
  }
  if (pe.variant != nullptr) {
    for (const image::DsrPatch& patch : pe.variant->dsrs) {
      const image::InitialDsr& dsr = configuration.dsrs[patch.index];
      Dsr(pe, static_cast<int>(dsr.file), dsr.number) = patch.descriptor;
    }
  }
  if (program.ActiveAtStart()) pe.wake_cycle = 0;
}

// Whether a task continues by itself until wake_cycle: wavelets wait for its end. The engine must
// look at the PE in wake_cycle, and need not before.
static bool IsDeaf(const PeState& pe) {
  return (pe.phase == Phase::kRunning || pe.phase == Phase::kEnding) && pe.main_run == nullptr &&
         !pe.thread.waits && (pe.output_words | pe.microthreads_active) == 0 &&
         pe.rare == nullptr && pe.streams.empty();
}

int64_t StepAll(PeState& pe, RunContext& context, int64_t now) {
  Advance(pe, context, now);
  const int64_t next = NextEventCycle(pe, context, now);
  // Steps may be asked for in the middle of a run: no PE may stay deaf then.
  pe.is_deaf = context.steps == nullptr && IsDeaf(pe);
  if (context.steps != nullptr) return std::min(next, context.steps->EndStep(pe, now));
  if (pe.microthreads_active != 0) FindLone(pe);
  return next;
}

int64_t FinishStep(PeState& pe, RunContext& context, int64_t now) {
  StepMain(pe, context, now);
  const int64_t next = NextEventCycle(pe, context, now);
  FindLone(pe);
  return next;
}

void Advance(PeState& pe, RunContext& context, int64_t now) {
  if (pe.lone != nullptr) KeepArrived(pe.lone);
  pe.lone = nullptr;
  if (!pe.streams.empty()) StepStreams(pe, context, now);
  const bool has_queues = (pe.output_words | pe.microthreads_active) != 0 || pe.rare != nullptr;
  if (has_queues && pe.phase != Phase::kFaulted) StepQueues(pe, context, now);
  StepMain(pe, context, now);
}

int64_t NextEventCycle(PeState& pe, const RunContext& context, int64_t now) {
  if (pe.phase == Phase::kFaulted) return pe.wake_cycle;
  int64_t next = pe.wake_cycle;
  if (pe.phase == Phase::kIdle) {
    if (pe.wake_cycle <= now || (MayPick(pe) && TaskIsReady(pe, now))) next = now + 1;
    // A command on its way is an event of the engine.
  }
  if (pe.main_run != nullptr && pe.wake_cycle == kNever) {
    // What the microthreads did in this cycle may have made it ready.
    if (ReadinessOf(pe, *pe.main_run, false) != Readiness::kWaiting) {
      next = pe.wake_cycle = std::max(pe.main_run->ready_from, now + 1);
    }
  }
  // A control wavelet without a task may have been dropped behind which more come.
  if (pe.thread.waits && WaitIsOver(pe)) next = now + 1;
  if (pe.rare != nullptr && FlushIsDue(pe)) next = now + 1;
  if ((pe.output_words | pe.microthreads_active) != 0) {
    next = std::min(next, NextQueueCycle(pe, context, now));
  }
  if (!pe.streams.empty()) next = std::min(next, NextStreamCycle(pe, context, now));
  return next;
}

}  // namespace csl::fabric::pe
