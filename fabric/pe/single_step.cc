// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/single_step.h"

#include "fabric/pe/channels.h"
#include "fabric/pe/fabric_operation.h"
#include "fabric/pe/program.h"

namespace csl::fabric::pe {
namespace {

using isa::Descriptor;

bool IsPut(isa::Opcode opcode) {
  return opcode == isa::Opcode::kDsrPutH || opcode == isa::Opcode::kDsrPutW;
}
int BytesOf(isa::Opcode opcode) {
  return opcode == isa::Opcode::kDsrGetW || opcode == isa::Opcode::kDsrPutW ? 4 : 2;
}

// The base one element further. Dimensions whose faster ones are complete step as well.
void StepBase(Descriptor* dsr, int element_bytes) {
  ++dsr->stepped;
  size_t dimension = 0;
  uint32_t elements = dsr->extent[0];
  while (dimension + 1 < dsr->header.dimensions && elements != 0 && dsr->stepped % elements == 0) {
    ++dimension;
    elements *= dsr->extent[dimension];
  }
  int32_t base = dsr->base + dsr->stride[dimension] * element_bytes;
  if (dsr->kind() == isa::DsdKind::kCircbuf && (base >= dsr->wrap_end || base < dsr->wrap_start)) {
    base = base >= dsr->wrap_end ? dsr->wrap_start : dsr->wrap_end - element_bytes;
  }
  dsr->base = static_cast<uint16_t>(base);
}

Fault StepMemory(PeState& pe, Descriptor& dsr, int bytes, bool is_put, uint32_t* reg) {
  const uint32_t address = dsr.base;
  bool ok;
  if (is_put) {
    ok = bytes == 4 ? pe.memory.Store<uint32_t>(address, *reg)
                    : pe.memory.Store<uint16_t>(address, static_cast<uint16_t>(*reg));
  } else if (bytes == 4) {
    ok = pe.memory.Load<uint32_t>(address, reg);
  } else {
    uint16_t half = 0;
    ok = pe.memory.Load<uint16_t>(address, &half);
    if (ok) *reg = half;
  }
  if (!ok) return {FaultKind::kBadAddress, address};
  StepBase(&dsr, bytes);
  return {};
}

// The channel of a fabin with a queue; null: the queue has no color.
const Channel* InputOf(const PeState& pe, const Descriptor& dsr) {
  const int channel = dsr.queue == isa::kNoQueue ? -1 : ChannelOfInput(pe, dsr.queue, dsr.color);
  return channel < 0 ? nullptr : pe.FindChannel(channel);
}
Channel* InputOf(PeState& pe, const Descriptor& dsr) {
  return const_cast<Channel*>(InputOf(static_cast<const PeState&>(pe), dsr));
}

// Whether the DSR has a queue that exists and a color.
Fault CheckQueue(const PeState& pe, const Descriptor& dsr) {
  if (dsr.kind() == isa::DsdKind::kFabin) {
    if (InputOf(pe, dsr) != nullptr) return {};
    return {FaultKind::kQueueNotBound, dsr.queue};
  }
  const bool exists = dsr.queue < pe.outputs.size();
  const bool wse2 = pe.program->arch == isa::Arch::kWse2;
  if (!exists || (wse2 ? dsr.color : pe.outputs[dsr.queue].color) >= 24) {
    return {FaultKind::kOutputQueueNotBound, dsr.queue};
  }
  return {};
}

}  // namespace

bool StepsFabric(PeState& pe, const Inst& inst) { return Dsr(pe, inst.b, inst.c).is_fabric(); }

bool FabricStepIsReady(PeState& pe, RunContext& context, const Inst& inst, int64_t now) {
  const Descriptor& dsr = Dsr(pe, inst.b, inst.c);
  if (!CheckQueue(pe, dsr).ok()) return true;
  if (IsPut(inst.opcode())) {
    return dsr.kind() != isa::DsdKind::kFabout || !pe.outputs[dsr.queue].full();
  }
  if (dsr.kind() != isa::DsdKind::kFabin) return true;
  Channel& channel = *InputOf(pe, dsr);
  if (channel.words.empty()) return false;
  const Wavelet& head = channel.words.front();
  if (!head.control || dsr.header.control_transform) return true;
  if (router::EntryPoint(head.payload) == router::kNoEntryPoint) {
    (void)TakeWord(pe, context, channel, now);
    context.NoteUntil(now + 1);
  }
  return false;
}

bool WaitIsOver(const PeState& pe) {
  const Inst& inst = pe.program->code.insts[pe.thread.position];
  const Descriptor& dsr = pe.dsrs[pe.program->dsr_slot[inst.b][inst.c]];
  if (IsPut(inst.opcode())) return !pe.outputs[dsr.queue].full();
  const Channel* channel = InputOf(pe, dsr);
  if (channel == nullptr || channel->words.empty()) return false;
  const Wavelet& head = channel->words.front();
  return !head.control || dsr.header.control_transform ||
         router::EntryPoint(head.payload) == router::kNoEntryPoint;
}

Fault ExecuteSingleStep(PeState& pe, RunContext& context, const Inst& inst, uint32_t* r,
                        int64_t now) {
  Descriptor& dsr = Dsr(pe, inst.b, inst.c);
  const int bytes = BytesOf(inst.opcode());
  const bool is_put = IsPut(inst.opcode());
  if (dsr.is_memory()) return StepMemory(pe, dsr, bytes, is_put, &r[inst.a]);
  const isa::DsdKind wanted = is_put ? isa::DsdKind::kFabout : isa::DsdKind::kFabin;
  if (dsr.kind() != wanted) return {FaultKind::kBadDsr, inst.c};
  const Fault fault = CheckQueue(pe, dsr);
  if (!fault.ok()) return fault;
  StepBase(&dsr, bytes);
  if (!is_put) {
    const uint32_t value = TransformedIn(pe, TakeWord(pe, context, *InputOf(pe, dsr), now));
    r[inst.a] = bytes == 2 ? value & 0xffff : value;
    return {};
  }
  uint32_t payload = r[inst.a];
  if (bytes == 2) {
    payload &= 0xffff;
    if (dsr.header.wavelet_index_offset) payload |= uint32_t{dsr.index} << 16;
  }
  const OutputQueue& queue = pe.outputs[dsr.queue];
  const uint8_t color = pe.program->arch == isa::Arch::kWse3 ? queue.color : dsr.color;
  SendWord(pe, dsr.queue, color, dsr.header, payload, dsr.stepped == dsr.extent[0], now);
  return {};
}

}  // namespace csl::fabric::pe
