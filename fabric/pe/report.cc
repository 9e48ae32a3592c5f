// SPDX-License-Identifier: Apache-2.0
// PEs as text: states, faults, what one is waiting for.
#include <fmt/format.h>

#include "fabric/pe/core.h"
#include "fabric/pe/fault.h"
#include "fabric/pe/interpreter.h"

namespace csl::fabric::pe {
namespace {

const char* PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kIdle:
      return "idle";
    case Phase::kRunning:
      return "running";
    case Phase::kEnding:
      return "ending";
    case Phase::kFaulted:
      break;
  }
  return "faulted";
}

std::string TaskList(const PeState& pe, uint64_t ids) {
  std::string out;
  for (int id = 0; id < kNumTaskIds; ++id) {
    if ((ids >> id & 1) == 0) continue;
    const int32_t function = pe.program->TaskFunction(id);
    if (!out.empty()) out += ", ";
    out += fmt::format("{}", id);
    if (function != kNoFunction) out += fmt::format(" {}", pe.program->FunctionName(function));
  }
  return out;
}

void AppendDsrs(const PeState& pe, std::string* out) {
  static constexpr const char* kFiles[] = {"dest", "src0", "src1"};
  for (size_t file = 0; file < isa::kNumDsrFiles; ++file) {
    for (size_t i = 0; i < 256; ++i) {
      const uint8_t slot = pe.program->dsr_slot[file][i];
      if (slot == 255) continue;
      const isa::Descriptor& dsr = pe.dsrs[slot];
      if (dsr.kind() == isa::DsdKind::kNone) continue;
      *out += fmt::format("  {}.{}: {}\n", kFiles[file], i, dsr.ToString());
    }
  }
}

void AppendThread(const PeState& pe, std::string* out) {
  const Thread& thread = pe.thread;
  *out += fmt::format("  task {} since cycle {}, at {}, next issue {}, stack {:#06x}\n",
                      thread.task_id, thread.start_cycle, pe.program->Place(thread.position),
                      NextIssueCycle(pe), thread.stack_pointer);
  for (size_t i = thread.frames.size(); i-- > 0;) {
    *out += fmt::format("    called from {}\n",
                        pe.program->Place(thread.frames[i].return_position - 1));
  }
  const int function = pe.program->code.FunctionAt(thread.position);
  const uint32_t count =
      function < 0 ? 0 : pe.program->code.functions[static_cast<size_t>(function)].num_regs;
  for (uint32_t i = 0; i < count && thread.window + i < thread.regs.size(); ++i) {
    *out += fmt::format("    r{} = {:#010x}\n", i, thread.regs[thread.window + i]);
  }
}

}  // namespace

std::string FaultText(const Fault& fault) {
  if (fault.kind == FaultKind::kTrap) {
    return fmt::format("trap: {}", isa::TrapText(static_cast<isa::TrapCode>(fault.detail)));
  }
  if (fault.kind == FaultKind::kNotSupported && fault.detail < isa::kNumOpcodes) {
    return fmt::format("not supported yet: instruction {}",
                       isa::Info(static_cast<isa::Opcode>(fault.detail)).mnemonic);
  }
  if (fault.kind == FaultKind::kCollision) {
    static constexpr const char* kSides[] = {"WEST", "EAST", "SOUTH", "NORTH", "RAMP", "host"};
    return fmt::format(
        "color {} receives from {} and {} in the same cycle; only one of the inputs of "
        "a color may have wavelets at a time",
        fault.detail & 0xff, kSides[fault.detail >> 8 & 7], kSides[fault.detail >> 16 & 7]);
  }
  switch (fault.kind) {
#define FAULT(name, text) \
  case FaultKind::name:   \
    return fmt::format(fmt::runtime(text), fault.detail);
#include "fabric/pe/faults.def"
#undef FAULT
  }
  return "unknown fault";
}

std::string PeName(const Machine& machine, uint32_t index) {
  const uint32_t width = static_cast<uint32_t>(machine.width);
  return fmt::format("P{}.{}", machine.offset_x + static_cast<int>(index % width),
                     machine.offset_y + static_cast<int>(index / width));
}

std::string DescribeFault(const Machine& machine, const PeState& pe) {
  std::string text = fmt::format("PE {} (x={}, y={} of the program): {}", PeName(machine, pe.index),
                                 pe.x, pe.y, FaultText(pe.fault));
  const FaultKind kind = pe.fault.kind;
  if (kind != FaultKind::kCollision && kind != FaultKind::kBadCopy &&
      kind != FaultKind::kNoSuchExport && kind != FaultKind::kUnboundTask) {
    text += " in " + pe.program->Place(pe.fault_position);
  }
  if (kind == FaultKind::kMicrothreadBusy) {
    const VectorRun* other = pe.microthreads[pe.fault.detail % kNumMicrothreads];
    if (other != nullptr) text += ", which started in " + pe.program->Place(other->position);
  }
  return text;
}

std::string TaskName(const PeState& pe) {
  if (pe.thread.function == kHostCopy) return "host copy";
  return pe.program->FunctionName(static_cast<int32_t>(pe.thread.function));
}

bool InTask(const PeState& pe) {
  return pe.phase == Phase::kRunning || pe.phase == Phase::kEnding ||
         (pe.phase == Phase::kFaulted && pe.wake_cycle != kNever);
}

// Where a running task stands is known when no PE is past the clock: reports are made at cuts.
std::string DescribeActivity(const PeState& pe) {
  std::string text = PhaseName(pe.phase);
  if (InTask(pe)) {
    text = fmt::format("task {} {} runs since cycle {}", pe.thread.task_id, TaskName(pe),
                       pe.thread.start_cycle);
    const bool computes = pe.phase == Phase::kRunning && pe.main_run == nullptr;
    if (computes && pe.thread.function != kHostCopy) {
      text += ", now in " + pe.program->Place(pe.thread.position);
    }
  }
  if (pe.command_stream_blocked) {
    text += fmt::format("; {} was launched and unblock_cmd_stream was not called since",
                        pe.program->FunctionName(static_cast<int32_t>(pe.launched_function)));
  }
  if (pe.command != kNoCommand) text += "; a host command waits";
  if (InTask(pe)) return text;
  uint64_t bound = 0;
  for (int id = 0; id < kNumTaskIds; ++id) {
    if (pe.program->TaskFunction(id) != kNoFunction) bound |= uint64_t{1} << id;
  }
  const uint64_t active = pe.tasks.active;
  const uint64_t blocked = pe.tasks.blocked;
  if ((active & ~blocked) != 0) text += "; ready tasks: " + TaskList(pe, active & ~blocked);
  if ((active & blocked) != 0) {
    text += "; active but blocked tasks: " + TaskList(pe, active & blocked);
  }
  const uint64_t idle = bound & blocked & ~active;
  if (idle != 0) text += "; blocked tasks that nobody activated: " + TaskList(pe, idle);
  return text;
}

size_t FootprintBytes(const PeState& pe) {
  const auto bytes = [](const auto& list) { return list.capacity() * sizeof(list[0]); };
  size_t sum = sizeof(pe) + bytes(pe.thread.regs) + bytes(pe.thread.frames) + bytes(pe.dsrs) +
               bytes(pe.channels) + bytes(pe.outputs) + bytes(pe.fifos);
  if (pe.rare != nullptr) sum += sizeof(*pe.rare);
  if (pe.spare_run != nullptr) sum += sizeof(*pe.spare_run);
  return sum;
}

std::string ToString(const PeState& pe) {
  std::string out =
      fmt::format("PE {} (x={}, y={}): {}\n", pe.index, pe.x, pe.y, DescribeActivity(pe));
  out +=
      fmt::format("  tasks: active {:#x} blocked {:#x} high {:#x} last picked {}\n",
                  pe.tasks.active, pe.tasks.blocked, pe.tasks.high_priority, pe.tasks.last_picked);
  if (pe.phase == Phase::kRunning || pe.phase == Phase::kFaulted) AppendThread(pe, &out);
  if (pe.phase == Phase::kFaulted) out += "  fault: " + FaultText(pe.fault) + "\n";
  AppendDsrs(pe, &out);
  out += fmt::format("  carry {}, time stamps {} ({} counted), random {:#x}\n", pe.carry,
                     pe.tsc.enabled ? "on" : "off", pe.tsc.counted, pe.prng[pe.active_prng]);
  out += fmt::format("  pages of its own: {}\n", pe.memory.num_owned_pages());
  out += fmt::format("  instructions {}, busy cycles {}, vector elements {}, tasks {}\n",
                     pe.counters.instructions, pe.counters.busy_cycles, pe.counters.vector_elements,
                     pe.counters.tasks_started);
  return out;
}

}  // namespace csl::fabric::pe
