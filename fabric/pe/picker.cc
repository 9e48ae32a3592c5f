// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/picker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fabric/pe/channels.h"
#include "fabric/pe/core.h"
#include "fabric/pe/interpreter.h"
#include "fabric/pe/stream.h"
#include "fabric/pe/system.h"

namespace csl::fabric::pe {
namespace {

void StartFunction(PeState& pe, RunContext& context, uint32_t function, int64_t now,
                   const uint32_t* args, size_t num_args) {
  const isa::MachineCosts& costs = context.machine->costs();
  const int64_t start = now + costs.task_start_cycles;
  Fault fault = EnterTask(pe, function, start, args, num_args);
  ++pe.counters.tasks_started;
  pe.touched = true;
  pe.port_free_from = std::max(pe.port_free_from, now + costs.task_switch_port_cycles);
  if (!fault.ok()) {
    FaultAt(pe, fault, now);
    return;
  }
  pe.phase = Phase::kRunning;
  pe.wake_cycle = start;
  if (context.logs_tasks) LogTask(pe, context, now, true);
}

// Elements of 16 bits are converted by so many.
constexpr size_t kHalvesAtOnce = 256;

// Moves a part of a copy whose words lie one behind the other in the host's array and which fits
// into the memory; false when that is not so, and nothing has moved.
bool CopyRange(PeState& pe, const HostCommand& command, uint32_t address) {
  const auto elements = static_cast<size_t>(command.elements_per_pe);
  const size_t size = elements * static_cast<size_t>(command.element_bytes);
  if (command.column_major_words() && command.elements_per_pe > 1) return false;
  if (address > kMemoryBytes || size > kMemoryBytes - address) return false;
  const size_t first = command.WordIndex(pe.x, pe.y, 0);
  const bool in = command.kind == HostCommand::Kind::kCopyIn;
  const uint32_t* from = in ? command.input().data() + first : nullptr;
  uint32_t* to = in ? nullptr : command.destination.data() + first;
  if (command.element_bytes == 4) {
    if (in) return pe.memory.Write(address, {reinterpret_cast<const uint8_t*>(from), size});
    return pe.memory.Read(address, {reinterpret_cast<uint8_t*>(to), size});
  }
  uint16_t halves[kHalvesAtOnce];
  for (size_t done = 0; done < elements; done += kHalvesAtOnce) {
    const size_t count = std::min(kHalvesAtOnce, elements - done);
    const auto at = static_cast<uint32_t>(address + done * sizeof(uint16_t));
    if (in) {
      for (size_t i = 0; i < count; ++i) halves[i] = static_cast<uint16_t>(from[done + i]);
      pe.memory.Write(at, {reinterpret_cast<const uint8_t*>(halves), count * sizeof(uint16_t)});
    } else {
      pe.memory.Read(at, {reinterpret_cast<uint8_t*>(halves), count * sizeof(uint16_t)});
      std::copy(halves, halves + count, to + done);
    }
  }
  return true;
}

// Moves the elements of this PE's part of a copy. The pointer is read now, not when the host asked.
Fault CopyWords(PeState& pe, const HostCommand& command, uint32_t pointer_address) {
  uint16_t address;
  if (!pe.memory.Load<uint16_t>(pointer_address, &address)) {
    return {FaultKind::kBadCopy, pointer_address};
  }
  if (CopyRange(pe, command, address)) return {};
  uint32_t at = address;
  for (int l = 0; l < command.elements_per_pe; ++l) {
    const size_t word = command.WordIndex(pe.x, pe.y, l);
    bool ok;
    if (command.kind == HostCommand::Kind::kCopyIn) {
      ok = command.element_bytes == 4
               ? pe.memory.Store<uint32_t>(at, command.input()[word])
               : pe.memory.Store<uint16_t>(at, static_cast<uint16_t>(command.input()[word]));
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

// The system task is busy with the host's command until `end`.
void ServeUntil(PeState& pe, int64_t end) {
  pe.thread.function = kHostCopy;
  pe.phase = Phase::kEnding;
  pe.wake_cycle = end;
  pe.last_active_cycle = end;
}

void TakeLaunch(PeState& pe, RunContext& context, const HostCommand& command, int64_t now) {
  const image::ProgramExport* exported = pe.program->image.FindExport(command.export_id);
  pe.command_stream_blocked = true;
  if (exported == nullptr) {
    // A program that does not have the function ignores the launch.
    UnblockCommandStream(pe, context, now);
    return;
  }
  pe.launched_function = exported->value;
  StartFunction(pe, context, exported->value, now, command.args.data(), command.args.size());
}

// The PE's system task takes the command that waits.
void TakeCommand(PeState& pe, RunContext& context, int64_t now) {
  const uint32_t number = pe.command;
  const HostCommand& command = context.machine->command(number);
  pe.command = kNoCommand;
  pe.command_cycle = kNever;
  pe.thread.task_id = isa::LimitsOf(context.machine->arch).memcpy_task_id;
  pe.thread.start_cycle = now;
  const CopyCosts& costs = context.machine->copy_costs;
  if (command.kind == HostCommand::Kind::kLaunch) {
    TakeLaunch(pe, context, command, now);
    return;
  }
  pe.port_free_from =
      std::max(pe.port_free_from, now + context.machine->costs().task_switch_port_cycles);
  if (command.is_stream()) {
    ServeUntil(pe, now + costs.start_cycles);
    OpenStream(pe, context, number, now + costs.start_cycles);
    return;
  }
  const image::ProgramExport* exported = pe.program->image.FindExport(command.export_id);
  Fault fault = exported == nullptr ? Fault{FaultKind::kNoSuchExport, command.export_id}
                                    : CopyWords(pe, command, exported->value);
  if (!fault.ok()) {
    FaultAt(pe, fault, now);
    return;
  }
  ServeUntil(pe,
             now + costs.start_cycles + int64_t{costs.cycles_per_word} * command.elements_per_pe);
  context.messages.push_back({now, pe.index, PeMessage::Kind::kCommandDone});
}

// The functions that a program's handlers run now, in order: colors that were torn down, queues
// that were found empty.
void ListHandlers(PeState& pe) {
  RareState& rare = pe.Rare();
  rare.handlers.clear();
  for (const image::Handler& handler : pe.program->image.configuration.handlers) {
    bool due = false;
    switch (handler.kind) {
      case image::Handler::Kind::kTeardown:
        due = (pe.teardown_pending >> handler.id & 1) != 0;
        pe.teardown_pending &= ~(1u << handler.id);
        break;
      case image::Handler::Kind::kEmptyInputQueue:
        due = (rare.inputs_flushed >> handler.id & 1) != 0;
        break;
      case image::Handler::Kind::kEmptyOutputQueue:
        due = (rare.outputs_flushed >> handler.id & 1) != 0;
        break;
    }
    if (due) rare.handlers.push_back(handler.function);
  }
}

void StartLocalTask(PeState& pe, RunContext& context, int id, int64_t now) {
  const TaskEntry& entry = pe.program->local_tasks[static_cast<size_t>(id)];
  if (entry.bound()) {
    StartFunction(pe, context, static_cast<uint32_t>(entry.function), now, nullptr, 0);
    return;
  }
  if (id == kTeardownTask) {
    ListHandlers(pe);
    if (!pe.rare->handlers.empty()) {
      const uint16_t function = pe.rare->handlers.front();
      pe.rare->handlers.erase(pe.rare->handlers.begin());
      StartFunction(pe, context, function, now, nullptr, 0);
    }
    return;
  }
  FaultAt(pe, {FaultKind::kUnboundTask, static_cast<uint32_t>(id)}, now);
}

// Whether the alternative of a rotating pair runs instead of the data task.
const image::RotatingTasks* Alternative(PeState& pe, int id) {
  for (const image::RotatingTasks& pair : pe.program->image.configuration.rotating_tasks) {
    if (pair.data_id != id) continue;
    uint16_t& counter = pe.Rare().rotations[static_cast<size_t>(id)];
    if (counter == pair.limit) {
      counter = 0;
      return &pair;
    }
    ++counter;
  }
  return nullptr;
}

size_t Arguments(const TaskEntry& entry, uint32_t payload, uint32_t second, uint32_t* args) {
  if (entry.param_bits[0] == 0) return 0;
  args[0] = entry.param_bits[0] == 16 ? payload & 0xffff : payload;
  if (entry.param_bits[1] == 0) return 1;
  args[1] = second;
  return 2;
}

// What the first word of a channel starts.
enum class Word : uint8_t { kNothing, kDropped, kTask };

Word Classify(const PeState& pe, const Channel& channel) {
  if (pe.tasks.IsBlocked(channel.task_id)) return Word::kNothing;
  const Wavelet& head = channel.words.front();
  if (!head.control) {
    return pe.program->DataTask(channel.task_id).bound() ? Word::kTask : Word::kNothing;
  }
  const uint32_t entry = router::EntryPoint(head.payload);
  if (entry == router::kNoEntryPoint) return Word::kDropped;
  return pe.program->ControlTask(entry, channel.control_table).bound() ? Word::kTask
                                                                       : Word::kDropped;
}

void StartChannelTask(PeState& pe, RunContext& context, Channel& channel, int64_t now) {
  const Wavelet& head = channel.words.front();
  if (!head.control) {
    if (const image::RotatingTasks* pair = Alternative(pe, channel.task_id)) {
      StartFunction(pe, context, pair->alternative, now, nullptr, 0);
      return;
    }
  }
  const Wavelet word = TakeWord(pe, context, channel, now);
  const uint32_t entry_point = router::EntryPoint(word.payload);
  if (word.control) {
    pe.thread.task_id =
        static_cast<int>(pe.program->ControlEntry(entry_point, channel.control_table));
  }
  const TaskEntry& entry = word.control
                               ? pe.program->ControlTask(entry_point, channel.control_table)
                               : pe.program->DataTask(channel.task_id);
  uint32_t args[2];
  const size_t count =
      Arguments(entry, word.payload, word.control ? entry_point : word.payload >> 16, args);
  StartFunction(pe, context, static_cast<uint32_t>(entry.function), now, args, count);
}

// Ids whose channel has a word for the picker; channel_of[id] is the channel.
uint64_t ReadyChannels(const PeState& pe, std::array<uint8_t, kNumTaskIds>* channel_of) {
  uint64_t ids = 0;
  for (uint32_t rest = pe.visible; rest != 0; rest &= rest - 1) {
    const int number = __builtin_ctz(rest);
    const Channel& channel = *pe.FindChannel(number);
    if (Classify(pe, channel) == Word::kNothing) continue;
    ids |= uint64_t{1} << channel.task_id;
    if (channel_of != nullptr) (*channel_of)[channel.task_id] = static_cast<uint8_t>(number);
  }
  return ids;
}

bool CommandIsReady(const PeState& pe, int64_t now) {
  return pe.command != kNoCommand && pe.command_cycle <= now && !pe.command_stream_blocked;
}

}  // namespace

void FaultAt(PeState& pe, Fault fault, int64_t cycle) {
  pe.fault = fault;
  pe.fault_position = pe.thread.position;
  pe.phase = Phase::kFaulted;
  pe.wake_cycle = cycle;
}

bool StartNextHandler(PeState& pe, int64_t now) {
  if (pe.rare == nullptr || pe.rare->handlers.empty()) return false;
  const uint16_t function = pe.rare->handlers.front();
  pe.rare->handlers.erase(pe.rare->handlers.begin());
  const uint64_t instructions = pe.thread.instructions;
  const uint64_t elements = pe.thread.vector_elements;
  const uint32_t first = pe.thread.function;
  const Fault fault = EnterTask(pe, function, now, nullptr, 0);
  // It is the same task.
  pe.thread.function = first;
  pe.thread.instructions = instructions;
  pe.thread.vector_elements = elements;
  if (!fault.ok()) FaultAt(pe, fault, now);
  return true;
}

namespace {

// Marked input queues that are empty. What has ended an operation does not count.
uint8_t EmptyInputs(const PeState& pe) {
  const uint32_t marks = pe.rare->input_flush_marks;
  uint32_t held = marks & pe.visible;
  for (uint32_t rest = held; rest != 0; rest &= rest - 1) {
    const int number = __builtin_ctz(rest);
    const ChannelWords& words = pe.FindChannel(number)->words;
    if (words.size() == 1 && words.front_is_spent()) held &= ~(1u << number);
  }
  return static_cast<uint8_t>(marks & ~held);
}

}  // namespace

bool FlushIsDue(const PeState& pe) {
  if (pe.rare == nullptr) return false;
  return EmptyInputs(pe) != 0 || (pe.rare->output_flush_marks & ~pe.output_words) != 0;
}

void FlushQueues(PeState& pe) {
  if (!FlushIsDue(pe)) return;
  RareState& rare = *pe.rare;
  const uint8_t inputs = EmptyInputs(pe);
  const auto outputs = static_cast<uint8_t>(rare.output_flush_marks & ~pe.output_words);
  rare.input_flush_marks &= static_cast<uint8_t>(~inputs);
  rare.output_flush_marks &= static_cast<uint8_t>(~outputs);
  rare.inputs_flushed |= inputs;
  rare.outputs_flushed |= outputs;
  pe.tasks.Activate(kTeardownTask);
}

void PickTask(PeState& pe, RunContext& context, int64_t now) {
  const int system_id = isa::LimitsOf(context.machine->arch).memcpy_task_id;
  while (pe.phase == Phase::kIdle) {
    std::array<uint8_t, kNumTaskIds> channel_of;
    const uint64_t channels = pe.visible == 0 ? 0 : ReadyChannels(pe, &channel_of);
    const bool command = CommandIsReady(pe, now);
    uint64_t more = channels;
    if (command) more |= uint64_t{1} << system_id;
    const uint64_t active = pe.tasks.active;
    const int last_picked = pe.tasks.last_picked;
    const int id = pe.tasks.Pick(more);
    if (id < 0) return;
    pe.thread.task_id = id;
    pe.thread.start_cycle = now;
    if ((channels >> id & 1) != 0) {
      // The local task with that id, if it is active too, stays so.
      pe.tasks.active = active;
      Channel& channel = *pe.FindChannel(channel_of[static_cast<size_t>(id)]);
      if (Classify(pe, channel) == Word::kDropped) {
        // Nothing was picked.
        pe.tasks.last_picked = last_picked;
        const uint32_t entry = router::EntryPoint(TakeWord(pe, context, channel, now).payload);
        if (entry != router::kNoEntryPoint) pe.dropped_entry_point = static_cast<uint8_t>(entry);
        context.NoteUntil(now + 1);
        continue;
      }
      StartChannelTask(pe, context, channel, now);
    } else if (command && id == system_id) {
      pe.tasks.active = active;
      TakeCommand(pe, context, now);
    } else {
      StartLocalTask(pe, context, id, now);
    }
  }
}

bool TaskIsReady(const PeState& pe, int64_t now) {
  if ((pe.tasks.active & ~pe.tasks.blocked) != 0) return true;
  if (CommandIsReady(pe, now + 1)) return true;
  return pe.visible != 0 && ReadyChannels(pe, nullptr) != 0;
}

}  // namespace csl::fabric::pe
