// SPDX-License-Identifier: Apache-2.0
// The main thread inside a task: one instruction after the other.
#include "fabric/reference/main_thread.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/reference/scalar.h"

namespace csl::fabric::reference {
namespace {

using isa::Opcode;

// Room for a function's registers and its stack frame.
Fault PushFrame(Ce& ce, const image::Function& function, uint32_t window) {
  MainThread& main = ce.main;
  const uint32_t needed = window + function.num_registers;
  if (needed > kMaxRegisterFile) return {FaultKind::kRegisterOverflow, needed};
  const image::ProgramImage& image = ce.program->image;
  const uint32_t lowest = uint32_t{image.stack_top} - image.stack_bytes;
  if (main.stack_pointer < lowest + function.frame_bytes) {
    return {FaultKind::kStackOverflow, (main.stack_pointer - function.frame_bytes) & 0xffff};
  }
  main.stack_pointer -= function.frame_bytes;
  main.window = window;
  return {};
}

Fault EnterFunction(Ce& ce, uint32_t function) {
  MainThread& main = ce.main;
  main.position = ce.program->image.functions[function].first_instruction;
  main.frames.clear();
  main.stack_pointer = ce.program->image.stack_top;
  return PushFrame(ce, ce.program->image.functions[function], 0);
}

Fault Call(Ce& ce, uint32_t index, uint8_t window) {
  MainThread& main = ce.main;
  const image::ProgramImage& image = ce.program->image;
  if (index >= image.functions.size()) return {FaultKind::kBadFunction, index};
  if (main.frames.size() >= kMaxCallDepth) return {FaultKind::kCallOverflow, kMaxCallDepth};
  const Frame frame{main.position + 1, main.window, main.stack_pointer};
  Fault fault = PushFrame(ce, image.functions[index], main.window + window);
  if (!fault.ok()) return fault;
  main.frames.push_back(frame);
  main.position = image.functions[index].first_instruction;
  return {};
}

// Ends the task, or the handler of several that task 29 runs.
void Return(Ce& ce, int64_t t) {
  MainThread& main = ce.main;
  if (!main.frames.empty()) {
    const Frame frame = main.frames.back();
    main.frames.pop_back();
    main.position = frame.return_position;
    main.window = frame.window;
    main.stack_pointer = frame.stack_pointer;
    return;
  }
  if (!main.functions_left.empty()) {
    const uint32_t next = main.functions_left.front();
    main.functions_left.erase(main.functions_left.begin());
    const Fault fault = EnterFunction(ce, next);
    if (!fault.ok()) ce.Stop(fault, main.position, t);
    return;
  }
  main.phase = Phase::kEnding;
  main.active_until = main.at;
  main.at += ce.shared->costs().task_end_cycles;
}

void EndOfInstruction(Ce& ce, int64_t cycles) {
  ++ce.main.instructions;
  ++ce.events[0];
  ce.main.at += cycles;
}

// The operation begins behind its start-up, on this thread or on a microthread.
void IssueVector(Ce& ce, const isa::Instruction& instruction, int64_t t) {
  MainThread& main = ce.main;
  VectorRun run;
  Fault fault = StartVector(ce, instruction, ce.regs(), &run);
  if (fault.ok()) DropSpent(ce, run, t);
  if (fault.ok() && run.is_async) {
    Microthread& microthread = ce.microthreads[static_cast<size_t>(run.microthread)];
    if (microthread.run.has_value()) {
      fault = {FaultKind::kMicrothreadBusy, static_cast<uint32_t>(run.microthread)};
    } else {
      microthread.run = run;
      microthread.ready_at = t + run.startup_cycles + ce.shared->costs().microthread_start_cycles;
    }
  }
  if (!fault.ok()) {
    ce.Stop(fault, main.position, t);
    return;
  }
  const isa::MachineCosts& costs = ce.shared->costs();
  EndOfInstruction(ce, run.is_async ? costs.async_issue_cycles : run.startup_cycles);
  ++main.position;
  ce.shared->NoteUntil(t + run.startup_cycles);
  if (run.is_async) {
    main.vector_ok = true;
    ce.shared->NoteUntil(t + run.startup_cycles + costs.microthread_start_cycles);
  } else {
    main.vector = run;
  }
}

void StepVector(Ce& ce, int64_t t) {
  MainThread& main = ce.main;
  NoteFifo(ce, *main.vector, t);
  const Next next = NextOf(ce, *main.vector, t);
  if (next == Next::kWait) return;
  const Served served = Serve(ce, *main.vector, next, t);
  main.vector_elements += served.elements;
  if (!served.fault.ok()) {
    ce.Stop(served.fault, main.vector->position, t);
    return;
  }
  main.at = t + served.cycles;
  ce.shared->NoteUntil(main.at);
  if (!served.ended) return;
  main.vector_ok = served.completed;
  main.vector.reset();
}

Executed ExecuteControl(Ce& ce, const isa::Instruction& i) {
  switch (i.opcode()) {
    case Opcode::kCall:
      return {false, 0, Call(ce, static_cast<uint32_t>(i.imm()), i.a)};
    case Opcode::kCalli:
      return {false, 0, Call(ce, ce.regs()[i.b] & 0xffff, i.a)};
    case Opcode::kTrap:
      return {false, 0, {FaultKind::kTrap, static_cast<uint32_t>(i.imm())}};
    default:
      return {false, 0, {FaultKind::kIllegalInstruction, i.op}};
  }
}

bool IsControl(Opcode opcode) {
  return opcode == Opcode::kCall || opcode == Opcode::kCalli || opcode == Opcode::kTrap ||
         opcode == Opcode::kIllegal;
}

void Issue(Ce& ce, int64_t t) {
  MainThread& main = ce.main;
  const image::ProgramImage& image = ce.program->image;
  const isa::Instruction& i = image.code[main.position];
  const isa::OpcodeInfo& info = isa::Info(i.opcode());
  const int64_t cycles = isa::Cost(i.opcode(), ce.shared->arch).cycles;
  if (info.has(isa::kVectorOp)) {
    IssueVector(ce, i, t);
    return;
  }
  if (i.opcode() == Opcode::kRet) {
    EndOfInstruction(ce, cycles);
    Return(ce, t);
    return;
  }
  const auto format = static_cast<isa::arith::Fp16Format>(image.fp16_format);
  const ScalarResult scalar = ExecuteScalar(i, format, ce.regs());
  if (scalar != ScalarResult::kOther) {
    const bool taken = scalar == ScalarResult::kTaken;
    const uint32_t function = ce.program->function_of[main.position];
    main.position =
        taken ? image.functions[function].first_instruction + static_cast<uint32_t>(i.target())
              : main.position + 1;
    EndOfInstruction(ce, cycles + (taken ? ce.shared->costs().taken_branch_cycles : 0));
    return;
  }
  const uint32_t position = main.position;
  const Executed executed = IsControl(i.opcode()) ? ExecuteControl(ce, i) : ExecuteSystem(ce, i, t);
  if (!executed.fault.ok()) {
    ce.Stop(executed.fault, position, t);
  } else if (executed.waits) {
    main.at = t + 1;
  } else {
    EndOfInstruction(ce, cycles + executed.extra_cycles);
    if (!info.has(isa::kCalls)) ++main.position;
  }
}

void EndTask(Ce& ce, int64_t t) {
  MainThread& main = ce.main;
  if (ce.shared->log_tasks) {
    const std::string name = main.host_copy ? "host copy" : ce.program->FunctionName(main.function);
    ce.Log(t, LogLevel::kDebug, fmt::format("{} T{:02} end: {}", ce.name, main.task_id, name));
  }
  ce.NoteActive(main.active_until);
  ce.counters.busy_cycles += t - main.start_cycle;
  ce.counters.instructions += main.instructions;
  ce.counters.vector_elements += main.vector_elements;
  main.instructions = 0;
  main.vector_elements = 0;
  main.task_id = -1;
  main.host_copy = false;
  main.phase = Phase::kIdle;
  ce.shared->NoteUntil(t);
}

}  // namespace

void StartTask(Ce& ce, int id, uint32_t function, const std::vector<uint32_t>& args, int64_t t) {
  MainThread& main = ce.main;
  main.task_id = id;
  main.start_cycle = t;
  main.function = function;
  main.instructions = 0;
  main.vector_elements = 0;
  main.vector.reset();
  ++ce.counters.tasks_started;
  const Fault fault = EnterFunction(ce, function);
  if (!fault.ok()) {
    ce.Stop(fault, main.position, t);
    return;
  }
  std::copy(args.begin(), args.end(), main.regs.begin());
  main.phase = Phase::kRunning;
  main.at = t + ce.shared->costs().task_start_cycles;
  ce.port_open_from = std::max(ce.port_open_from, t + ce.shared->costs().task_switch_port_cycles);
  if (ce.shared->log_tasks) {
    ce.Log(t, LogLevel::kDebug,
           fmt::format("{} T{:02} start: {}", ce.name, id, ce.program->FunctionName(function)));
  }
}

void StepTask(Ce& ce, int64_t t) {
  MainThread& main = ce.main;
  if (main.phase == Phase::kRunning && main.at <= t) {
    if (main.vector.has_value()) {
      StepVector(ce, t);
    } else {
      Issue(ce, t);
    }
  }
  if (main.phase == Phase::kEnding && main.at <= t) EndTask(ce, t);
}

bool TaskCanStep(const Ce& ce, int64_t t) {
  const MainThread& main = ce.main;
  if (main.phase == Phase::kEnding) return true;
  if (main.phase != Phase::kRunning) return false;
  if (main.vector.has_value()) {
    return main.at > t || NextOf(ce, *main.vector, kAllVisible) != Next::kWait;
  }
  return StepIsReady(ce, ce.program->image.code[main.position], kAllVisible);
}

}  // namespace csl::fabric::reference
