// SPDX-License-Identifier: Apache-2.0
// Operands of vector operations: cursors over descriptors, lengths, save_address.
#include <algorithm>

#include "fabric/isa/vector_cost.h"
#include "fabric/pe/program.h"
#include "fabric/pe/state.h"
#include "fabric/pe/vector.h"

namespace csl::fabric::pe {
namespace {

using isa::DsrFile;
using isa::VectorFlag;

VectorOperand Scalar(uint32_t value) {
  VectorOperand operand;
  operand.mode = VectorOperand::Mode::kScalar;
  operand.scalar = value;
  return operand;
}

Fault FromDsr(const PeState& pe, DsrFile file, uint8_t number, int element_bytes,
              VectorOperand* operand) {
  const isa::Descriptor& dsr = pe.dsrs[static_cast<size_t>(file)][number];
  if (dsr.kind() == isa::DsdKind::kNone) return {FaultKind::kBadDsr, number};
  if (!dsr.is_memory()) return {FaultKind::kFabricDsd, static_cast<uint32_t>(dsr.kind())};
  operand->mode = VectorOperand::Mode::kMemory;
  operand->dsr_file = static_cast<int8_t>(file);
  operand->dsr_number = number;
  operand->element_bytes = static_cast<uint8_t>(element_bytes);
  operand->length = dsr.Length();
  operand->cursor = Cursor::Over(dsr, element_bytes);
  return {};
}

Fault ResolveDest(const PeState& pe, const Inst& inst, const uint32_t* regs, int element_bytes,
                  VectorOperand* dest) {
  if (inst.e & VectorFlag::kDestIsPointer) {
    dest->mode = VectorOperand::Mode::kPointer;
    dest->element_bytes = static_cast<uint8_t>(element_bytes);
    dest->cursor.address = static_cast<int32_t>(regs[inst.a] & 0xffff);
    return {};
  }
  const DsrFile file = inst.e & VectorFlag::kDestInSrc0File ? DsrFile::kSrc0 : DsrFile::kDest;
  return FromDsr(pe, file, inst.a, element_bytes, dest);
}

isa::VectorOperandShape ShapeOf(const VectorOperand& operand) {
  isa::VectorOperandShape shape;
  shape.is_memory = operand.mode == VectorOperand::Mode::kMemory;
  if (!shape.is_memory) return shape;
  shape.base = operand.cursor.at();
  shape.stride = operand.cursor.step[0] / operand.element_bytes;
  shape.width_bytes = operand.element_bytes;
  return shape;
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

Fault StartVector(const PeState& pe, const Inst& inst, const uint32_t* regs, VectorRun* run) {
  *run = VectorRun{};
  run->opcode = inst.opcode();
  const isa::VectorOpInfo& info = isa::VectorInfo(run->opcode);
  const bool is_faddhs = run->opcode == isa::Opcode::kVFaddhs;
  Fault fault = ResolveDest(pe, inst, regs, isa::ElementBytes(info.dest), &run->dest);
  if (!fault.ok()) return fault;
  if (info.num_sources == 2) {
    if (inst.e & VectorFlag::kSrc0IsScalar) {
      run->src0 = Scalar(regs[inst.b]);
    } else {
      int bytes = isa::ElementBytes(info.src0);
      // f32 elements and a 16-bit scalar.
      if (is_faddhs && (inst.e & VectorFlag::kSrc1IsScalar)) bytes = 4;
      fault = FromDsr(pe, DsrFile::kSrc0, inst.b, bytes, &run->src0);
      if (!fault.ok()) return fault;
    }
  }
  if (inst.e & VectorFlag::kSrc1IsScalar) {
    run->src1 = Scalar(regs[inst.c]);
  } else {
    const DsrFile file = inst.e & VectorFlag::kSrc1InSrc0File ? DsrFile::kSrc0 : DsrFile::kSrc1;
    int bytes = isa::ElementBytes(info.src1);
    // The running-sum form of faddhs adds 16-bit elements to an f32 scalar.
    if (is_faddhs && run->is_running_scalar()) bytes = 2;
    fault = FromDsr(pe, file, inst.c, bytes, &run->src1);
    if (!fault.ok()) return fault;
  }
  if (info.has_scalar) run->scalar = regs[inst.d];
  for (const VectorOperand* operand : {&run->src0, &run->src1, &run->dest}) {
    if (run->length == 0) run->length = operand->length;
  }
  if (run->length == 0) run->length = 1;
  run->startup_cycles = isa::Cost(run->opcode, pe.program->arch).cycles;
  run->element_cycles =
      isa::VectorElementCycles(run->opcode, pe.program->arch, run->length,
                               {ShapeOf(run->dest), ShapeOf(run->src0), ShapeOf(run->src1)});
  return {};
}

void FinishVector(PeState& pe, const VectorRun& run) {
  for (const VectorOperand* operand : {&run.dest, &run.src0, &run.src1}) {
    if (operand->dsr_file < 0) continue;
    isa::Descriptor& dsr = pe.dsrs[static_cast<size_t>(operand->dsr_file)][operand->dsr_number];
    if ((dsr.load_flags & isa::kSaveAddress) != 0) {
      dsr.base = static_cast<uint16_t>(operand->cursor.at());
    }
  }
}

}  // namespace csl::fabric::pe
