// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/core.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/pe/interpreter.h"
#include "fabric/pe/system.h"

namespace csl::fabric::pe {
namespace {

void LogTask(const PeState& pe, RunContext& context, int64_t cycle, const char* what) {
  if (!context.machine->log_tasks) return;
  context.log.push_back({pe.index,
                         {cycle, LogLevel::kDebug,
                          fmt::format("{} T{:02} {}: {}", PeName(*context.machine, pe.index),
                                      pe.thread.task_id, what, TaskName(pe))}});
}

// The fault becomes known when fabric time reaches `cycle`.
void StopAtFault(PeState& pe, int64_t cycle) {
  pe.phase = Phase::kFaulted;
  pe.wake_cycle = cycle;
}

void FaultNow(PeState& pe, Fault fault, int64_t now) {
  pe.fault = fault;
  pe.fault_position = pe.thread.position;
  StopAtFault(pe, now);
}

void StartFunction(PeState& pe, RunContext& context, uint32_t function, int64_t now,
                   const uint32_t* args, size_t num_args) {
  const int64_t start = now + context.machine->costs().task_start_cycles;
  Fault fault = EnterTask(pe, function, start, args, num_args);
  ++pe.counters.tasks_started;
  if (!fault.ok()) {
    FaultNow(pe, fault, now);
    return;
  }
  pe.phase = Phase::kRunning;
  pe.wake_cycle = start;
  LogTask(pe, context, now, "start");
}

// Moves the elements of this PE's part of a copy. The pointer is read now, not when the host asked.
Fault CopyWords(PeState& pe, const HostCommand& command, uint32_t pointer_address) {
  uint16_t address;
  if (!pe.memory.Load<uint16_t>(pointer_address, &address)) {
    return {FaultKind::kBadCopy, pointer_address};
  }
  uint32_t at = address;
  for (int l = 0; l < command.elements_per_pe; ++l) {
    const size_t word = command.WordIndex(pe.x, pe.y, l);
    bool ok;
    if (command.kind == HostCommand::Kind::kCopyIn) {
      ok = command.element_bytes == 4
               ? pe.memory.Store<uint32_t>(at, command.data[word])
               : pe.memory.Store<uint16_t>(at, static_cast<uint16_t>(command.data[word]));
    } else if (command.element_bytes == 4) {
      ok = pe.memory.Load<uint32_t>(at, &command.destination[word]);
    } else {
      uint16_t half = 0;
      ok = pe.memory.Load<uint16_t>(at, &half);
      command.destination[word] = half;
    }
    if (!ok) return {FaultKind::kBadCopy, at};
    at += static_cast<uint32_t>(command.element_bytes);
  }
  return {};
}

// The PE's system task takes the command that waits.
void TakeCommand(PeState& pe, RunContext& context, int64_t now) {
  const HostCommand& command = context.machine->command(pe.command);
  pe.command = kNoCommand;
  pe.command_cycle = kNever;
  pe.thread.task_id = isa::LimitsOf(context.machine->arch).memcpy_task_id;
  pe.thread.start_cycle = now;
  const image::ProgramExport* exported = pe.program->image.FindExport(command.export_id);
  if (!command.is_copy()) {
    pe.command_stream_blocked = true;
    if (exported == nullptr) {
      // A program that does not have the function ignores the launch.
      UnblockCommandStream(pe, context, now);
      return;
    }
    pe.launched_function = exported->value;
    StartFunction(pe, context, exported->value, now, command.args.data(), command.args.size());
    return;
  }
  Fault fault = exported == nullptr ? Fault{FaultKind::kNoSuchExport, command.export_id}
                                    : CopyWords(pe, command, exported->value);
  if (!fault.ok()) {
    FaultNow(pe, fault, now);
    return;
  }
  const CopyCosts& costs = context.machine->copy_costs;
  pe.thread.function = kHostCopy;
  pe.phase = Phase::kEnding;
  pe.wake_cycle =
      now + costs.start_cycles + int64_t{costs.cycles_per_word} * command.elements_per_pe;
  pe.last_active_cycle = pe.wake_cycle;
  context.messages.push_back({now, pe.index, PeMessage::Kind::kCommandDone});
}

// Picks the next task. False: nothing is ready.
bool PickTask(PeState& pe, RunContext& context, int64_t now) {
  const bool command_ready =
      pe.command != kNoCommand && pe.command_cycle <= now && !pe.command_stream_blocked;
  const int system_id = isa::LimitsOf(context.machine->arch).memcpy_task_id;
  const int id = pe.tasks.Pick(command_ready ? uint64_t{1} << system_id : 0);
  if (id < 0) return false;
  if (command_ready && id == system_id) {
    TakeCommand(pe, context, now);
    return true;
  }
  pe.thread.task_id = id;
  pe.thread.start_cycle = now;
  const int32_t function = pe.program->task_function[static_cast<size_t>(id)];
  if (function == kNoFunction) {
    FaultNow(pe, {FaultKind::kUnboundTask, static_cast<uint32_t>(id)}, now);
    return true;
  }
  StartFunction(pe, context, static_cast<uint32_t>(function), now, nullptr, 0);
  return true;
}

// The elements of a vector operation that are due, and its end.
Stop StepVector(PeState& pe, int64_t now) {
  VectorRun& run = pe.thread.vector;
  uint32_t due = run.done;
  while (due < run.length && run.issue_cycle + run.ElementOffset(due) <= now) ++due;
  Fault fault = RunElements(pe, &run, due);
  if (!fault.ok()) {
    run.active = false;
    pe.fault = fault;
    pe.fault_position = --pe.thread.position;  // the vector instruction itself
    pe.thread.clock_base += run.ElementOffset(run.done);
    return Stop::kFault;
  }
  if (now >= run.issue_cycle + run.TotalCycles()) {
    FinishVector(pe, run);
    pe.thread.vector_elements += run.length;
    pe.thread.vector_ok = true;
    pe.thread.clock_base += run.element_cycles;
    run.active = false;
  }
  return Stop::kLimit;
}

int64_t NextVectorCycle(const VectorRun& run) {
  return run.issue_cycle +
         (run.done < run.length ? run.ElementOffset(run.done) : run.TotalCycles());
}

void StepThread(PeState& pe, RunContext& context, int64_t now, Stop* stop) {
  VectorRun& run = pe.thread.vector;
  *stop = run.active ? StepVector(pe, now) : RunOne(pe, context, now);
  if (*stop == Stop::kLimit) {
    pe.wake_cycle = run.active ? NextVectorCycle(run) : NextIssueCycle(pe);
  }
}

void ContinueThread(PeState& pe, RunContext& context, int64_t now, Pace pace) {
  Stop stop;
  if (pace == Pace::kStep) {
    StepThread(pe, context, now, &stop);
  } else {
    const int64_t limit = (now | (context.run_ahead_cycles - 1)) + 1;
    stop = RunAhead(pe, context, now, limit);
    if (stop == Stop::kLimit) pe.wake_cycle = limit;
  }
  const int64_t clock = NextIssueCycle(pe);
  switch (stop) {
    case Stop::kLimit:
      break;
    case Stop::kShared:
      pe.wake_cycle = clock;
      break;
    case Stop::kReturn:
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
  LogTask(pe, context, now, "end");
  pe.counters.busy_cycles += now - pe.thread.start_cycle;
  pe.counters.instructions += static_cast<int64_t>(pe.thread.instructions);
  pe.counters.vector_elements += static_cast<int64_t>(pe.thread.vector_elements);
  pe.counters.last_active_cycle = pe.last_active_cycle;
  pe.thread.instructions = 0;
  pe.thread.vector_elements = 0;
  pe.thread.task_id = -1;
  pe.phase = Phase::kIdle;
  pe.wake_cycle = kNever;
  pe.idle_since = now;
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
  for (size_t file = 0; file < pe.dsrs.size(); ++file) pe.dsrs[file].resize(program.num_dsrs[file]);
  for (const image::InitialDsr& dsr : configuration.dsrs) {
    pe.dsrs[static_cast<size_t>(dsr.file)][dsr.number] = dsr.descriptor;
  }
  if (pe.variant != nullptr) {
    for (const image::DsrPatch& patch : pe.variant->dsrs) {
      const image::InitialDsr& dsr = configuration.dsrs[patch.index];
      pe.dsrs[static_cast<size_t>(dsr.file)][dsr.number] = patch.descriptor;
    }
  }
  if (program.ActiveAtStart()) pe.wake_cycle = 0;
}

void Advance(PeState& pe, RunContext& context, int64_t now, Pace pace) {
  for (;;) {
    switch (pe.phase) {
      case Phase::kFaulted:
        if (pe.wake_cycle <= now) {
          context.messages.push_back({pe.wake_cycle, pe.index, PeMessage::Kind::kFault});
          pe.wake_cycle = kNever;
        }
        return;
      case Phase::kRunning:
        if (pe.wake_cycle > now) return;
        ContinueThread(pe, context, now, pace);
        break;
      case Phase::kEnding:
        if (pe.wake_cycle > now) return;
        EndTask(pe, context, now);
        break;
      case Phase::kIdle:
        pe.wake_cycle = kNever;
        if (!PickTask(pe, context, now)) return;
        break;
    }
  }
}

int64_t NextEventCycle(const PeState& pe) {
  if (pe.phase != Phase::kIdle || pe.wake_cycle != kNever) return pe.wake_cycle;
  if (pe.command != kNoCommand && !pe.command_stream_blocked) return pe.command_cycle;
  return kNever;
}

}  // namespace csl::fabric::pe
