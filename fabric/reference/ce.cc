// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/ce.h"

#include <algorithm>

#include "fabric/reference/config_words.h"
#include "fabric/reference/main_thread.h"
#include "fabric/reference/microthreads.h"
#include "fabric/reference/picker.h"
#include "fabric/reference/router.h"

namespace csl::fabric::reference {
namespace {

// The head of one output queue goes into the ring of the router's ramp input.
void RampOut(Ce& ce, int64_t t) {
  for (int k = 0; k < kNumQueues; ++k) {
    const int q = (ce.next_output_queue + k) % kNumQueues;
    OutputQueue& queue = ce.outputs[static_cast<size_t>(q)];
    const OutputWord* head = queue.words.At(t);
    if (head == nullptr) continue;
    const uint8_t color = ce.shared->arch == isa::Arch::kWse2 ? head->color : queue.color;
    if (color >= kNumColors) continue;
    Buffer<Wavelet>& ring = ce.router->RingFor(color, kRamp);
    if (!ring.HasRoom(t)) continue;
    ring.Push(queue.words.Pop(t).wavelet, t + ce.shared->costs().hop_cycles);
    ce.next_output_queue = (q + 1) % kNumQueues;
    ce.shared->NoteUntil(t + 1);
    return;
  }
}

bool CanRampOut(const Ce& ce) {
  for (const OutputQueue& queue : ce.outputs) {
    const OutputWord* head = queue.words.At(kAllVisible);
    if (head == nullptr) continue;
    const uint8_t color = ce.shared->arch == isa::Arch::kWse2 ? head->color : queue.color;
    if (color < kNumColors && ce.router->RingFor(color, kRamp).HasRoom(kAllVisible)) return true;
  }
  return false;
}

void InitQueues(Ce& ce, const image::TileConfiguration& configuration) {
  const auto arch = static_cast<size_t>(ce.shared->arch);
  const isa::MachineCosts& costs = ce.shared->costs();
  for (size_t q = 0; q < kNumQueues; ++q) {
    ce.channels[q] = Buffer<Wavelet>(isa::kInputQueueWords[arch][q], costs.ramp_credit_cycles);
    ce.outputs[q].words = Buffer<OutputWord>(isa::kOutputQueueWords[arch][q], 0);
  }
  for (size_t c = kNumQueues; c < kNumChannels; ++c) {
    ce.channels[c] = Buffer<Wavelet>(costs.implicit_queue_words, costs.ramp_credit_cycles);
  }
  const image::SharedQueues& shared = ce.program->shared_queues;
  for (const image::InputQueue& q : configuration.input_queues) {
    if (shared.has(q)) {
      ce.channels[kNumQueues + q.color] = Buffer<Wavelet>(
          isa::kInputQueueWords[arch][shared.first_queue[q.color]], costs.ramp_credit_cycles);
      continue;
    }
    ce.inputs[q.queue] = {q.color, q.priority, q.control_table, q.dense, q.filter_enable, false};
  }
  for (const image::OutputQueue& q : configuration.output_queues) {
    ce.outputs[q.queue].color = q.color;
    ce.outputs[q.queue].dense = q.dense;
  }
}

}  // namespace

bool Ce::Load(uint32_t address, int bytes, uint32_t* value) const {
  if (address + static_cast<uint32_t>(bytes) > kMemoryBytes) return false;
  *value = 0;
  for (int i = 0; i < bytes; ++i) {
    *value |= uint32_t{memory[address + static_cast<uint32_t>(i)]} << (8 * i);
  }
  return true;
}

bool Ce::Store(uint32_t address, int bytes, uint32_t value) {
  if (address + static_cast<uint32_t>(bytes) > kMemoryBytes) return false;
  for (int i = 0; i < bytes; ++i) {
    memory[address + static_cast<uint32_t>(i)] = static_cast<uint8_t>(value >> (8 * i));
  }
  return true;
}

int Ce::ChannelOfColor(int color) const {
  for (int q = 0; q < kNumQueues; ++q) {
    if (inputs[static_cast<size_t>(q)].color == color) return q;
  }
  if (shared->arch != isa::Arch::kWse2) return kNoChannel;
  const bool has_local = program->IsBound(image::TaskKind::kLocal, color);
  const bool wanted = program->shared_queues.has_color(color) ||
                      program->IsBound(image::TaskKind::kData, color) ||
                      (!IsBlocked(color) && (!has_local || program->HasControlTasks()));
  return wanted ? kNumQueues + color : kNoChannel;
}

int Ce::ChannelOfInput(const isa::Descriptor& fabin) const {
  const image::SharedQueues& shared_queues = program->shared_queues;
  int color = fabin.color;
  if (fabin.queue == isa::kNoQueue) {
    const int channel = ChannelOfColor(color);
    return channel < kNumQueues || shared_queues.has_color(color) ? channel : kNoChannel;
  }
  if (fabin.queue >= kNumQueues) return kNoChannel;
  const uint8_t own = inputs[fabin.queue].color;
  if (own != isa::kNoColor) {
    if (color == isa::kNoColor || color == own) return fabin.queue;
    if (shared_queues.colors_of[fabin.queue] == 0) return fabin.queue;
  }
  if (shared_queues.colors_of[fabin.queue] == 0) return kNoChannel;
  if (color == isa::kNoColor) color = shared_queues.first_color[fabin.queue];
  return shared_queues.has_color(color) ? kNumQueues + color : kNoChannel;
}

int Ce::ColorOfChannel(int channel) const {
  return channel < kNumQueues ? inputs[static_cast<size_t>(channel)].color : channel - kNumQueues;
}

int Ce::IdOfChannel(int channel) const {
  if (shared->arch == isa::Arch::kWse3) return channel < kNumQueues ? channel : -1;
  const int color = ColorOfChannel(channel);
  return color < kNumColors ? color : -1;
}

bool Ce::FilterEnabled(int color) const {
  for (const InputQueue& queue : inputs) {
    if (queue.color == color) return queue.filter_enable;
  }
  return true;
}

void Ce::Stop(Fault why, uint32_t position, int64_t t) {
  if (main.phase == Phase::kFaulted) return;
  fault = why;
  fault_position = position;
  fault_cycle = t;
  main.phase = Phase::kFaulted;
}

void Ce::Log(int64_t t, LogLevel level, std::string text) const {
  shared->log.push_back({index, {t, level, std::move(text), {}}});
}

void Ce::NoteActive(int64_t until) {
  counters.touched = true;
  counters.last_active_cycle = std::max(counters.last_active_cycle, until);
}

void InitCe(Ce& ce) {
  const image::TileConfiguration& configuration = ce.program->image.configuration;
  ce.memory = ce.program->memory;
  ce.main.regs.assign(kMaxRegisterFile + isa::kMaxRegisters + 1, 0);
  const auto dsrs = static_cast<size_t>(isa::LimitsOf(ce.shared->arch).virtual_dsrs_per_file);
  for (auto& file : ce.dsrs) file.resize(dsrs);
  for (const image::InitialDsr& dsr : configuration.dsrs) {
    ce.dsrs[static_cast<size_t>(dsr.file)][dsr.number] = dsr.descriptor;
  }
  ce.active = configuration.active_tasks;
  ce.blocked = configuration.blocked_tasks;
  ce.high_priority = configuration.high_priority_tasks;
  ce.blocked_microthreads = configuration.blocked_microthreads;
  ce.prng.fill(kPrngSeed);
  InitQueues(ce, configuration);
  ce.fifos.resize(static_cast<size_t>(isa::LimitsOf(ce.shared->arch).num_fifos));
  for (const image::Fifo& fifo : configuration.fifos) ce.fifos[fifo.id].setting = fifo;
  for (const image::RotatingTasks& r : configuration.rotating_tasks) {
    ce.rotating.push_back({r, r.init});
  }
  for (const image::ConfigWord& word : configuration.words) {
    (void)WriteConfigWord(ce, word.address, word.value, 0);
  }
  ce.counters.touched = (ce.active & ~ce.blocked) != 0;
}

void StepCe(Ce& ce, int64_t t) {
  if (ce.command_cycle <= t) ce.counters.touched = true;
  if (ce.main.phase == Phase::kFaulted) return;
  RampOut(ce, t);
  FindFlushed(ce, t);
  StepMicrothreads(ce, t);
  if (ce.main.phase == Phase::kFaulted) return;
  StepTask(ce, t);
  if (ce.main.phase == Phase::kIdle) Pick(ce, t);
}

bool CanDoSomething(const Ce& ce, int64_t t) {
  if (ce.main.phase == Phase::kFaulted) return false;
  if (CanRampOut(ce) || CanFlush(ce, kAllVisible) || MicrothreadCanStep(ce, t)) return true;
  if (ce.main.phase == Phase::kIdle) return SomethingIsReady(ce, t, kAllVisible);
  return TaskCanStep(ce, t);
}

}  // namespace csl::fabric::reference
