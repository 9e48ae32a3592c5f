// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/picker.h"

#include <algorithm>

#include "fabric/reference/host_command.h"
#include "fabric/reference/main_thread.h"

namespace csl::fabric::reference {
namespace {

using image::TaskKind;

// Entry of the control task table for a wavelet of a channel.
int ControlEntry(const Ce& ce, int channel, const Wavelet& wavelet) {
  const image::TileConfiguration& c = ce.program->image.configuration;
  int entry = static_cast<int>(EntryPoint(wavelet.payload));
  if (c.separate_control_table && channel < kNumQueues) {
    entry += ce.inputs[static_cast<size_t>(channel)].control_table * c.control_table_stride;
  }
  return entry;
}

const image::TaskBinding* ControlTask(const Ce& ce, int channel, const Wavelet& wavelet) {
  if (EntryPoint(wavelet.payload) == kNoEntryPoint) return nullptr;
  return ce.program->FindTask(TaskKind::kControl, ControlEntry(ce, channel, wavelet));
}

// The picker has something to do with the head of this channel: data for its task, or a control
// wavelet, be it only to drop it.
bool ChannelIsReady(const Ce& ce, int channel, int64_t t) {
  const Wavelet* head = ce.channels[static_cast<size_t>(channel)].At(t);
  const int id = ce.IdOfChannel(channel);
  if (head == nullptr || id < 0 || ce.IsBlocked(id)) return false;
  return head->control || ce.program->IsBound(TaskKind::kData, id);
}

// What is ready, by id.
struct Ready {
  std::array<int, kNumTaskIds> channel;  // kNoChannel: none
  bool command = false;
  uint64_t ids = 0;
};

Ready FindReady(const Ce& ce, int64_t t, int64_t seen) {
  Ready ready;
  ready.channel.fill(kNoChannel);
  ready.ids = ce.active & ~ce.blocked;
  for (int channel = kNumChannels - 1; channel >= 0; --channel) {
    if (!ChannelIsReady(ce, channel, seen)) continue;
    const int id = ce.IdOfChannel(channel);
    ready.channel[static_cast<size_t>(id)] = channel;
    ready.ids |= uint64_t{1} << id;
  }
  ready.command = ce.command != kNoCommand && ce.command_cycle <= t && !ce.command_stream_blocked;
  if (ready.command) {
    ready.ids |= uint64_t{1} << isa::LimitsOf(ce.shared->arch).memcpy_task_id;
  }
  return ready;
}

int Choose(const Ce& ce, uint64_t ids) {
  if ((ids & ce.high_priority) != 0) ids &= ce.high_priority;
  for (int k = 1; k <= kNumTaskIds; ++k) {
    const int id = (ce.last_picked + k) % kNumTaskIds;
    if ((ids >> id & 1) != 0) return id;
  }
  return -1;
}

std::vector<uint32_t> Arguments(const image::TaskBinding& task, uint32_t payload) {
  const uint8_t first = task.param_bits[0];
  if (first == 0) return {};
  std::vector<uint32_t> args = {payload & 0xffff};
  if (task.kind == TaskKind::kControl) {
    if (task.param_bits[1] != 0) args.push_back(EntryPoint(payload));
  } else if (task.param_bits[1] != 0) {
    args.push_back(payload >> 16);
  } else if (first == 32) {
    args[0] = payload;
  }
  return args;
}

// The alternative of rotating tasks runs instead of the data task, and the wavelet stays.
bool RotatesAway(Ce& ce, int id, int64_t t) {
  for (RotatingState& rotating : ce.rotating) {
    if (rotating.setting.data_id != id) continue;
    if (rotating.counter++ != rotating.setting.limit) return false;
    rotating.counter = 0;
    StartTask(ce, id, rotating.setting.alternative, {}, t);
    return true;
  }
  return false;
}

// False: a control wavelet was dropped.
bool PickFromChannel(Ce& ce, int id, int channel, int64_t t) {
  Buffer<Wavelet>& words = ce.channels[static_cast<size_t>(channel)];
  const Wavelet head = *words.At(t);
  if (head.control) {
    words.Pop(t);
    ce.shared->NoteUntil(t + 1);
    const image::TaskBinding* task = ControlTask(ce, channel, head);
    if (task == nullptr) return false;
    ce.last_picked = id;
    StartTask(ce, task->id, task->function, Arguments(*task, head.payload), t);
    return true;
  }
  ce.last_picked = id;
  if (RotatesAway(ce, id, t)) return true;
  words.Pop(t);
  const image::TaskBinding* task = ce.program->FindTask(TaskKind::kData, id);
  StartTask(ce, id, task->function, Arguments(*task, head.payload), t);
  return true;
}

// Moves the elements of this PE's part of a copy. The pointer is read now.
Fault CopyElements(Ce& ce, const HostCommand& command, uint32_t pointer_address) {
  uint32_t at = 0;
  if (!ce.Load(pointer_address, 2, &at)) return {FaultKind::kBadCopy, pointer_address};
  for (int l = 0; l < command.elements_per_pe; ++l) {
    const size_t word = command.WordIndex(ce.x, ce.y, l);
    const bool ok = command.is_in()
                        ? ce.Store(at, command.element_bytes, command.data[word])
                        : ce.Load(at, command.element_bytes, &command.destination[word]);
    if (!ok) return {FaultKind::kBadCopy, at};
    at += static_cast<uint32_t>(command.element_bytes);
  }
  return {};
}

// The system task is busy for so long with a copy or the opening of a stream.
void ServeCommand(Ce& ce, int64_t cycles, int64_t t) {
  MainThread& main = ce.main;
  main.task_id = isa::LimitsOf(ce.shared->arch).memcpy_task_id;
  main.start_cycle = t;
  main.host_copy = true;
  main.phase = Phase::kEnding;
  main.at = t + cycles;
  ce.port_open_from = std::max(ce.port_open_from, t + ce.shared->costs().task_switch_port_cycles);
  main.active_until = main.at;
}

// False: the PE ignores the launch.
bool TakeCommand(Ce& ce, int id, int64_t t) {
  const HostCommand& command = *ce.shared->command;
  ce.command = kNoCommand;
  ce.command_cycle = kNever;
  ce.last_picked = id;
  if (command.is_stream()) {
    ServeCommand(ce, ce.shared->copy_start_cycles, t);
    ce.stream_open_from = ce.main.at;
    return true;
  }
  const image::ProgramExport* exported = ce.program->image.FindExport(command.export_id);
  if (command.is_launch()) {
    ce.command_stream_blocked = true;
    if (exported == nullptr) {
      UnblockCommandStream(ce, t);
      return false;
    }
    ce.launched_function = exported->value;
    StartTask(ce, id, exported->value, command.args, t);
    return true;
  }
  const Fault fault = exported == nullptr ? Fault{FaultKind::kNoSuchExport, command.export_id}
                                          : CopyElements(ce, command, exported->value);
  if (!fault.ok()) {
    ce.Stop(fault, ce.main.position, t);
    return true;
  }
  const int64_t per_word = ce.shared->copy_cycles_per_word;
  ServeCommand(ce, ce.shared->copy_start_cycles + per_word * command.elements_per_pe, t);
  ce.shared->done.push_back({t, ce.index});
  return true;
}

// Task 29: the handlers of pending colors, then of flushed queues. False: there is nothing to run.
bool StartHandlers(Ce& ce, int64_t t) {
  std::vector<uint32_t> functions;
  for (const image::Handler& handler : ce.program->image.configuration.handlers) {
    bool due = false;
    if (handler.kind == image::Handler::Kind::kTeardown) {
      due = (ce.teardown_pending >> handler.id & 1) != 0;
      ce.teardown_pending &= ~(1u << handler.id);
    } else {
      const bool input = handler.kind == image::Handler::Kind::kEmptyInputQueue;
      due = ((input ? ce.flushed_inputs : ce.flushed_outputs) >> handler.id & 1) != 0;
    }
    if (due) functions.push_back(handler.function);
  }
  if (functions.empty()) return false;
  const uint32_t first = functions.front();
  functions.erase(functions.begin());
  ce.main.functions_left = functions;
  StartTask(ce, kTeardownTask, first, {}, t);
  return true;
}

// False: picking took no time.
bool PickLocal(Ce& ce, int id, int64_t t) {
  ce.active &= ~(uint64_t{1} << id);
  ce.last_picked = id;
  const image::TaskBinding* task = ce.program->FindTask(TaskKind::kLocal, id);
  if (task == nullptr && id == kTeardownTask) return StartHandlers(ce, t);
  if (task == nullptr) {
    ce.main.task_id = id;
    ce.Stop({FaultKind::kUnboundTask, static_cast<uint32_t>(id)}, ce.main.position, t);
    return true;
  }
  StartTask(ce, id, task->function, {}, t);
  return true;
}

}  // namespace

void Pick(Ce& ce, int64_t t) {
  for (;;) {
    const Ready ready = FindReady(ce, t, t);
    const int id = Choose(ce, ready.ids);
    if (id < 0) return;
    ce.counters.touched = true;
    const int channel = ready.channel[static_cast<size_t>(id)];
    const bool is_command = ready.command && id == isa::LimitsOf(ce.shared->arch).memcpy_task_id;
    const bool picked = channel != kNoChannel ? PickFromChannel(ce, id, channel, t)
                        : is_command          ? TakeCommand(ce, id, t)
                                              : PickLocal(ce, id, t);
    if (picked) return;
  }
}

bool SomethingIsReady(const Ce& ce, int64_t t, int64_t seen) {
  return FindReady(ce, t, seen).ids != 0;
}

namespace {

// What has ended an operation does not count.
bool IsEmpty(const Buffer<Wavelet>& channel, int64_t t) {
  const Wavelet* head = channel.At(t);
  return head == nullptr || (head->spent && channel.At(t, 1) == nullptr);
}

}  // namespace

void FindFlushed(Ce& ce, int64_t t) {
  for (size_t q = 0; q < kNumQueues; ++q) {
    if (ce.inputs[q].flush && IsEmpty(ce.channels[q], t)) {
      ce.inputs[q].flush = false;
      ce.flushed_inputs |= static_cast<uint8_t>(1 << q);
      ce.Activate(kTeardownTask);
    }
    if (ce.outputs[q].flush && ce.outputs[q].words.empty()) {
      ce.outputs[q].flush = false;
      ce.flushed_outputs |= static_cast<uint8_t>(1 << q);
      ce.Activate(kTeardownTask);
    }
  }
}

bool CanFlush(const Ce& ce, int64_t t) {
  for (size_t q = 0; q < kNumQueues; ++q) {
    if (ce.inputs[q].flush && IsEmpty(ce.channels[q], t)) return true;
    if (ce.outputs[q].flush && ce.outputs[q].words.empty()) return true;
  }
  return false;
}

}  // namespace csl::fabric::reference
