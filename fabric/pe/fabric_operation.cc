// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/fabric_operation.h"

#include <algorithm>

#include "fabric/pe/channels.h"
#include "fabric/pe/fifo.h"
#include "fabric/pe/one_by_one.h"
#include "fabric/pe/program.h"

namespace csl::fabric::pe {
namespace {

using Mode = VectorOperand::Mode;

constexpr uint32_t kTransformBit = 0x80000000;

uint16_t TransformMask(const PeState& pe) {
  return pe.rare == nullptr ? 0 : pe.rare->control_transform_mask;
}

// The next group of an operation.
struct Group {
  uint32_t elements;
  int wavelets;  // of each fabric operand
};

bool IsElement(const Wavelet& word, const VectorOperand& operand) {
  return !word.control || operand.header.control_transform;
}

Group NextGroup(const PeState& pe, const VectorRun& run) {
  uint32_t elements = std::min<uint32_t>(run.group_elements, run.length - run.done);
  if (run.group_wavelets == 2) {
    // A control wavelet that is not an element behind the first wavelet makes a group of one.
    for (const VectorOperand* operand : {&run.src0, &run.src1}) {
      if (operand->mode != Mode::kFabin) continue;
      const auto& words = pe.FindChannel(operand->queue)->words;
      if (words.size() > 1 && !IsElement(words.at(1), *operand)) {
        elements = std::min<uint32_t>(elements, run.packed ? 2 : 1);
      }
    }
  }
  return {elements, static_cast<int>(run.packed ? (elements + 1) / 2 : elements)};
}

// What a fabric input makes of its head.
enum class Head : uint8_t {
  kData,
  kNone,
  kControl,  // a control wavelet that the operation deals with
  kHeld,     // one that it does not
};

Head HeadOf(const PeState& pe, const VectorRun& run, const VectorOperand& operand, int wavelets) {
  const Channel& channel = *pe.FindChannel(operand.queue);
  if (channel.words.size() < 1) return Head::kNone;
  const Wavelet& head = channel.words.front();
  if (run.opcode == isa::Opcode::kVDfilt) return Head::kControl;
  for (int i = 0; i < wavelets; ++i) {
    if (i >= channel.words.size()) return Head::kNone;
    if (!IsElement(channel.words.at(i), operand)) {
      if (i > 0) return Head::kData;
      if (run.async.on_control != isa::AsyncAction::kNone) return Head::kControl;
      return router::EntryPoint(head.payload) == router::kNoEntryPoint ? Head::kControl
                                                                       : Head::kHeld;
    }
  }
  return Head::kData;
}

Readiness ReadinessOfFifos(PeState& pe, const VectorRun& run, uint32_t elements, bool arms) {
  for (const VectorOperand* operand : {&run.src0, &run.src1, &run.dest}) {
    if (operand->mode != Mode::kFifo) continue;
    const bool is_dest = operand == &run.dest;
    if (FifoHas(pe, operand->queue, is_dest, elements)) continue;
    if (arms) MarkFifoWait(pe, operand->queue, is_dest, elements);
    return FifoStops(pe, operand->queue, is_dest, run.is_async) ? Readiness::kStopped
                                                                : Readiness::kWaiting;
  }
  return Readiness::kReady;
}

// The wavelets of a group as they come from the inputs.
struct Words {
  Wavelet src0[2];
  Wavelet src1[2];
};

void TakeInputs(PeState& pe, RunContext& context, const VectorOperand& operand, int wavelets,
                int64_t now, Wavelet* words) {
  if (operand.mode != Mode::kFabin) return;
  Channel& channel = *pe.FindChannel(operand.queue);
  for (int i = 0; i < wavelets; ++i) {
    const Wavelet word = TakeWord(pe, context, channel, now);
    words[i].payload = TransformedIn(pe, word);
  }
}

// Element `i` of a group as an operand has it.
bool Fetch(PeState& pe, const VectorRun& run, VectorOperand& operand, const Wavelet* words,
           uint32_t i, uint32_t* value) {
  switch (operand.mode) {
    case Mode::kMemory: {
      const uint32_t address = operand.cursor.at();
      operand.cursor.Next();
      return LoadElement(pe, address, operand.element_bytes, value);
    }
    case Mode::kFabin: {
      const uint32_t payload = words[run.packed ? i / 2 : i].payload;
      *value = !run.packed || operand.element_bytes == 4
                   ? (operand.element_bytes == 4 ? payload : payload & 0xffff)
                   : (i % 2 == 0 ? payload & 0xffff : payload >> 16);
      return true;
    }
    case Mode::kFifo:
      return PopFifo(pe, operand.queue, value);
    default:
      *value = operand.scalar;
      return true;
  }
}

bool Put(PeState& pe, VectorOperand& dest, uint32_t value) {
  if (dest.mode == Mode::kFifo) return PushFifo(pe, dest.queue, value);
  const uint32_t address = dest.cursor.at();
  if (dest.mode == Mode::kMemory) dest.cursor.Next();
  return dest.element_bytes == 4 ? pe.memory.Store<uint32_t>(address, value)
                                 : pe.memory.Store<uint16_t>(address, static_cast<uint16_t>(value));
}

// Sends the values of a group.
void SendGroup(PeState& pe, const VectorRun& run, const uint32_t* values, uint32_t count, bool ends,
               int64_t now) {
  const uint32_t high = run.dest.header.wavelet_index_offset ? uint32_t{run.dest.index} << 16 : 0;
  const uint32_t step = run.packed ? 2 : 1;
  for (uint32_t i = 0; i < count; i += step) {
    uint32_t payload = values[i];
    if (run.packed) {
      payload = (values[i] & 0xffff) | (i + 1 < count ? values[i + 1] << 16 : 0);
    } else if (run.dest.element_bytes == 2) {
      payload = (values[i] & 0xffff) | high;
    }
    SendWord(pe, run.dest.queue, run.dest.color, run.dest.header, payload,
             ends && i + step >= count, now);
  }
}

}  // namespace

uint32_t TransformedIn(const PeState& pe, const Wavelet& word) {
  if (!word.control) return word.payload;
  return (word.payload ^ (uint32_t{TransformMask(pe)} << 16)) | kTransformBit;
}

void SendWord(PeState& pe, int number, uint8_t color, const isa::DsdHeader& header,
              uint32_t payload, bool is_last, int64_t now) {
  Wavelet wavelet{payload, header.control, header.advance_switch && is_last};
  if (header.control_transform && (payload & kTransformBit) != 0) {
    wavelet.control = true;
    wavelet.payload = (payload & 0x3fffffff) ^ (uint32_t{TransformMask(pe)} << 16);
  }
  PushInto(pe, pe.outputs[static_cast<size_t>(number)],
           {wavelet.payload, color, wavelet.control, wavelet.advance}, now);
}

Readiness ReadinessOfAny(PeState& pe, const VectorRun& run, bool arms_fifos) {
  if (!run.in_fabric_time || run.length == 0) return Readiness::kReady;
  if ((pe.output_full & run.outputs) != 0) return Readiness::kWaiting;
  if ((pe.visible & run.inputs) != run.inputs) return Readiness::kWaiting;
  const auto [elements, wavelets] = NextGroup(pe, run);
  const bool plain =
      wavelets == 1 && (pe.control_heads & run.inputs) == 0 && run.opcode != isa::Opcode::kVDfilt;
  if (!plain) {
    for (const VectorOperand* operand : {&run.src0, &run.src1}) {
      if (operand->mode != Mode::kFabin) continue;
      switch (HeadOf(pe, run, *operand, wavelets)) {
        case Head::kData:
          break;
        case Head::kControl:
          return Readiness::kControl;
        case Head::kNone:
        case Head::kHeld:
          return Readiness::kWaiting;
      }
    }
    if (run.dest.mode == Mode::kFabout) {
      const OutputQueue& queue = pe.outputs[run.dest.queue];
      if (queue.words.size() + wavelets > queue.depth) return Readiness::kWaiting;
    }
  }
  return ReadinessOfFifos(pe, run, elements, arms_fifos);
}

int RunGroup(PeState& pe, RunContext& context, VectorRun* run, int64_t now, Fault* fault) {
  return run->one_by_one ? RunOneByOne(pe, context, run, now, fault)
                         : RunAnyGroup(pe, context, run, now, fault);
}

int RunAnyGroup(PeState& pe, RunContext& context, VectorRun* run, int64_t now, Fault* fault) {
  const uint32_t first = run->done;
  const Group group = NextGroup(pe, *run);
  const uint32_t count =
      run->in_fabric_time ? group.elements
                          : std::min(static_cast<uint32_t>(run->costs.width), run->length - first);
  const bool has_fabric = run->inputs != 0 || run->outputs != 0;
  const int cycles = has_fabric ? run->costs.FabricGroupCycles(first, static_cast<int>(count))
                     : run->in_fabric_time || count == 0
                         ? 1
                         : run->costs.CyclesOf(first / static_cast<uint32_t>(run->costs.width));
  if (!run->in_fabric_time) {
    *fault = RunElements(pe, run, first + count);
    return cycles;
  }
  const int wavelets = group.wavelets;
  Words words;
  TakeInputs(pe, context, run->src0, wavelets, now, words.src0);
  TakeInputs(pe, context, run->src1, wavelets, now, words.src1);
  uint32_t values[4];
  const bool running = run->is_running_scalar();
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t a = 0;
    uint32_t b = 0;
    const uint32_t address0 = run->src0.cursor.at();
    const uint32_t address1 = run->src1.cursor.at();
    if (!Fetch(pe, *run, run->src0, words.src0, i, &a)) {
      *fault = {FaultKind::kBadAddress, address0};
      return cycles;
    }
    if (!Fetch(pe, *run, run->src1, words.src1, i, &b)) {
      *fault = {FaultKind::kBadAddress, address1};
      return cycles;
    }
    values[i] = run->element(a, b, run->scalar, &pe.carry);
    if (running) run->src0.scalar = values[i];
    if (run->dest.mode == Mode::kFabout) continue;
    if (run->holds_result && first + i + 1 != run->length) continue;
    const uint32_t address = run->dest.cursor.at();
    if (!Put(pe, run->dest, values[i])) {
      *fault = {FaultKind::kBadAddress, address};
      return cycles;
    }
  }
  run->done += count;
  if (run->dest.mode == Mode::kFabout) {
    SendGroup(pe, *run, values, count, run->done == run->length, now);
  }
  return cycles;
}

bool TakeControl(PeState& pe, RunContext& context, VectorRun* run, int64_t now) {
  for (const VectorOperand* operand : {&run->src0, &run->src1}) {
    if (operand->mode != Mode::kFabin) continue;
    if (HeadOf(pe, *run, *operand, 1) != Head::kControl) continue;
    Channel& channel = *pe.FindChannel(operand->queue);
    const bool ends = run->async.on_control != isa::AsyncAction::kNone;
    const uint32_t bit = 1u << channel.number;
    if (ends && run->opcode != isa::Opcode::kVDfilt && (pe.task_channels & bit) == 0) {
      channel.words.Spend();
      pe.control_heads &= ~bit;
      return true;
    }
    const Wavelet word = TakeWord(pe, context, channel, now);
    if (run->opcode == isa::Opcode::kVDfilt) {
      return word.control && run->controls_left != kEndless && --run->controls_left == 0;
    }
    return ends;
  }
  return false;
}

void DropSpent(PeState& pe, RunContext& context, const VectorRun& run, int64_t now) {
  if (run.async.on_control == isa::AsyncAction::kNone) return;
  for (uint32_t rest = run.inputs; rest != 0; rest &= rest - 1) {
    Channel& channel = *pe.FindChannel(__builtin_ctz(rest));
    if (channel.words.front_is_spent()) (void)TakeWord(pe, context, channel, now);
  }
}

Fault StopAtFifo(PeState& pe, VectorRun* run, bool* completed) {
  for (const VectorOperand* operand : {&run->src0, &run->src1, &run->dest}) {
    if (operand->mode != Mode::kFifo) continue;
    const bool is_dest = operand == &run->dest;
    if (FifoHas(pe, operand->queue, is_dest, NextGroup(pe, *run).elements)) continue;
    const image::FifoAction action = ActionOf(pe, operand->queue, is_dest);
    if (action == image::FifoAction::kFault) {
      return {is_dest ? FaultKind::kFifoFull : FaultKind::kFifoEmpty, operand->queue};
    }
    *completed = action != image::FifoAction::kTestOrSuspend;
    FifoState& fifo = pe.fifos[operand->queue];
    const uint32_t left = run->length == kEndless
                              ? isa::kEndlessExtent
                              : std::min<uint32_t>(run->length - run->done, 0xffff);
    (is_dest ? fifo.write_length : fifo.read_length) = static_cast<uint16_t>(left);
    return {};
  }
  return {};
}

}  // namespace csl::fabric::pe
