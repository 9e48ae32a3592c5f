// SPDX-License-Identifier: Apache-2.0
// Data structure registers: loading, changing, stepping; length registers of FIFOs.
#include <algorithm>

#include "fabric/reference/main_thread.h"

namespace csl::fabric::reference {
namespace {

using isa::Descriptor;
using isa::DsdKind;
using isa::Opcode;

Descriptor& Dsr(Ce& ce, uint8_t file, uint8_t number) { return ce.dsrs[file][number]; }

Fault LoadDescriptor(Ce& ce, uint32_t address, uint8_t flags, Descriptor* dsr) {
  // The smallest descriptors have isa::kDsdBytes.
  if (address + isa::kDsdBytes > kMemoryBytes) return {FaultKind::kBadAddress, address};
  const uint8_t* bytes = ce.memory.data() + address;
  const auto word = static_cast<uint16_t>(bytes[0] | bytes[1] << 8);
  const uint32_t size = isa::DsdBytes(isa::DsdHeader::Decode(word).kind);
  if (address + size > kMemoryBytes) return {FaultKind::kBadAddress, address};
  auto descriptor = Descriptor::Decode({bytes, size});
  if (!descriptor.ok()) return {FaultKind::kBadDescriptor, word};
  *dsr = *std::move(descriptor);
  dsr->load_flags = flags;
  return {};
}

void SetAsync(Ce& ce, const isa::Instruction& i) {
  Descriptor& dsr = Dsr(ce, i.a, i.b);
  if (!dsr.is_fabric()) return;
  const isa::AsyncSettings settings = isa::AsyncSettings::Decode(i.e);
  isa::AsyncSettings& to = dsr.async;
  const uint32_t* r = ce.regs();
  to.is_async = to.is_async || settings.is_async;
  if (settings.completion != isa::AsyncAction::kNone) {
    to.completion = settings.completion;
    dsr.completion_id = i.c == isa::kNoRegister ? 0 : static_cast<uint16_t>(r[i.c]);
  }
  if (settings.on_control != isa::AsyncAction::kNone) {
    to.on_control = settings.on_control;
    dsr.on_control_id = i.d == isa::kNoRegister ? 0 : static_cast<uint16_t>(r[i.d]);
  }
  if (settings.priority != 0) to.priority = settings.priority;
  if (settings.microthread != 15) to.microthread = settings.microthread;
}

// The base one element further. Dimensions whose faster ones are complete step as well.
void StepBase(Descriptor* dsr, int element_bytes) {
  ++dsr->stepped;
  if (!dsr->is_memory()) return;
  size_t d = 0;
  uint32_t elements = dsr->extent[0];
  while (d + 1 < dsr->header.dimensions && elements != 0 && dsr->stepped % elements == 0) {
    ++d;
    elements *= dsr->extent[d];
  }
  int base = dsr->base + dsr->stride[d] * element_bytes;
  if (dsr->kind() == DsdKind::kCircbuf && base >= dsr->wrap_end) {
    base = dsr->wrap_start;
  } else if (dsr->kind() == DsdKind::kCircbuf && base < dsr->wrap_start) {
    base = dsr->wrap_end - element_bytes;
  }
  dsr->base = static_cast<uint16_t>(base);
}

bool IsPut(Opcode opcode) { return opcode == Opcode::kDsrPutH || opcode == Opcode::kDsrPutW; }
bool IsGet(Opcode opcode) { return opcode == Opcode::kDsrGetH || opcode == Opcode::kDsrGetW; }

// Finds the channel or queue of a fabric DSR the way a vector operation does.
Fault FindQueue(const Ce& ce, const Descriptor& dsr, size_t* queue) {
  const bool output = dsr.kind() == DsdKind::kFabout;
  const bool wse2 = ce.shared->arch == isa::Arch::kWse2;
  *queue = dsr.queue;
  if (!output) {
    const int channel = dsr.queue == isa::kNoQueue ? kNoChannel : ce.ChannelOfInput(dsr);
    if (channel == kNoChannel) return {FaultKind::kQueueNotBound, dsr.queue};
    *queue = static_cast<size_t>(channel);
    return {};
  }
  if (dsr.queue >= kNumQueues || ce.outputs[dsr.queue].words.words() == 0 ||
      (wse2 ? dsr.color : ce.outputs[dsr.queue].color) >= kNumColors) {
    return {FaultKind::kOutputQueueNotBound, dsr.queue};
  }
  return {};
}

Executed StepMemory(Ce& ce, Descriptor& dsr, int bytes, bool is_put, uint32_t* reg) {
  const bool ok = is_put ? ce.Store(dsr.base, bytes, *reg) : ce.Load(dsr.base, bytes, reg);
  if (!ok) return {false, 0, {FaultKind::kBadAddress, dsr.base}};
  StepBase(&dsr, bytes);
  return {};
}

// The next wavelet of a fabin; an element of 16 bits is the low half of its own wavelet.
Executed GetFromFabric(Ce& ce, Descriptor& dsr, int bytes, uint32_t* reg, int64_t t) {
  size_t queue = 0;
  const Fault fault = FindQueue(ce, dsr, &queue);
  if (!fault.ok()) return {false, 0, fault};
  const Wavelet* head = ce.channels[queue].At(t);
  const bool is_element = head != nullptr && (!head->control || dsr.header.control_transform);
  if (!is_element) {
    // A control wavelet for nobody is dropped, which takes a cycle.
    if (head != nullptr && EntryPoint(head->payload) == kNoEntryPoint) {
      ce.channels[queue].Pop(t);
      ce.shared->NoteUntil(t + 1);
    }
    return {true, 0, {}};
  }
  const Wavelet wavelet = ce.channels[queue].Pop(t);
  uint32_t value = wavelet.payload;
  if (wavelet.control) value = (value ^ uint32_t{ce.control_transform_mask} << 16) | 1u << 31;
  *reg = bytes == 2 ? value & 0xffff : value;
  StepBase(&dsr, bytes);
  return {};
}

Executed PutToFabric(Ce& ce, Descriptor& dsr, int bytes, uint32_t value, int64_t t) {
  size_t queue = 0;
  const Fault fault = FindQueue(ce, dsr, &queue);
  if (!fault.ok()) return {false, 0, fault};
  Buffer<OutputWord>& words = ce.outputs[queue].words;
  if (!words.HasRoom(t)) return {true, 0, {}};
  StepBase(&dsr, bytes);
  Wavelet wavelet;
  wavelet.payload = value;
  if (bytes == 2) {
    wavelet.payload &= 0xffff;
    if (dsr.header.wavelet_index_offset) wavelet.payload |= uint32_t{dsr.index} << 16;
  }
  wavelet.control = dsr.header.control;
  if (dsr.header.control_transform && (wavelet.payload >> 31 & 1) != 0) {
    wavelet.control = true;
    wavelet.payload = (wavelet.payload & 0x3fffffff) ^ uint32_t { ce.control_transform_mask } << 16;
  }
  wavelet.advance = dsr.header.advance_switch && dsr.stepped == dsr.extent[0];
  words.Push({wavelet, dsr.color}, t + ce.shared->costs().ramp_out_cycles);
  return {};
}

Executed SingleStep(Ce& ce, const isa::Instruction& i, int64_t t) {
  Descriptor& dsr = Dsr(ce, i.b, i.c);
  uint32_t* reg = &ce.regs()[i.a];
  const bool wide = i.opcode() == Opcode::kDsrGetW || i.opcode() == Opcode::kDsrPutW;
  const int bytes = wide ? 4 : 2;
  const bool is_put = IsPut(i.opcode());
  if (dsr.is_memory()) return StepMemory(ce, dsr, bytes, is_put, reg);
  if (!is_put && dsr.kind() == DsdKind::kFabin) return GetFromFabric(ce, dsr, bytes, reg, t);
  if (is_put && dsr.kind() == DsdKind::kFabout) return PutToFabric(ce, dsr, bytes, *reg, t);
  return {false, 0, {FaultKind::kBadDsr, i.c}};
}

Executed FifoLength(Ce& ce, const isa::Instruction& i) {
  const uint32_t id = ce.regs()[i.a] & 0xffff;
  if (id >= ce.fifos.size() || ce.fifos[id].setting.capacity == 0) {
    return {false, 0, {FaultKind::kNoFifo, id}};
  }
  Fifo& fifo = ce.fifos[id];
  const auto length = static_cast<uint16_t>(ce.regs()[i.b]);
  (i.opcode() == Opcode::kFifoRlen ? fifo.read_length : fifo.write_length) = length;
  return {};
}

// Elements left.
Executed ReadLength(Ce& ce, const isa::Instruction& i) {
  const Descriptor& dsr = Dsr(ce, i.b, i.c);
  if (dsr.kind() == DsdKind::kNone) return {false, 0, {FaultKind::kBadDsr, i.c}};
  uint32_t length = dsr.Length();
  if (dsr.kind() == DsdKind::kFifo && dsr.base < ce.fifos.size()) {
    const Fifo& fifo = ce.fifos[dsr.base];
    const bool is_dest = i.b == static_cast<uint8_t>(isa::DsrFile::kDest);
    length = is_dest ? fifo.write_length : fifo.read_length;
  }
  const uint32_t left = length > dsr.stepped ? length - dsr.stepped : 0;
  ce.regs()[i.a] = std::min<uint32_t>(left, 0xffff);
  return {};
}

}  // namespace

bool StepIsReady(const Ce& ce, const isa::Instruction& i, int64_t t) {
  if (!IsGet(i.opcode()) && !IsPut(i.opcode())) return true;
  const Descriptor& dsr = ce.dsrs[i.b][i.c];
  size_t queue = 0;
  if (!dsr.is_fabric() || !FindQueue(ce, dsr, &queue).ok()) return true;  // a fault
  if (IsPut(i.opcode())) {
    return dsr.kind() != DsdKind::kFabout || ce.outputs[queue].words.HasRoom(t);
  }
  const Wavelet* head = ce.channels[queue].At(t);
  if (head == nullptr) return false;
  return !head->control || dsr.header.control_transform ||
         EntryPoint(head->payload) == kNoEntryPoint;
}

Executed ExecuteDsr(Ce& ce, const isa::Instruction& i, int64_t t) {
  const uint32_t* r = ce.regs();
  switch (i.opcode()) {
    case Opcode::kDsrLoad: {
      const uint32_t address = ((i.c == isa::kNoRegister ? 0 : r[i.c]) + i.e) & 0xffff;
      return {false, 0, LoadDescriptor(ce, address, i.d, &Dsr(ce, i.a, i.b))};
    }
    case Opcode::kDsrLoadx: {
      const uint32_t address = (i.c == isa::kNoRegister ? 0 : r[i.c]) & 0xffff;
      const auto flags = static_cast<uint8_t>(i.e >> 12);
      return {false, 0, LoadDescriptor(ce, address, flags, &Dsr(ce, i.a, i.b))};
    }
    case Opcode::kDsrAsync:
      SetAsync(ce, i);
      return {};
    case Opcode::kDsrIndex: {
      Descriptor& dsr = Dsr(ce, i.b, i.c);
      if (!dsr.header.wavelet_index_offset) return {};
      dsr.index = static_cast<uint16_t>(r[i.a]);
      if (dsr.is_memory()) dsr.base = static_cast<uint16_t>(dsr.base + 2 * dsr.index);
      return {};
    }
    case Opcode::kDsrBase:
      Dsr(ce, i.b, i.c).base = static_cast<uint16_t>(r[i.a]);
      return {};
    case Opcode::kDsrLen:
      return ReadLength(ce, i);
    case Opcode::kFifoRlen:
    case Opcode::kFifoWlen:
      return FifoLength(ce, i);
    default:
      return SingleStep(ce, i, t);
  }
}

}  // namespace csl::fabric::reference
