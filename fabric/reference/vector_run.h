// SPDX-License-Identifier: Apache-2.0
// A vector operation under way: its operands, and group after group of its elements.
//
// The functions are those of docs/fabric/timing.md, "Groups of elements".
#ifndef FABRIC_REFERENCE_VECTOR_RUN_H_
#define FABRIC_REFERENCE_VECTOR_RUN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "fabric/isa/descriptor.h"
#include "fabric/reference/fault.h"
#include "fabric/reference/wavelet.h"

namespace csl::fabric::reference {

struct Ce;

// Walks the addresses of a memory operand.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(uint32_t address) : address_(static_cast<int32_t>(address)) {}
  Cursor(const isa::Descriptor& descriptor, int element_bytes);

  uint32_t address() const { return static_cast<uint32_t>(address_) & 0xffff; }
  void Next();

 private:
  int32_t address_ = 0;
  int dimensions_ = 0;  // 0: the address stays
  int element_bytes_ = 0;
  bool circular_ = false;
  isa::Descriptor descriptor_;
  std::array<uint16_t, 4> left_ = {};
};

struct Operand {
  enum class Kind : uint8_t { kNone, kScalar, kMemory, kPointer, kFabin, kFabout, kFifo };
  Kind kind = Kind::kNone;
  int dsr_file = -1;  // -1: from a register
  int dsr_number = 0;
  isa::Descriptor descriptor;  // as it was at issue
  int element_bytes = 0;
  uint32_t scalar = 0;
  Cursor cursor;
  int unit = 0;  // kFabin: channel; kFabout: output queue; kFifo: FIFO
  // kFabin: the queue that the operation binds to the color of the channel (WSE-2); -1: none.
  int bound_queue = -1;

  bool is_fabric() const { return kind == Kind::kFabin || kind == Kind::kFabout; }
  bool is_memory() const { return kind == Kind::kMemory; }
};

inline constexpr uint32_t kEndless = 0xffffffff;

struct VectorRun {
  isa::Opcode opcode = isa::Opcode::kIllegal;
  uint32_t position = 0;  // of the instruction
  Operand dest;
  Operand src0;
  Operand src1;
  uint32_t scalar = 0;
  uint32_t length = 0;  // kEndless: until something stops it
  uint32_t done = 0;
  int width = 1;  // elements a cycle
  bool misaligned = false;
  bool packed = false;        // two elements a wavelet
  bool two_wavelets = false;  // simd_64
  int startup_cycles = 0;

  bool is_async = false;
  isa::AsyncAction completion = isa::AsyncAction::kNone;
  uint16_t completion_id = 0;
  isa::AsyncAction on_control = isa::AsyncAction::kNone;
  uint16_t on_control_id = 0;
  int microthread = 0;
  int priority = 1;  // isa::Priority

  bool has_fabric() const { return dest.is_fabric() || src0.is_fabric() || src1.is_fabric(); }
  bool has_fifo() const {
    return dest.kind == Operand::Kind::kFifo || src0.kind == Operand::Kind::kFifo ||
           src1.kind == Operand::Kind::kFifo;
  }
  // The result of each step is the first source of the next.
  bool is_running_scalar() const {
    return dest.kind == Operand::Kind::kPointer && src0.kind == Operand::Kind::kScalar;
  }
};

// vector_start.cc

// Resolves the operands of a vector instruction and everything that is known at its issue.
Fault StartVector(Ce& ce, const isa::Instruction& instruction, const uint32_t* regs,
                  VectorRun* run);

// vector_run.cc

// An operation that a control wavelet may end begins in t: one that has ended another is removed.
void DropSpent(Ce& ce, const VectorRun& run, int64_t t);

// What the next cycle of an operation is about.
enum class Next : uint8_t {
  kWait,      // wavelets or room are missing
  kGroup,     // a group of elements
  kControl,   // a control wavelet at the head of a fabric input that is not an element
  kFifoStop,  // a FIFO is not ready, and the operation does not wait
};

// What could be done in cycle t with what is visible then.
Next NextOf(const Ce& ce, const VectorRun& run, int64_t t);
// Arms the task of a FIFO that is not ready in t.
void NoteFifo(Ce& ce, const VectorRun& run, int64_t t);

struct Served {
  int cycles = 1;  // that the thread or port is taken
  bool ended = false;
  bool completed = true;  // vok
  int elements = 0;
  Fault fault;
};
// Does what NextOf, which is not kWait, said for cycle t.
Served Serve(Ce& ce, VectorRun& run, Next next, int64_t t);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_VECTOR_RUN_H_
