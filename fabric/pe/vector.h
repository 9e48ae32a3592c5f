// SPDX-License-Identifier: Apache-2.0
// Vector operations on memory: operands resolved from DSRs and registers, then element by element.
//
// Elements are processed strictly in order; element k is read before it is written, and k + 1 sees
// what k wrote. A pointer destination keeps the last value; with a scalar first source the result
// of each step is the next step's scalar (a running sum).
//
// An operation takes its start-up (opcodes.def, static) and then element_cycles. Element k is
// processed ElementOffset(k) cycles after the instruction issued: the plain engine steps that way;
// the other one runs all elements in one loop and needs the offset only for the cycle of a fault.
#ifndef FABRIC_PE_VECTOR_H_
#define FABRIC_PE_VECTOR_H_

#include <array>
#include <cstdint>

#include "fabric/isa/architecture.h"
#include "fabric/isa/descriptor.h"
#include "fabric/pe/code.h"
#include "fabric/pe/fault.h"

namespace csl::fabric::pe {

struct PeState;

// Walks the addresses of a memory operand.
struct Cursor {
  int32_t address = 0;  // of the next element; taken modulo 2^16
  uint8_t dimensions = 1;
  bool circular = false;
  uint16_t wrap_start = 0;
  uint16_t wrap_end = 0;
  std::array<int32_t, 4> step = {};     // bytes, fastest dimension first
  std::array<uint16_t, 4> extent = {};  // the outermost one never ends
  std::array<uint16_t, 4> left = {};

  uint32_t at() const { return static_cast<uint32_t>(address) & 0xffff; }
  void Next() {
    if (__builtin_expect(dimensions == 1 && !circular, 1)) {
      address += step[0];
    } else {
      NextSlow();
    }
  }
  void NextSlow();

  static Cursor Over(const isa::Descriptor& dsd, int element_bytes);
};

struct VectorOperand {
  enum class Mode : uint8_t { kNone, kScalar, kMemory, kPointer };
  Mode mode = Mode::kNone;
  int8_t dsr_file = -1;  // where it came from, -1: a register
  uint8_t dsr_number = 0;
  uint8_t element_bytes = 0;
  uint32_t scalar = 0;
  uint32_t length = 0;  // 0: none
  Cursor cursor;        // kMemory, kPointer
};

struct VectorRun {
  bool active = false;  // the plain engine is inside this operation
  isa::Opcode opcode = isa::Opcode::kIllegal;
  VectorOperand dest;
  VectorOperand src0;
  VectorOperand src1;
  uint32_t scalar = 0;  // fmac family
  uint32_t length = 0;
  uint32_t done = 0;
  int64_t issue_cycle = 0;
  int32_t startup_cycles = 0;
  int64_t element_cycles = 0;

  // The result of each step is the first source of the next: @fadds(&sum, sum, dsd).
  bool is_running_scalar() const {
    return dest.mode == VectorOperand::Mode::kPointer && src0.mode == VectorOperand::Mode::kScalar;
  }
  int64_t ElementOffset(uint32_t k) const {
    return startup_cycles + (length == 0 ? 0 : int64_t{k} * element_cycles / length);
  }
  int64_t TotalCycles() const { return startup_cycles + element_cycles; }
};

// Resolves the operands of a vector instruction and its length: that of source 0 if not 0, else of
// source 1, else of the destination, else one.
Fault StartVector(const PeState& pe, const Inst& inst, const uint32_t* regs, VectorRun* run);

// Processes elements until run->done == end. On a fault run->done is the element that failed.
Fault RunElements(PeState& pe, VectorRun* run, uint32_t end);

// After the last element: advances the bases of DSRs loaded with save_address.
void FinishVector(PeState& pe, const VectorRun& run);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_VECTOR_H_
