// SPDX-License-Identifier: Apache-2.0
// Operands of vector operations: cursors over descriptors, queues, lengths, save_address.
#include <algorithm>

#include "fabric/pe/channels.h"
#include "fabric/pe/program.h"
#include "fabric/pe/shared_inputs.h"
#include "fabric/pe/state.h"
#include "fabric/pe/vector.h"

namespace csl::fabric::pe {
namespace {

using isa::DsrFile;
using isa::VectorFlag;
using Mode = VectorOperand::Mode;

VectorOperand Scalar(uint32_t value) {
  VectorOperand operand;
  operand.mode = Mode::kScalar;
  operand.scalar = value;
  return operand;
}

isa::Descriptor& DsrOf(PeState& pe, const VectorOperand& operand) {
  return Dsr(pe, operand.dsr_file, operand.dsr_number);
}

// The channel that a fabric input reads.
Fault ResolveFabin(const PeState& pe, const isa::Descriptor& dsr, VectorOperand* operand) {
  operand->mode = Mode::kFabin;
  operand->length = dsr.extent[0];
  const int channel = ChannelOfInput(pe, dsr.queue, dsr.color);
  if (channel < 0) {
    if (dsr.queue == isa::kNoQueue) return {FaultKind::kColorNotBound, dsr.color};
    return {FaultKind::kQueueNotBound, dsr.queue};
  }
  operand->queue = static_cast<uint8_t>(channel);
  return {};
}

// Whichever output queue is idle: for fabric outputs without one (WSE-2, synchronous).
uint8_t IdleOutputQueue(const PeState& pe) {
  uint32_t used = pe.main_run == nullptr ? 0 : pe.main_run->outputs;
  for (const VectorRun* run : pe.microthreads) used |= run == nullptr ? 0 : run->outputs;
  for (const OutputQueue& queue : pe.outputs) {
    if ((used >> queue.number & 1) == 0 && queue.words.empty()) return queue.number;
  }
  for (const OutputQueue& queue : pe.outputs) {
    if ((used >> queue.number & 1) == 0) return queue.number;
  }
  return 0;
}

Fault ResolveFabout(PeState& pe, const isa::Descriptor& dsr, VectorOperand* operand) {
  operand->mode = Mode::kFabout;
  operand->length = dsr.extent[0];
  operand->index = dsr.index;
  operand->queue = dsr.queue == isa::kNoQueue ? IdleOutputQueue(pe) : dsr.queue;
  if (operand->queue >= pe.outputs.size()) {
    return {FaultKind::kOutputQueueNotBound, operand->queue};
  }
  const OutputQueue& queue = pe.outputs[operand->queue];
  operand->color = pe.program->arch == isa::Arch::kWse3 ? queue.color : dsr.color;
  if (operand->color >= 24) return {FaultKind::kOutputQueueNotBound, operand->queue};
  return {};
}

Fault ResolveFifo(const PeState& pe, const isa::Descriptor& dsr, bool is_dest,
                  VectorOperand* operand) {
  operand->mode = Mode::kFifo;
  operand->queue = static_cast<uint8_t>(dsr.base);
  if (dsr.base >= pe.fifos.size()) return {FaultKind::kNoFifo, dsr.base};
  const FifoState& fifo = pe.fifos[dsr.base];
  operand->length = is_dest ? fifo.write_length : fifo.read_length;
  return {};
}

Fault FromDsr(PeState& pe, DsrFile file, uint8_t number, int element_bytes, bool is_dest,
              VectorOperand* operand) {
  const isa::Descriptor& dsr = Dsr(pe, static_cast<int>(file), number);
  if (dsr.kind() == isa::DsdKind::kNone) return {FaultKind::kBadDsr, number};
  operand->dsr_file = static_cast<int8_t>(file);
  operand->dsr_number = number;
  operand->element_bytes = static_cast<uint8_t>(element_bytes);
  operand->header = dsr.header;
  operand->modes = dsr.modes;
  switch (dsr.kind()) {
    case isa::DsdKind::kFabin:
      return is_dest ? Fault{FaultKind::kBadDsr, number} : ResolveFabin(pe, dsr, operand);
    case isa::DsdKind::kFabout:
      return is_dest ? ResolveFabout(pe, dsr, operand) : Fault{FaultKind::kBadDsr, number};
    case isa::DsdKind::kFifo:
      return ResolveFifo(pe, dsr, is_dest, operand);
    default:
      operand->mode = Mode::kMemory;
      operand->length = dsr.Length();
      operand->cursor = Cursor::Over(dsr, element_bytes);
      return {};
  }
}

Fault ResolveDest(PeState& pe, const Inst& inst, const uint32_t* regs, int element_bytes,
                  VectorOperand* dest) {
  if (element_bytes == 0) return {};  // dfilt
  if (inst.e & VectorFlag::kDestIsPointer) {
    dest->mode = Mode::kPointer;
    dest->element_bytes = static_cast<uint8_t>(element_bytes);
    dest->cursor.address = static_cast<int32_t>(regs[inst.a] & 0xffff);
    return {};
  }
  const DsrFile file = inst.e & VectorFlag::kDestInSrc0File ? DsrFile::kSrc0 : DsrFile::kDest;
  return FromDsr(pe, file, inst.a, element_bytes, true, dest);
}

Fault ResolveSources(PeState& pe, const Inst& inst, const uint32_t* regs, VectorRun* run) {
  const isa::VectorOpInfo& info = isa::VectorInfo(run->opcode);
  const bool is_faddhs = run->opcode == isa::Opcode::kVFaddhs;
  if (info.num_sources == 2) {
    if (inst.e & VectorFlag::kSrc0IsScalar) {
      run->src0 = Scalar(regs[inst.b]);
    } else {
      int bytes = isa::ElementBytes(info.src0);
      // f32 elements and a 16-bit scalar.
      if (is_faddhs && (inst.e & VectorFlag::kSrc1IsScalar)) bytes = 4;
      Fault fault = FromDsr(pe, DsrFile::kSrc0, inst.b, bytes, false, &run->src0);
      if (!fault.ok()) return fault;
    }
  }
  if (inst.e & VectorFlag::kSrc1IsScalar) {
    run->src1 = Scalar(regs[inst.c]);
    return {};
  }
  const DsrFile file = inst.e & VectorFlag::kSrc1InSrc0File ? DsrFile::kSrc0 : DsrFile::kSrc1;
  int bytes = isa::ElementBytes(info.src1);
  // The running-sum form of faddhs adds 16-bit elements to an f32 scalar.
  if (is_faddhs && run->is_running_scalar()) bytes = 2;
  return FromDsr(pe, file, inst.c, bytes, false, &run->src1);
}

isa::VectorOperandShape ShapeOf(const VectorOperand& operand) {
  isa::VectorOperandShape shape;
  shape.is_memory = operand.mode == Mode::kMemory;
  if (!shape.is_memory) return shape;
  shape.base = operand.cursor.at();
  shape.stride = operand.cursor.step[0] / operand.element_bytes;
  shape.width_bytes = operand.element_bytes;
  return shape;
}

// How an operation ends, and on which microthread it runs: from its fabric DSRs.
void ReadAsyncSettings(PeState& pe, VectorRun* run) {
  const bool wse3 = pe.program->arch == isa::Arch::kWse3;
  int thread = -1;
  int explicit_thread = -1;
  int input_thread = -1;
  isa::Priority dsd_priority = isa::Priority::kDefault;
  isa::Priority queue_priority = isa::Priority::kDefault;
  for (const VectorOperand* operand : {&run->dest, &run->src0, &run->src1}) {
    if (!operand->is_fabric()) continue;
    const isa::Descriptor& dsr = DsrOf(pe, *operand);
    const isa::AsyncSettings& async = dsr.async;
    if (async.is_async) run->is_async = true;
    if (run->async.completion == isa::AsyncAction::kNone) {
      run->async.completion = async.completion;
      run->completion_id = dsr.completion_id;
    }
    if (run->async.on_control == isa::AsyncAction::kNone) {
      run->async.on_control = async.on_control;
      run->on_control_id = dsr.on_control_id;
    }
    if (run->async.priority == 0) run->async.priority = async.priority;
    if (async.microthread != 15 && explicit_thread < 0) explicit_thread = async.microthread;
    const uint8_t queue = operand->queue_in_use();
    if (thread < 0) thread = queue;
    if (operand->mode == Mode::kFabin) {
      if (input_thread < 0) input_thread = queue;
      const Channel* channel = pe.FindChannel(operand->queue);
      if (queue_priority == isa::Priority::kDefault) queue_priority = channel->priority;
    }
    if (dsd_priority == isa::Priority::kDefault) dsd_priority = dsr.modes.priority;
  }
  if (wse3) {
    if (explicit_thread >= 0) thread = explicit_thread;
  } else if (run->dest.mode != Mode::kFabout) {
    thread = input_thread;
  }
  run->microthread = static_cast<uint8_t>(std::max(thread, 0) % kNumMicrothreads);
  int priority = run->async.priority;
  if (priority == 0) priority = static_cast<int>(dsd_priority);
  if (priority == 0 && !wse3) priority = static_cast<int>(queue_priority);
  run->priority = static_cast<uint8_t>(std::max(priority - 1, 0));
}

bool AllowsPairs(const PeState& pe, const VectorOperand& operand) {
  switch (operand.mode) {
    case Mode::kFabin:
      return operand.element_bytes == 2 && operand.modes.simd != isa::SimdMode::kOff &&
             !pe.FindChannel(operand.queue)->dense;
    case Mode::kFabout:
      return operand.element_bytes == 2 && operand.modes.simd != isa::SimdMode::kOff &&
             !operand.header.wavelet_index_offset && !pe.outputs[operand.queue].dense;
    case Mode::kFifo:
      return pe.program->image.configuration.fifos[operand.queue].simd != isa::SimdMode::kOff;
    default:
      return true;
  }
}

// Groups of an operation with fabric or FIFO operands.
void ShapeGroups(const PeState& pe, VectorRun* run) {
  bool has_fabric = false;
  bool pairs = true;
  bool two_wavelets = false;
  for (const VectorOperand* operand : {&run->dest, &run->src0, &run->src1}) {
    if (operand->mode == Mode::kFifo) {
      run->in_fabric_time = true;
      const isa::SimdMode simd = pe.program->image.configuration.fifos[operand->queue].simd;
      two_wavelets = two_wavelets || simd == isa::SimdMode::kSimd64;
      run->holds_result = run->dest.mode == Mode::kPointer;
    }
    pairs = pairs && AllowsPairs(pe, *operand);
    if (!operand->is_fabric()) continue;
    has_fabric = true;
    run->in_fabric_time = true;
    two_wavelets = two_wavelets || operand->modes.simd == isa::SimdMode::kSimd64;
    if (operand->mode == Mode::kFabin) {
      run->inputs |= 1u << operand->queue;
    } else {
      run->outputs |= static_cast<uint8_t>(1u << operand->queue);
    }
  }
  if (!has_fabric) return;
  run->packed = pairs;
  run->group_wavelets = two_wavelets ? 2 : 1;
  run->group_elements = static_cast<uint8_t>(run->group_wavelets * (pairs ? 2 : 1));
}

// Whether an operand's length is that of a DSD. FIFOs have a register in place of one.
bool HasDsd(const VectorRun& run) {
  for (const VectorOperand* operand : {&run.dest, &run.src0, &run.src1}) {
    if (operand->mode == Mode::kMemory || operand->is_fabric()) return true;
  }
  return false;
}

// Whether the plainest way of doing a group is enough (fabric_operation.cc).
bool GoesOneByOne(const VectorRun& run) {
  if (run.group_elements != 1 || run.holds_result || run.is_running_scalar()) return false;
  if (run.opcode == isa::Opcode::kVDfilt) return false;
  for (const VectorOperand* operand : {&run.dest, &run.src0, &run.src1}) {
    if (operand->mode == Mode::kFifo || operand->header.control_transform) return false;
  }
  return true;
}

OneByOneOperand OneByOne(const PeState& pe, const VectorOperand& operand) {
  OneByOneOperand one;
  one.mode = operand.mode;
  one.element_bytes = operand.element_bytes;
  switch (operand.mode) {
    case Mode::kFabin:
      one.queue = static_cast<uint8_t>(pe.channel_slot[operand.queue]);
      break;
    case Mode::kFabout:
      one.queue = operand.queue;
      one.is_odd = operand.header.control || operand.header.advance_switch ||
                   operand.header.wavelet_index_offset;
      break;
    case Mode::kMemory:
      one.is_odd = operand.cursor.dimensions != 1 || operand.cursor.circular;
      one.step = operand.cursor.step[0];
      one.value = operand.cursor.at();
      break;
    case Mode::kPointer:
      one.value = operand.cursor.at();
      break;
    default:
      one.value = operand.scalar;
      break;
  }
  return one;
}

// Where an operand that went one by one stands.
uint16_t AddressOf(const VectorRun& run, const OneByOneOperand& one, const VectorOperand& operand) {
  return static_cast<uint16_t>(run.one_by_one && !one.is_odd ? one.value : operand.cursor.at());
}

// Clears what an operation has read from memory.
void ZeroSource(PeState& pe, const VectorOperand& operand, uint32_t elements) {
  if (operand.mode != Mode::kMemory) return;
  Cursor cursor = Cursor::Over(DsrOf(pe, operand), operand.element_bytes);
  for (uint32_t k = 0; k < elements; ++k, cursor.Next()) {
    const bool ok = operand.element_bytes == 4 ? pe.memory.Store<uint32_t>(cursor.at(), 0)
                                               : pe.memory.Store<uint16_t>(cursor.at(), 0);
    if (!ok) return;  // it could not have been read
  }
}

}  // namespace

Cursor Cursor::Over(const isa::Descriptor& dsd, int element_bytes) {
  Cursor cursor;
  cursor.address = dsd.base;
  cursor.dimensions = dsd.header.dimensions;
  for (size_t d = 0; d < cursor.dimensions; ++d) {
    cursor.step[d] = dsd.stride[d] * element_bytes;
    cursor.extent[d] = dsd.extent[d];
    cursor.left[d] = dsd.extent[d];
  }
  if (dsd.kind() == isa::DsdKind::kCircbuf) {
    cursor.circular = true;
    cursor.wrap_start = dsd.wrap_start;
    cursor.wrap_end = dsd.wrap_end;
  }
  return cursor;
}

void Cursor::NextSlow() {
  if (circular) {
    address += step[0];
    const int32_t size = wrap_end - wrap_start;
    if (size <= 0) return;
    if (address >= wrap_end || address < wrap_start) {
      address = wrap_start + ((address - wrap_start) % size + size) % size;
    }
    return;
  }
  uint8_t d = 0;
  while (d + 1 < dimensions && --left[d] == 0) {
    left[d] = extent[d];
    ++d;
  }
  address += step[d];
}

uint64_t MemoryPages(const PeState& pe, const VectorRun& run) {
  uint64_t pages = 0;
  for (const VectorOperand* operand : {&run.dest, &run.src0, &run.src1}) {
    if (operand->mode == Mode::kFifo) return kAllPages;
    if (operand->mode != Mode::kMemory && operand->mode != Mode::kPointer) continue;
    if (operand->cursor.circular || operand->cursor.dimensions != 1) return kAllPages;
    if (operand->dsr_file >= 0) {
      const uint8_t slot =
          pe.program->dsr_slot[static_cast<size_t>(operand->dsr_file)][operand->dsr_number];
      if ((pe.dsrs[slot].load_flags & isa::kSaveAddress) != 0) return kAllPages;
    }
    // In 64 bits, so that nothing wraps around. A pointer stays where it is.
    const int64_t first = operand->cursor.at();
    const int64_t last = first + int64_t{operand->cursor.step[0]} * (int64_t{run.length} - 1);
    const int64_t low = std::min(first, last);
    const int64_t high = std::max(first, last) + 3;
    if (low < 0 || high >= int64_t{kMemoryBytes}) return kAllPages;
    const int from = static_cast<int>(low >> kPageShift);
    const int to = static_cast<int>(high >> kPageShift);
    pages |= (kAllPages >> (63 - to)) & (kAllPages << from);
  }
  return pages;
}

bool RunsBesideMicrothreads(const PeState& pe, const VectorRun& run) {
  // The carry is the PE's, whoever adds.
  if (run.opcode == isa::Opcode::kVAddc16) return false;
  const uint64_t pages = MemoryPages(pe, run);
  return pages != kAllPages && (pages & pe.shared_pages) == 0;
}

uint32_t ElementsBefore(const VectorRun& run, int64_t next, int64_t cut) {
  if (next >= cut) return run.done;
  const int64_t first = run.done / run.costs.width;
  const int64_t room = cut - next + run.costs.CyclesBefore(first);
  // Groups before `low` begin in time, those from `high` on do not.
  int64_t low = first + 1;
  int64_t high = run.costs.Groups(run.length);
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (run.costs.CyclesBefore(middle) < room) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<uint32_t>(std::min<int64_t>(low * run.costs.width, run.length));
}

bool TouchesQueues(PeState& pe, const Inst& inst) {
  const isa::VectorOpInfo& info = isa::VectorInfo(inst.opcode());
  const auto touches = [&](DsrFile file, uint8_t number) {
    const uint8_t slot = pe.program->dsr_slot[static_cast<size_t>(file)][number];
    return slot != 255 && pe.dsrs[slot].kind() != isa::DsdKind::kNone && !pe.dsrs[slot].is_memory();
  };
  if (info.dest != isa::ElementType::kNone && (inst.e & VectorFlag::kDestIsPointer) == 0 &&
      touches(inst.e & VectorFlag::kDestInSrc0File ? DsrFile::kSrc0 : DsrFile::kDest, inst.a)) {
    return true;
  }
  if (info.num_sources == 2 && (inst.e & VectorFlag::kSrc0IsScalar) == 0 &&
      touches(DsrFile::kSrc0, inst.b)) {
    return true;
  }
  return (inst.e & VectorFlag::kSrc1IsScalar) == 0 &&
         touches(inst.e & VectorFlag::kSrc1InSrc0File ? DsrFile::kSrc0 : DsrFile::kSrc1, inst.c);
}

Fault StartVector(PeState& pe, const Inst& inst, const uint32_t* regs, VectorRun* run) {
  *run = VectorRun{};
  run->opcode = inst.opcode();
  run->position = pe.thread.position;
  const isa::Arch arch = pe.program->arch;
  const isa::VectorOpInfo& info = isa::VectorInfo(run->opcode);
  Fault fault = ResolveDest(pe, inst, regs, isa::ElementBytes(info.dest), &run->dest);
  if (!fault.ok()) return fault;
  fault = ResolveSources(pe, inst, regs, run);
  if (!fault.ok()) return fault;
  if (pe.program->shared_queues.colors != 0) {
    fault = BindSharedQueues(pe, run);
    if (!fault.ok()) return fault;
  }
  if (info.has_scalar) run->scalar = regs[inst.d];
  for (const VectorOperand* operand : {&run->src0, &run->src1, &run->dest}) {
    if (run->length == 0) run->length = operand->length;
  }
  const bool is_empty = run->length == 0 && HasDsd(*run);
  if (run->length == 0 && !is_empty) run->length = 1;
  run->startup_cycles = isa::Cost(run->opcode, arch).cycles;
  const bool scalar_source = run->src0.mode == Mode::kScalar || run->src1.mode == Mode::kScalar;
  if (info.num_sources == 2 && scalar_source) {
    run->startup_cycles -= isa::MachineCostsOf(arch).scalar_source_saves_cycles;
  }
  const bool from_memory = run->src1.mode == Mode::kMemory || run->src1.mode == Mode::kScalar;
  if (info.num_sources == 1 && from_memory && run->dest.mode == Mode::kFabout) {
    run->startup_cycles -= isa::MachineCostsOf(arch).send_saves_cycles;
  }
  run->element = isa::ElementOpOf(run->opcode, pe.program->half, run->src1.mode == Mode::kScalar,
                                  run->is_running_scalar())
                     .fn;
  run->costs = isa::GroupCosts::Of(run->opcode, arch,
                                   {ShapeOf(run->dest), ShapeOf(run->src0), ShapeOf(run->src1)});
  ShapeGroups(pe, run);
  if (!run->in_fabric_time) return {};
  // On memory alone 0x7fff is a length like others.
  if (run->length == isa::kEndlessExtent) run->length = kEndless;
  if (run->opcode == isa::Opcode::kVDfilt) run->controls_left = run->length;
  ReadAsyncSettings(pe, run);
  if (is_empty) {
    run->inputs = run->outputs = 0;  // it waits for nothing
    return {};
  }
  run->one_by_one = GoesOneByOne(*run);
  if (run->one_by_one) {
    run->color = run->dest.color;
    run->one_dest = OneByOne(pe, run->dest);
    run->one_src0 = OneByOne(pe, run->src0);
    run->one_src1 = OneByOne(pe, run->src1);
  }
  return {};
}

void FinishVector(PeState& pe, const VectorRun& run) {
  if (run.dest.mode == Mode::kFabout && run.dest.modes.zero != isa::ZeroSource::kNone) {
    const bool first = run.dest.modes.zero == isa::ZeroSource::kFirst;
    ZeroSource(pe, first ? run.src0 : run.src1, run.done);
  }
  const auto save = [&](const VectorOperand& operand, const OneByOneOperand& one) {
    if (operand.dsr_file < 0 || operand.mode != Mode::kMemory) return;
    isa::Descriptor& dsr = DsrOf(pe, operand);
    if ((dsr.load_flags & isa::kSaveAddress) != 0) dsr.base = AddressOf(run, one, operand);
  };
  save(run.dest, run.one_dest);
  save(run.src0, run.one_src0);
  save(run.src1, run.one_src1);
}

}  // namespace csl::fabric::pe
