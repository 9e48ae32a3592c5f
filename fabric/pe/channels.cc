// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/channels.h"

#include "base/check.h"

namespace csl::fabric::pe {
namespace {

using isa::Arch;

// Whether a color without an input queue has an implicit channel (WSE-2).
bool HasImplicitChannel(const Program& program, int color, uint64_t blocked) {
  if (program.arch != Arch::kWse2) return false;
  if (program.shared_queues.has_color(color)) return true;
  if (program.DataTask(color).bound()) return true;
  // A local task that has the color's number says little of the color.
  const bool is_local = program.local_tasks[static_cast<size_t>(color)].bound();
  return (blocked >> color & 1) == 0 && (!is_local || program.has_control_tasks);
}

Channel& AddChannel(PeState& pe, int number) {
  pe.channel_slot[static_cast<size_t>(number)] = static_cast<int8_t>(pe.channels.size());
  Channel channel;
  channel.number = static_cast<uint8_t>(number);
  channel.task_id = channel.number;
  pe.channels.Add(channel, pe.arena);
  return pe.channels[pe.channels.size() - 1];
}

// At the start.
size_t NumChannels(const Program& program) {
  const image::TileConfiguration& configuration = program.image.configuration;
  size_t count = 0;
  uint32_t bound = 0;
  for (const image::InputQueue& queue : configuration.input_queues) {
    if (program.shared_queues.has(queue)) continue;
    ++count;
    if (queue.color < 24) bound |= 1u << queue.color;
  }
  for (int color = 0; color < 24; ++color) {
    const bool is_bound = (bound >> color & 1) != 0;
    count += !is_bound && HasImplicitChannel(program, color, configuration.blocked_tasks) ? 1 : 0;
  }
  return count;
}

Channel& AddImplicitChannel(PeState& pe, int color) {
  Channel& channel = AddChannel(pe, kFirstImplicitChannel + color);
  channel.color = static_cast<uint8_t>(color);
  channel.priority = pe.program->shared_queues.priority[static_cast<size_t>(color)];
  channel.task_id = channel.color;
  channel.filter_enable = true;
  return channel;
}

const Channel* ChannelOfColor(const PeState& pe, int color) {
  for (const Channel& channel : pe.channels) {
    if (channel.color == color) return &channel;
  }
  return nullptr;
}

int ImplicitWords(const Program& program, int color) {
  const image::SharedQueues& shared = program.shared_queues;
  if (!shared.has_color(color)) return isa::MachineCostsOf(program.arch).implicit_queue_words;
  const uint8_t queue = shared.first_queue[static_cast<size_t>(color)];
  return isa::kInputQueueWords[static_cast<size_t>(program.arch)][queue];
}

// Call when a channel is new or its task id changed.
void UpdateTaskChannels(PeState& pe) {
  pe.task_channels = 0;
  for (const Channel& channel : pe.channels) {
    if (pe.program->DataTask(channel.task_id).bound()) pe.task_channels |= 1u << channel.number;
  }
}

void BindImplicit(PeState& pe, RunContext& context, int color) {
  if (pe.FindChannel(kFirstImplicitChannel + color) == nullptr) AddImplicitChannel(pe, color);
  UpdateTaskChannels(pe);
  context.router->BindChannel(pe.local, color, kFirstImplicitChannel + color,
                              ImplicitWords(*pe.program, color), true);
}

}  // namespace

void ConfigureRouter(const Program& program, uint32_t local, router::RouterShard& router) {
  const image::TileConfiguration& configuration = program.image.configuration;
  const size_t arch = static_cast<size_t>(program.arch);
  for (const image::LocalColor& color : configuration.local_colors) {
    router.SetColor(local, color.color, color.config);
  }
  uint32_t bound = 0;
  for (const image::InputQueue& queue : configuration.input_queues) {
    if (queue.color >= 24 || program.shared_queues.has(queue)) continue;
    bound |= 1u << queue.color;
    router.BindChannel(local, queue.color, queue.queue, isa::kInputQueueWords[arch][queue.queue],
                       queue.filter_enable);
  }
  for (int color = 0; color < 24; ++color) {
    if ((bound >> color & 1) == 0 &&
        HasImplicitChannel(program, color, configuration.blocked_tasks)) {
      router.BindChannel(local, color, kFirstImplicitChannel + color, ImplicitWords(program, color),
                         true);
    }
  }
}

void InitChannels(PeState& pe) {
  const Program& program = *pe.program;
  const image::TileConfiguration& configuration = program.image.configuration;
  const size_t arch = static_cast<size_t>(program.arch);
  pe.channel_slot.fill(-1);
  pe.channels.Reserve(NumChannels(program), pe.arena);
  for (const image::InputQueue& queue : configuration.input_queues) {
    if (program.shared_queues.has(queue)) continue;
    Channel& channel = AddChannel(pe, queue.queue);
    channel.color = queue.color;
    if (program.arch == Arch::kWse2) channel.task_id = queue.color;
    channel.priority = queue.priority;
    channel.control_table = queue.control_table;
    channel.dense = queue.dense;
    channel.filter_enable = queue.filter_enable;
  }
  for (int color = 0; color < 24; ++color) {
    if (ChannelOfColor(pe, color) == nullptr &&
        HasImplicitChannel(program, color, configuration.blocked_tasks)) {
      AddImplicitChannel(pe, color);
    }
  }
  UpdateTaskChannels(pe);
  const int queues = isa::LimitsOf(program.arch).num_output_queues;
  pe.outputs.Reserve(static_cast<size_t>(queues), pe.arena);
  for (int i = 0; i < queues; ++i) {
    OutputQueue queue;
    queue.number = static_cast<uint8_t>(i);
    queue.depth = isa::kOutputQueueWords[arch][static_cast<size_t>(i)];
    pe.outputs.Add(queue, pe.arena);
  }
  for (const image::OutputQueue& queue : configuration.output_queues) {
    pe.outputs[queue.queue].color = queue.color;
    pe.outputs[queue.queue].dense = queue.dense;
  }
}

void UpdateImplicitChannel(PeState& pe, RunContext& context, int id) {
  if (pe.program->arch != Arch::kWse2 || id >= 24) return;
  for (const Channel& channel : pe.channels) {
    if (channel.color == id && channel.number < kFirstImplicitChannel) return;
  }
  if (HasImplicitChannel(*pe.program, id, pe.tasks.blocked)) {
    BindImplicit(pe, context, id);
  } else {
    context.router->UnbindChannel(pe.local, id);
  }
}

int QueueOfColor(const PeState& pe, int color) {
  if (color >= 24) return -1;
  const Channel* channel = ChannelOfColor(pe, color);
  return channel == nullptr || channel->number >= kFirstImplicitChannel ? -1 : channel->number;
}

int ChannelOfInput(const PeState& pe, int queue, int color) {
  const image::SharedQueues& shared = pe.program->shared_queues;
  if (queue < isa::kMaxQueues) {
    const auto number = static_cast<size_t>(queue);
    const Channel* own = pe.FindChannel(queue);
    if (shared.colors_of[number] == 0) return own == nullptr ? -1 : queue;
    // INPUT_QUEUE_CONFIG has bound it.
    const bool has_color = own != nullptr && own->color != isa::kNoColor;
    if (has_color && (color == isa::kNoColor || color == own->color)) return queue;
    if (color == isa::kNoColor) color = shared.first_color[number];
  } else if (queue != isa::kNoQueue) {
    return -1;
  }
  if (!shared.has_color(color)) return queue == isa::kNoQueue ? QueueOfColor(pe, color) : -1;
  for (int own = 0; queue == isa::kNoQueue && own < isa::kMaxQueues; ++own) {
    const Channel* channel = pe.FindChannel(own);
    if (channel != nullptr && channel->color == color) return own;
  }
  return kFirstImplicitChannel + color;
}

void BindInputQueue(PeState& pe, RunContext& context, int queue, int color, bool filter_enable) {
  Channel* channel = pe.FindChannel(queue);
  if (channel == nullptr) channel = &AddChannel(pe, queue);
  const int before = channel->color;
  channel->color = static_cast<uint8_t>(color);
  channel->filter_enable = filter_enable;
  if (color < 24 && pe.program->arch == Arch::kWse2) channel->task_id = channel->color;
  UpdateTaskChannels(pe);
  if (before < 24 && before != color) {
    context.router->UnbindChannel(pe.local, before);
    UpdateImplicitChannel(pe, context, before);
  }
  if (color >= 24) return;
  const size_t arch = static_cast<size_t>(pe.program->arch);
  context.router->BindChannel(pe.local, color, queue,
                              isa::kInputQueueWords[arch][static_cast<size_t>(queue)],
                              filter_enable);
}

void FailArrival(const PeState& pe, int number) {
  CHECK(false) << "channel " << number << " of PE " << pe.index;
  __builtin_unreachable();
}

void RoomIsThere(PeState& pe, int color) {
  for (OutputQueue& queue : pe.outputs) {
    if (!queue.words.empty() && queue.words.front().color == color) queue.waits_for_room = false;
  }
}

void TornDown(PeState& pe, int color) {
  pe.lone = nullptr;
  pe.teardown_pending |= 1u << color;
  pe.tasks.Activate(kTeardownTask);
}

void Collide(PeState& pe, RunContext& context, const router::Collision& collision) {
  if (pe.phase == Phase::kFaulted) return;
  pe.lone = nullptr;
  pe.phase = Phase::kFaulted;
  pe.fault = {FaultKind::kCollision, uint32_t{collision.color} |
                                         static_cast<uint32_t>(collision.first) << 8 |
                                         static_cast<uint32_t>(collision.second) << 16};
  pe.wake_cycle = kNever;
  context.messages.push_back({collision.cycle, pe.index, PeMessage::Kind::kFault});
}

}  // namespace csl::fabric::pe
