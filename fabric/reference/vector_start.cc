// SPDX-License-Identifier: Apache-2.0
// The issue of a vector operation: operands, length, and what follows from them.
#include <algorithm>

#include "fabric/isa/vector_op.h"
#include "fabric/reference/ce.h"
#include "fabric/reference/vector_run.h"

namespace csl::fabric::reference {
namespace {

using isa::DsdKind;
using isa::DsrFile;
using isa::VectorFlag;
using Kind = Operand::Kind;

bool UsesOutputQueue(const std::optional<VectorRun>& run, int queue) {
  return run.has_value() && run->dest.kind == Kind::kFabout && run->dest.unit == queue;
}

// WSE-2: the lowest queue that is empty and that no operation under way uses, else the lowest that
// no operation uses, else queue 0.
int IdleOutputQueue(const Ce& ce) {
  int unused = -1;
  for (int q = 0; q < kNumQueues; ++q) {
    if (ce.outputs[static_cast<size_t>(q)].words.words() == 0) continue;
    bool used = UsesOutputQueue(ce.main.vector, q);
    for (const Microthread& m : ce.microthreads) used = used || UsesOutputQueue(m.run, q);
    if (used) continue;
    if (ce.outputs[static_cast<size_t>(q)].words.empty()) return q;
    if (unused < 0) unused = q;
  }
  return std::max(unused, 0);
}

Fault FindInput(const Ce& ce, const isa::Descriptor& dsd, Operand* operand) {
  operand->unit = ce.ChannelOfInput(dsd);
  if (operand->unit == kNoChannel) {
    if (dsd.queue == isa::kNoQueue) return {FaultKind::kColorNotBound, dsd.color};
    return {FaultKind::kQueueNotBound, dsd.queue};
  }
  return {};
}

bool TakesThrough(const Operand& operand, int queue) {
  if (operand.kind != Kind::kFabin) return false;
  return (operand.bound_queue < 0 ? operand.unit : operand.bound_queue) == queue;
}

bool IsIdle(const Ce& ce, const VectorRun& issued, int queue) {
  if (ce.microthreads[static_cast<size_t>(queue)].run.has_value()) return false;
  for (const Microthread& m : ce.microthreads) {
    if (!m.run.has_value()) continue;
    if (TakesThrough(m.run->src0, queue) || TakesThrough(m.run->src1, queue)) return false;
  }
  return !TakesThrough(issued.src0, queue) && !TakesThrough(issued.src1, queue);
}

// The queue for an input that names only a color: the first one of the color, else the highest,
// that no operation uses; the first one if there is none.
int IdleInputQueue(const Ce& ce, const VectorRun& issued, int color) {
  const int first = ce.program->shared_queues.first_queue[static_cast<size_t>(color)];
  if (IsIdle(ce, issued, first)) return first;
  for (int queue = kNumQueues - 1; queue >= 0; --queue) {
    if (IsIdle(ce, issued, queue)) return queue;
  }
  return first;
}

// A queue bound by two inputs at once is bound to one color, and to no color are two.
bool BindTogether(const Operand& a, const Operand& b) {
  if (a.bound_queue < 0 || b.bound_queue < 0) return true;
  return (a.bound_queue == b.bound_queue) == (a.unit == b.unit);
}

// Shared queues are the operation's until it ends.
Fault BindSharedQueues(const Ce& ce, VectorRun* run) {
  // One that names its queue is not idle for the other source.
  for (const bool is_named : {true, false}) {
    for (Operand* mine : {&run->src0, &run->src1}) {
      if (mine->kind != Kind::kFabin || mine->unit < kNumQueues) continue;
      const uint8_t queue = mine->descriptor.queue;
      if ((queue != isa::kNoQueue) != is_named) continue;
      mine->bound_queue = is_named ? queue : IdleInputQueue(ce, *run, mine->unit - kNumQueues);
    }
  }
  for (const Operand* mine : {&run->src0, &run->src1}) {
    bool ok = BindTogether(run->src0, run->src1);
    for (const Microthread& m : ce.microthreads) {
      if (!m.run.has_value()) continue;
      ok = ok && BindTogether(*mine, m.run->src0) && BindTogether(*mine, m.run->src1);
    }
    if (!ok && mine->bound_queue >= 0) {
      return {FaultKind::kQueueServesOther, static_cast<uint32_t>(mine->bound_queue)};
    }
  }
  return {};
}

Fault FindOutputQueue(const Ce& ce, const isa::Descriptor& dsd, int* queue) {
  const bool wse2 = ce.shared->arch == isa::Arch::kWse2;
  *queue = dsd.queue;
  if (dsd.queue == isa::kNoQueue) {
    for (int q = 0; !wse2 && q < kNumQueues; ++q) {
      if (ce.outputs[static_cast<size_t>(q)].color == dsd.color) *queue = q;
    }
    if (wse2) *queue = IdleOutputQueue(ce);
  }
  const bool exists =
      *queue < kNumQueues && ce.outputs[static_cast<size_t>(*queue)].words.words() > 0;
  const uint8_t color = wse2     ? dsd.color
                        : exists ? ce.outputs[static_cast<size_t>(*queue)].color
                                 : isa::kNoColor;
  if (!exists || color >= kNumColors) {
    return {FaultKind::kOutputQueueNotBound, static_cast<uint32_t>(*queue)};
  }
  return {};
}

Fault FromDsr(const Ce& ce, DsrFile file, uint8_t number, int element_bytes, bool is_dest,
              Operand* operand) {
  operand->dsr_file = static_cast<int>(file);
  operand->dsr_number = number;
  operand->descriptor = ce.dsrs[static_cast<size_t>(file)][number];
  operand->element_bytes = element_bytes;
  const isa::Descriptor& dsd = operand->descriptor;
  if (dsd.is_memory()) {
    operand->kind = Kind::kMemory;
    operand->cursor = Cursor(dsd, element_bytes);
    return {};
  }
  if (dsd.kind() == DsdKind::kFifo) {
    operand->kind = Kind::kFifo;
    operand->unit = dsd.base;
    const bool exists = dsd.base < ce.fifos.size() && ce.fifos[dsd.base].setting.capacity > 0;
    return exists ? Fault{} : Fault{FaultKind::kNoFifo, dsd.base};
  }
  if (dsd.kind() == DsdKind::kFabin && !is_dest) {
    operand->kind = Kind::kFabin;
    return FindInput(ce, dsd, operand);
  }
  if (dsd.kind() == DsdKind::kFabout && is_dest) {
    operand->kind = Kind::kFabout;
    return FindOutputQueue(ce, dsd, &operand->unit);
  }
  return {FaultKind::kBadDsr, number};
}

void Scalar(uint32_t value, int element_bytes, Operand* operand) {
  operand->kind = Kind::kScalar;
  operand->scalar = value;
  operand->element_bytes = element_bytes;
}

Fault ResolveDest(const Ce& ce, const isa::Instruction& i, const uint32_t* regs, int bytes,
                  Operand* dest) {
  if (bytes == 0) return {};  // dfilt
  if ((i.e & VectorFlag::kDestIsPointer) != 0) {
    dest->kind = Kind::kPointer;
    dest->element_bytes = bytes;
    dest->cursor = Cursor(regs[i.a] & 0xffff);
    return {};
  }
  const DsrFile file = i.e & VectorFlag::kDestInSrc0File ? DsrFile::kSrc0 : DsrFile::kDest;
  return FromDsr(ce, file, i.a, bytes, true, dest);
}

Fault ResolveSources(const Ce& ce, const isa::Instruction& i, const uint32_t* regs,
                     const isa::VectorOpInfo& info, VectorRun* run) {
  const bool scalar0 = (i.e & VectorFlag::kSrc0IsScalar) != 0;
  const bool scalar1 = (i.e & VectorFlag::kSrc1IsScalar) != 0;
  int bytes0 = isa::ElementBytes(info.src0);
  int bytes1 = isa::ElementBytes(info.src1);
  if (run->opcode == isa::Opcode::kVFaddhs) {
    // The f16 is source 0, but for a scalar second source and a running sum.
    const bool running = run->dest.kind == Kind::kPointer && scalar0;
    if (scalar1 || running) std::swap(bytes0, bytes1);
  }
  if (info.num_sources == 2) {
    if (scalar0) {
      Scalar(regs[i.b], bytes0, &run->src0);
    } else {
      Fault fault = FromDsr(ce, DsrFile::kSrc0, i.b, bytes0, false, &run->src0);
      if (!fault.ok()) return fault;
    }
  }
  if (info.has_scalar) run->scalar = regs[i.d];
  if (scalar1) {
    Scalar(regs[i.c], bytes1, &run->src1);
    return {};
  }
  const DsrFile file = i.e & VectorFlag::kSrc1InSrc0File ? DsrFile::kSrc0 : DsrFile::kSrc1;
  return FromDsr(ce, file, i.c, bytes1, false, &run->src1);
}

uint32_t LengthOf(const Ce& ce, const Operand& operand, bool is_dest) {
  if (operand.kind == Kind::kMemory || operand.is_fabric()) return operand.descriptor.Length();
  if (operand.kind != Kind::kFifo) return 0;
  const Fifo& fifo = ce.fifos[static_cast<size_t>(operand.unit)];
  return is_dest ? fifo.write_length : fifo.read_length;
}

Fault FindLength(const Ce& ce, VectorRun* run) {
  run->length = LengthOf(ce, run->src0, false);
  if (run->length == 0) run->length = LengthOf(ce, run->src1, false);
  if (run->length == 0) run->length = LengthOf(ce, run->dest, true);
  bool has_dsd = false;
  for (const Operand* o : {&run->src0, &run->src1, &run->dest}) {
    has_dsd = has_dsd || o->is_memory() || o->is_fabric();
  }
  if (run->length == 0 && !has_dsd) run->length = 1;
  // On memory alone 0x7fff is a length like others.
  if (run->length == isa::kEndlessExtent && (run->has_fabric() || run->has_fifo())) {
    run->length = kEndless;
  }
  return {};
}

int WidthForStride(int stride, int full) {
  if (stride == 0 || stride == 1) return full;
  static constexpr int kLimits[8] = {1, 2, 0, 0, 4, 0, 0, 2};  // by stride modulo 8; 0: none
  const int limit = kLimits[static_cast<unsigned>(stride) & 7];
  return limit == 0 ? full : limit;
}

// Elements a cycle, alignment, packing.
void FindShape(const Ce& ce, const isa::VectorOpInfo& info, VectorRun* run) {
  const int full = info.max_elements_per_cycle[static_cast<int>(ce.shared->arch)];
  run->width = full;
  run->packed = run->has_fabric();
  const std::array<const Operand*, 3> operands = {&run->dest, &run->src0, &run->src1};
  for (const Operand* o : operands) {
    if (o->is_memory()) {
      run->width = std::min(run->width, WidthForStride(o->descriptor.stride[0], full));
    }
    isa::SimdMode simd = isa::SimdMode::kDefault;
    if (o->kind == Kind::kFifo) simd = ce.fifos[static_cast<size_t>(o->unit)].setting.simd;
    if (o->is_fabric()) {
      simd = o->descriptor.modes.simd;
      const auto unit = static_cast<size_t>(o->unit);
      const bool is_input = o->kind == Kind::kFabin;
      const bool dense =
          is_input ? unit < kNumQueues && ce.inputs[unit].dense : ce.outputs[unit].dense;
      if (o->element_bytes != 2 || o->descriptor.header.wavelet_index_offset || dense) {
        run->packed = false;
      }
    }
    if (simd == isa::SimdMode::kOff) run->packed = false;
    if (simd == isa::SimdMode::kSimd64 && run->has_fabric()) run->two_wavelets = true;
  }
  for (const Operand* o : operands) {
    if (!o->is_memory() || o->descriptor.stride[0] == 0 || o->descriptor.base % 4 == 0) continue;
    if (run->width > 1 || o->element_bytes == 4) run->misaligned = true;
  }
}

// How the operation ends and on which microthread it runs: what the operands' DSRs say, the
// destination's first.
void FindSettings(const Ce& ce, VectorRun* run) {
  isa::Priority dsd_priority = isa::Priority::kDefault;
  uint8_t operation_priority = 0;
  int ut = 15;
  int first_queue = -1;
  for (const Operand* o : {&run->dest, &run->src0, &run->src1}) {
    if (!o->is_fabric()) continue;
    const isa::Descriptor& dsd = o->descriptor;
    run->is_async = run->is_async || dsd.async.is_async;
    if (run->completion == isa::AsyncAction::kNone) {
      run->completion = dsd.async.completion;
      run->completion_id = dsd.completion_id;
    }
    if (run->on_control == isa::AsyncAction::kNone) {
      run->on_control = dsd.async.on_control;
      run->on_control_id = dsd.on_control_id;
    }
    if (operation_priority == 0) operation_priority = dsd.async.priority;
    if (dsd_priority == isa::Priority::kDefault) dsd_priority = dsd.modes.priority;
    if (ut == 15) ut = dsd.async.microthread;
    if (first_queue < 0) first_queue = o->bound_queue < 0 ? o->unit : o->bound_queue;
  }
  const bool wse2 = ce.shared->arch == isa::Arch::kWse2;
  run->microthread = (wse2 || ut == 15 ? first_queue : ut) & 7;
  auto priority = static_cast<isa::Priority>(operation_priority);
  if (priority == isa::Priority::kDefault) priority = dsd_priority;
  for (const Operand* o : {&run->src0, &run->src1}) {
    if (wse2 && priority == isa::Priority::kDefault && o->kind == Kind::kFabin) {
      priority =
          o->bound_queue < 0
              ? ce.inputs[static_cast<size_t>(o->unit)].priority
              : ce.program->shared_queues.priority[static_cast<size_t>(o->unit) - kNumQueues];
    }
  }
  run->priority = std::max(1, static_cast<int>(priority));
}

}  // namespace

Fault StartVector(Ce& ce, const isa::Instruction& instruction, const uint32_t* regs,
                  VectorRun* run) {
  *run = VectorRun{};
  run->opcode = instruction.opcode();
  run->position = ce.main.position;
  const isa::VectorOpInfo& info = isa::VectorInfo(run->opcode);
  Fault fault = ResolveDest(ce, instruction, regs, isa::ElementBytes(info.dest), &run->dest);
  if (fault.ok()) fault = ResolveSources(ce, instruction, regs, info, run);
  if (fault.ok()) fault = BindSharedQueues(ce, run);
  if (fault.ok()) fault = FindLength(ce, run);
  if (!fault.ok()) return fault;
  FindShape(ce, info, run);
  FindSettings(ce, run);
  run->startup_cycles = isa::Cost(run->opcode, ce.shared->arch).cycles;
  const bool has_scalar_source = run->src0.kind == Kind::kScalar || run->src1.kind == Kind::kScalar;
  if (info.num_sources == 2 && has_scalar_source) {
    run->startup_cycles -= ce.shared->costs().scalar_source_saves_cycles;
  }
  const bool is_send = info.num_sources == 1 && run->dest.kind == Kind::kFabout;
  if (is_send && (run->src1.kind == Kind::kMemory || run->src1.kind == Kind::kScalar)) {
    run->startup_cycles -= ce.shared->costs().send_saves_cycles;
  }
  return {};
}

}  // namespace csl::fabric::reference
