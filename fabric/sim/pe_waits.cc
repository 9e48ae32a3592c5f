// SPDX-License-Identifier: Apache-2.0
#include "fabric/sim/pe_waits.h"

#include <fmt/format.h>

#include <bit>

#include "fabric/isa/instruction.h"
#include "fabric/pe/program.h"

namespace csl::fabric {
namespace {

using pe::VectorOperand;

// The FIFO that an operand reads or writes, if it keeps the operation waiting.
void AppendFifo(const pe::PeState& pe, const VectorOperand& operand, bool is_destination,
                std::string* out) {
  if (operand.mode != VectorOperand::Mode::kFifo || operand.queue >= pe.fifos.size()) return;
  if (!is_destination && pe.fifos[operand.queue].count == 0) {
    *out += ", elements of " + FifoName(pe, operand.queue);
  }
  if (is_destination && pe.fifos[operand.queue].wanted_room != 0) {
    *out += ", room in " + FifoName(pe, operand.queue);
  }
}

// What the next group of an operation lacks; empty if nothing that can be told.
std::string Lacks(const pe::PeState& pe, const pe::VectorRun& run) {
  std::string out;
  for (uint32_t left = run.inputs; left != 0; left &= left - 1) {
    const pe::Channel* channel = pe.FindChannel(std::countr_zero(left));
    if (channel == nullptr) continue;
    if (channel->words.size() < run.group_wavelets) {
      out += ", wavelets in " + ChannelName(*channel);
    } else if (channel->words.front().control) {
      out += fmt::format(", a task to take the control wavelet at the head of {}",
                         ChannelName(*channel));
    }
  }
  for (uint32_t left = run.outputs; left != 0; left &= left - 1) {
    const size_t queue = static_cast<size_t>(std::countr_zero(left));
    if (queue < pe.outputs.size() && pe.outputs[queue].full()) {
      out += ", room in " + OutputQueueName(pe.outputs[queue]);
    }
  }
  AppendFifo(pe, run.dest, true, &out);
  AppendFifo(pe, run.src0, false, &out);
  AppendFifo(pe, run.src1, false, &out);
  return out.empty() ? out : out.substr(2);
}

void AppendRun(const pe::PeState& pe, const pe::VectorRun& run, const std::string& thread,
               bool is_blocked, std::string* out) {
  const std::string lacks = is_blocked ? "being unblocked" : Lacks(pe, run);
  if (lacks.empty()) return;
  const std::string progress = run.length == pe::kEndless
                                   ? fmt::format("{} elements", run.done)
                                   : fmt::format("{} of {} elements", run.done, run.length);
  *out +=
      fmt::format("; {}: {} in {} has done {} and waits for {}", thread,
                  isa::Info(run.opcode).mnemonic, pe.program->Place(run.position), progress, lacks);
}

void AppendChannel(const pe::PeState& pe, const pe::Channel& channel, std::string* out) {
  if (channel.words.empty() || IsRead(pe, channel.number)) return;
  *out += fmt::format("; {} holds {} wavelets", ChannelName(channel), channel.words.size());
  const int32_t function = pe.program->TaskFunction(channel.task_id);
  if (function == pe::kNoFunction) {
    *out += ", and no operation or task takes them";
  } else if ((pe.tasks.blocked >> channel.task_id & 1) != 0) {
    *out += fmt::format(" for task {} {}, which is blocked", channel.task_id,
                        pe.program->FunctionName(function));
  }
}

}  // namespace

std::string ChannelName(const pe::Channel& channel) {
  if (channel.number >= pe::kFirstImplicitChannel) return fmt::format("color {}", channel.color);
  if (channel.color == isa::kNoColor) return fmt::format("input queue {}", channel.number);
  return fmt::format("input queue {} (color {})", channel.number, channel.color);
}

std::string OutputQueueName(const pe::OutputQueue& queue) {
  const uint8_t color = queue.words.empty() ? queue.color : queue.words.front().color;
  if (color == isa::kNoColor) return fmt::format("output queue {}", queue.number);
  return fmt::format("output queue {} (color {})", queue.number, color);
}

std::string FifoName(const pe::PeState& pe, size_t id) {
  const image::ProgramImage& image = pe.program->image;
  for (const image::Fifo& fifo : image.configuration.fifos) {
    if (fifo.id != id) continue;
    for (const image::Symbol& symbol : image.symbols) {
      const bool holds_it = symbol.kind == image::Symbol::Kind::kVariable &&
                            symbol.value == fifo.base && symbol.size_bytes != 0;
      if (holds_it) return fmt::format("FIFO {} ({})", id, symbol.name);
    }
  }
  return fmt::format("FIFO {}", id);
}

bool IsRead(const pe::PeState& pe, int channel) {
  uint32_t inputs = pe.main_run == nullptr ? 0 : pe.main_run->inputs;
  for (const pe::VectorRun* run : pe.microthreads) {
    if (run != nullptr) inputs |= run->inputs;
  }
  return (inputs >> channel & 1) != 0;
}

std::string DescribeWaits(const pe::PeState& pe) {
  std::string out;
  if (pe.main_run != nullptr) AppendRun(pe, *pe.main_run, "main thread", false, &out);
  for (size_t i = 0; i < pe.microthreads.size(); ++i) {
    if ((pe.microthreads_active >> i & 1) == 0 || pe.microthreads[i] == nullptr) continue;
    AppendRun(pe, *pe.microthreads[i], fmt::format("microthread {}", i),
              (pe.microthreads_blocked >> i & 1) != 0, &out);
  }
  for (const pe::Channel& channel : pe.channels) AppendChannel(pe, channel, &out);
  for (const pe::OutputQueue& queue : pe.outputs) {
    if (queue.words.empty()) continue;
    out += fmt::format("; {} holds {} wavelets that the router does not take",
                       OutputQueueName(queue), queue.words.size());
  }
  for (const pe::StreamState& stream : pe.streams) {
    out += fmt::format("; the host's stream of color {} has moved {} of {} wavelets", stream.color,
                       stream.moved, stream.words);
  }
  return out;
}

}  // namespace csl::fabric
