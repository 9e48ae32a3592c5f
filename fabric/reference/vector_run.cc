// SPDX-License-Identifier: Apache-2.0
// Group after group of a vector operation.
#include "fabric/reference/vector_run.h"

#include <algorithm>

#include "fabric/reference/ce.h"
#include "fabric/reference/vector_value.h"

namespace csl::fabric::reference {
namespace {

using Kind = Operand::Kind;

const Buffer<Wavelet>& ChannelOf(const Ce& ce, const Operand& fabin) {
  return ce.channels[static_cast<size_t>(fabin.unit)];
}

const Fifo& FifoOf(const Ce& ce, const Operand& operand) {
  return ce.fifos[static_cast<size_t>(operand.unit)];
}
Fifo& FifoOf(Ce& ce, const Operand& operand) { return ce.fifos[static_cast<size_t>(operand.unit)]; }

bool IsElement(const Operand& fabin, const Wavelet& wavelet) {
  return !wavelet.control || fabin.descriptor.header.control_transform;
}

// Elements of the next group.
uint32_t GroupSize(const Ce& ce, const VectorRun& run, int64_t t) {
  if (run.length == 0) return 0;
  const uint32_t left = run.length == kEndless ? kEndless : run.length - run.done;
  if (run.opcode == isa::Opcode::kVDfilt) return 1;
  if (!run.has_fabric()) {
    return run.has_fifo() ? 1 : std::min(left, static_cast<uint32_t>(run.width));
  }
  const uint32_t per_wavelet = run.packed ? 2 : 1;
  bool two = run.two_wavelets;
  for (const Operand* o : {&run.src0, &run.src1}) {
    if (o->kind != Kind::kFabin) continue;
    // A control wavelet behind the first one will never be an element.
    const Wavelet* second = ChannelOf(ce, *o).At(t, 1);
    if (second != nullptr && !IsElement(*o, *second)) two = false;
  }
  return std::min(left, two ? 2 * per_wavelet : per_wavelet);
}

size_t WaveletsOf(const VectorRun& run, uint32_t elements) {
  return run.packed ? (elements + 1) / 2 : elements;
}

bool HasAction(const VectorRun& run) { return run.on_control != isa::AsyncAction::kNone; }

// Whether the wavelet at the head is a control wavelet that the operation removes.
bool DealsWithControl(const VectorRun& run, const Operand& fabin, const Wavelet& head) {
  if (!head.control) return false;
  if (HasAction(run)) return true;
  return !IsElement(fabin, head) && EntryPoint(head.payload) == kNoEntryPoint;
}

bool FifoReady(const Ce& ce, const Operand& operand, bool is_dest, uint32_t elements) {
  if (operand.kind != Kind::kFifo) return true;
  const Fifo& fifo = FifoOf(ce, operand);
  return (is_dest ? fifo.room() : fifo.count) >= elements;
}

// The FIFO that is not ready, the sources' first; null: all are.
const Operand* UnreadyFifo(const Ce& ce, const VectorRun& run, uint32_t elements) {
  if (!FifoReady(ce, run.src0, false, elements)) return &run.src0;
  if (!FifoReady(ce, run.src1, false, elements)) return &run.src1;
  return FifoReady(ce, run.dest, true, elements) ? nullptr : &run.dest;
}

bool FabricReady(const Ce& ce, const VectorRun& run, uint32_t elements, int64_t t) {
  const size_t wavelets = WaveletsOf(run, elements);
  for (const Operand* o : {&run.src0, &run.src1}) {
    if (o->kind != Kind::kFabin) continue;
    for (size_t i = 0; i < wavelets; ++i) {
      const Wavelet* wavelet = ChannelOf(ce, *o).At(t, i);
      if (wavelet == nullptr || !IsElement(*o, *wavelet)) return false;
    }
  }
  if (run.dest.kind != Kind::kFabout) return true;
  return ce.outputs[static_cast<size_t>(run.dest.unit)].words.HasRoom(t, wavelets);
}

image::FifoAction ActionOf(const Fifo& fifo, bool is_dest) {
  return is_dest ? fifo.setting.full_action : fifo.setting.empty_action;
}

bool WaitsForFifo(const VectorRun& run, image::FifoAction action) {
  if (action == image::FifoAction::kTestOrSuspend) return run.is_async;
  return action == image::FifoAction::kSuspend;
}

}  // namespace

Next NextOf(const Ce& ce, const VectorRun& run, int64_t t) {
  if (run.length == 0) return Next::kGroup;
  if (run.opcode == isa::Opcode::kVDfilt) {
    return ChannelOf(ce, run.src1).At(t) == nullptr ? Next::kWait : Next::kGroup;
  }
  for (const Operand* o : {&run.src0, &run.src1}) {
    if (o->kind != Kind::kFabin) continue;
    const Wavelet* head = ChannelOf(ce, *o).At(t);
    if (head != nullptr && DealsWithControl(run, *o, *head)) return Next::kControl;
  }
  const uint32_t elements = GroupSize(ce, run, t);
  if (!FabricReady(ce, run, elements, t)) return Next::kWait;
  const Operand* unready = UnreadyFifo(ce, run, elements);
  if (unready == nullptr) return Next::kGroup;
  const bool is_dest = unready == &run.dest;
  return WaitsForFifo(run, ActionOf(FifoOf(ce, *unready), is_dest)) ? Next::kWait : Next::kFifoStop;
}

void DropSpent(Ce& ce, const VectorRun& run, int64_t t) {
  if (!HasAction(run) || run.length == 0) return;
  for (const Operand* o : {&run.src0, &run.src1}) {
    if (o->kind != Kind::kFabin) continue;
    const Wavelet* head = ChannelOf(ce, *o).At(t);
    if (head != nullptr && head->spent) ce.channels[static_cast<size_t>(o->unit)].Pop(t);
  }
}

void NoteFifo(Ce& ce, const VectorRun& run, int64_t t) {
  if (!run.has_fifo() || run.length == 0) return;
  const uint32_t elements = GroupSize(ce, run, t);
  if (!FabricReady(ce, run, elements, t)) return;
  const Operand* unready = UnreadyFifo(ce, run, elements);
  if (unready == nullptr) return;
  Fifo& fifo = FifoOf(ce, *unready);
  (unready == &run.dest ? fifo.pop_wanted : fifo.push_wanted) = elements;
}

namespace {

// One group under way: wavelets taken and wavelets made.
class Group {
 public:
  Group(Ce& ce, VectorRun& run, uint32_t elements, int64_t t)
      : ce_(ce), run_(run), elements_(elements), t_(t) {}

  Fault Run();
  int cycles() const { return cycles_; }

 private:
  void TakeWavelets(const Operand& operand, std::vector<Wavelet>* wavelets);
  bool Read(Operand& operand, const std::vector<Wavelet>& wavelets, uint32_t k, uint32_t* value,
            uint32_t* address);
  bool Write(uint32_t value, uint32_t* address);
  uint32_t FromWavelet(const Operand& operand, const Wavelet& wavelet, uint32_t k) const;
  void Send(bool is_last_group);
  int FindCycles() const;
  bool SourcesConflict() const;

  Ce& ce_;
  VectorRun& run_;
  const uint32_t elements_;
  const int64_t t_;
  int cycles_ = 1;
  std::vector<Wavelet> in0_;
  std::vector<Wavelet> in1_;
  std::vector<uint32_t> out_;  // elements, for a fabric output
};

bool Group::SourcesConflict() const {
  const Operand& a = run_.src0;
  const Operand& b = run_.src1;
  if (!a.is_memory() || !b.is_memory()) return false;
  if (a.descriptor.stride[0] == 0 || b.descriptor.stride[0] == 0) return false;
  // As if the fastest dimension had no end and rings did not wrap.
  const auto bank_half = [&](const Operand& o) {
    const int64_t offset = int64_t{run_.done} * o.descriptor.stride[0] * o.element_bytes;
    return (o.descriptor.base + offset) >> 2 & 1;
  };
  return bank_half(a) == bank_half(b);
}

int Group::FindCycles() const {
  if (elements_ == 0) return 1;
  if (run_.has_fifo() && !run_.has_fabric()) return 1;
  const int n = static_cast<int>(elements_);
  const int cycles = std::max(1, (n + run_.width - 1) / run_.width);
  const bool twice = run_.misaligned || SourcesConflict();
  return twice ? cycles * ce_.shared->costs().bank_conflict_factor : cycles;
}

void Group::TakeWavelets(const Operand& operand, std::vector<Wavelet>* wavelets) {
  if (operand.kind != Kind::kFabin) return;
  for (size_t i = 0; i < WaveletsOf(run_, elements_); ++i) {
    wavelets->push_back(ce_.channels[static_cast<size_t>(operand.unit)].Pop(t_));
  }
}

uint32_t Group::FromWavelet(const Operand& operand, const Wavelet& wavelet, uint32_t k) const {
  uint32_t payload = wavelet.payload;
  if (wavelet.control) {
    payload = (payload ^ uint32_t{ce_.control_transform_mask} << 16) | 1u << 31;
  }
  if (operand.element_bytes == 4) return payload;
  return run_.packed && k % 2 == 1 ? payload >> 16 : payload & 0xffff;
}

bool Group::Read(Operand& operand, const std::vector<Wavelet>& wavelets, uint32_t k,
                 uint32_t* value, uint32_t* address) {
  switch (operand.kind) {
    case Kind::kMemory:
      *address = operand.cursor.address();
      if (!ce_.Load(*address, operand.element_bytes, value)) return false;
      operand.cursor.Next();
      return true;
    case Kind::kFabin:
      *value = FromWavelet(operand, wavelets[run_.packed ? k / 2 : k], k);
      return true;
    case Kind::kFifo: {
      Fifo& fifo = FifoOf(ce_, operand);
      *address = fifo.FrontAddress();
      const int bytes = std::min<int>(operand.element_bytes, fifo.setting.element_bytes);
      if (!ce_.Load(*address, bytes, value)) return false;
      const uint8_t task = fifo.Popped();
      if (task != image::kNoTask) ce_.Activate(task);
      return true;
    }
    default:
      *value = operand.scalar;
      return true;
  }
}

bool Group::Write(uint32_t value, uint32_t* address) {
  Operand& dest = run_.dest;
  switch (dest.kind) {
    case Kind::kFabout:
      out_.push_back(dest.element_bytes == 2 ? value & 0xffff : value);
      return true;
    case Kind::kFifo: {
      Fifo& fifo = FifoOf(ce_, dest);
      *address = fifo.BackAddress();
      const int bytes = std::min<int>(dest.element_bytes, fifo.setting.element_bytes);
      if (!ce_.Store(*address, bytes, value)) return false;
      const uint8_t task = fifo.Pushed();
      if (task != image::kNoTask) ce_.Activate(task);
      return true;
    }
    case Kind::kPointer:
      dest.scalar = value;
      // A FIFO may end the operation early, and the destination stays as it was then.
      if (run_.has_fifo() && run_.done + 1 != run_.length) return true;
      [[fallthrough]];
    default:
      *address = dest.cursor.address();
      if (!ce_.Store(*address, dest.element_bytes, value)) return false;
      dest.cursor.Next();
      return true;
  }
}

// The elements of the group as wavelets of the output queue.
void Group::Send(bool is_last_group) {
  const isa::Descriptor& dsd = run_.dest.descriptor;
  OutputQueue& queue = ce_.outputs[static_cast<size_t>(run_.dest.unit)];
  const size_t step = run_.packed ? 2 : 1;
  for (size_t i = 0; i < out_.size(); i += step) {
    Wavelet wavelet;
    wavelet.payload = out_[i];
    if (run_.packed && i + 1 < out_.size()) wavelet.payload |= out_[i + 1] << 16;
    if (dsd.header.wavelet_index_offset && run_.dest.element_bytes == 2) {
      wavelet.payload |= uint32_t{dsd.index} << 16;
    }
    wavelet.control = dsd.header.control;
    if (dsd.header.control_transform && (wavelet.payload >> 31 & 1) != 0) {
      wavelet.control = true;
      wavelet.payload = (wavelet.payload & 0x3fffffff) ^ uint32_t { ce_.control_transform_mask }
                                                             << 16;
    }
    wavelet.advance = dsd.header.advance_switch && is_last_group && i + step >= out_.size();
    queue.words.Push({wavelet, dsd.color}, t_ + ce_.shared->costs().ramp_out_cycles);
  }
}

Fault Group::Run() {
  cycles_ = FindCycles();
  TakeWavelets(run_.src0, &in0_);
  TakeWavelets(run_.src1, &in1_);
  const auto format = static_cast<isa::arith::Fp16Format>(ce_.program->image.fp16_format);
  for (uint32_t k = 0; k < elements_; ++k) {
    ElementInputs inputs;
    inputs.scalar = run_.scalar;
    inputs.src0_is_single = run_.src0.element_bytes == 4;
    uint32_t address = 0;
    if (!Read(run_.src0, in0_, k, &inputs.src0, &address) ||
        !Read(run_.src1, in1_, k, &inputs.src1, &address)) {
      return {FaultKind::kBadAddress, address};
    }
    const uint32_t value = ElementValue(run_.opcode, format, inputs, &ce_.carry);
    if (!Write(value, &address)) return {FaultKind::kBadAddress, address};
    if (run_.is_running_scalar()) run_.src0.scalar = value;
    ++run_.done;
    ++ce_.events[1];
  }
  if (run_.dest.kind == Kind::kFabout) Send(run_.done == run_.length);
  return {};
}

void Act(Ce& ce, isa::AsyncAction action, uint16_t id) {
  if (action == isa::AsyncAction::kActivate) ce.Activate(id & 63);
  if (action == isa::AsyncAction::kUnblock) ce.Unblock(id & 63);
}

// Addresses saved, sources zeroed: of the elements that were processed.
Fault Finish(Ce& ce, const VectorRun& run) {
  for (const Operand* o : {&run.dest, &run.src0, &run.src1}) {
    if (!o->is_memory() || (o->descriptor.load_flags & isa::kSaveAddress) == 0) continue;
    ce.dsrs[static_cast<size_t>(o->dsr_file)][static_cast<size_t>(o->dsr_number)].base =
        static_cast<uint16_t>(o->cursor.address());
  }
  if (run.dest.kind != Kind::kFabout) return {};
  const isa::ZeroSource zero = run.dest.descriptor.modes.zero;
  if (zero == isa::ZeroSource::kNone) return {};
  const Operand& source = zero == isa::ZeroSource::kFirst ? run.src0 : run.src1;
  if (!source.is_memory()) return {};
  Cursor cursor(source.descriptor, source.element_bytes);
  for (uint32_t k = 0; k < run.done; ++k) {
    if (!ce.Store(cursor.address(), source.element_bytes, 0)) {
      return {FaultKind::kBadAddress, cursor.address()};
    }
    cursor.Next();
  }
  return {};
}

Served ServeControl(Ce& ce, VectorRun& run, int64_t t) {
  Served served;
  for (const Operand* o : {&run.src0, &run.src1}) {
    if (o->kind != Kind::kFabin) continue;
    Buffer<Wavelet>& channel = ce.channels[static_cast<size_t>(o->unit)];
    const Wavelet* head = channel.At(t);
    if (head == nullptr || !DealsWithControl(run, *o, *head)) continue;
    if (!HasAction(run) || ce.program->IsBound(image::TaskKind::kData, ce.IdOfChannel(o->unit))) {
      channel.Pop(t);
    } else {
      channel.Front().control = false;
      channel.Front().spent = true;
    }
    if (!HasAction(run)) return served;
    served.ended = true;
    served.fault = Finish(ce, run);
    Act(ce, run.on_control, run.on_control_id);
    return served;
  }
  return served;
}

Served ServeFifoStop(Ce& ce, VectorRun& run, int64_t t) {
  Served served;
  const Operand* unready = UnreadyFifo(ce, run, GroupSize(ce, run, t));
  const bool is_dest = unready == &run.dest;
  Fifo& fifo = FifoOf(ce, *unready);
  const image::FifoAction action = ActionOf(fifo, is_dest);
  if (action == image::FifoAction::kFault) {
    served.fault = {is_dest ? FaultKind::kFifoFull : FaultKind::kFifoEmpty, fifo.setting.id};
    return served;
  }
  const uint32_t left =
      run.length == kEndless ? uint32_t{isa::kEndlessExtent} : run.length - run.done;
  (is_dest ? fifo.write_length : fifo.read_length) = static_cast<uint16_t>(left);
  served.ended = true;
  served.completed = action != image::FifoAction::kTestOrSuspend;
  served.fault = Finish(ce, run);
  return served;
}

// dfilt: its extent counts control wavelets.
Served ServeFilter(Ce& ce, VectorRun& run, int64_t t) {
  Served served;
  const Wavelet wavelet = ce.channels[static_cast<size_t>(run.src1.unit)].Pop(t);
  if (wavelet.control) ++run.done;
  served.ended = run.done == run.length;
  if (served.ended) Act(ce, run.completion, run.completion_id);
  return served;
}

}  // namespace

Served Serve(Ce& ce, VectorRun& run, Next next, int64_t t) {
  if (next == Next::kControl) return ServeControl(ce, run, t);
  if (next == Next::kFifoStop) return ServeFifoStop(ce, run, t);
  if (run.opcode == isa::Opcode::kVDfilt && run.length > 0) return ServeFilter(ce, run, t);
  Group group(ce, run, GroupSize(ce, run, t), t);
  const uint32_t before = run.done;
  Served served;
  served.fault = group.Run();
  served.elements = static_cast<int>(run.done - before);
  served.cycles = group.cycles();
  if (!served.fault.ok() || run.done != run.length) return served;
  served.ended = true;
  served.fault = Finish(ce, run);
  Act(ce, run.completion, run.completion_id);
  return served;
}

}  // namespace csl::fabric::reference
