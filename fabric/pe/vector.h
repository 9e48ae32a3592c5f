// SPDX-License-Identifier: Apache-2.0
// Vector operations: operands resolved from DSRs and registers, then done group by group of
// elements (docs/fabric/timing.md, "Groups of elements").
//
// Elements are processed strictly in order; element k is read before it is written, and k + 1 sees
// what k wrote. A pointer destination keeps the last value; with a scalar first source the result
// of each step is the next step's scalar (a running sum).
//
// Operations on memory alone run as one loop where nobody can see the difference (RunElements);
// everything else goes group by group in fabric time (fabric_operation.h).
#ifndef FABRIC_PE_VECTOR_H_
#define FABRIC_PE_VECTOR_H_

#include <array>
#include <cstdint>

#include "fabric/isa/architecture.h"
#include "fabric/isa/descriptor.h"
#include "fabric/isa/element_op.h"
#include "fabric/isa/vector_cost.h"
#include "fabric/pe/code.h"
#include "fabric/pe/fault.h"

namespace csl::fabric::pe {

struct Channel;
struct OutputQueue;
struct PeState;
struct RunContext;
struct VectorRun;

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
  enum class Mode : uint8_t { kNone, kScalar, kMemory, kPointer, kFabin, kFabout, kFifo };
  Mode mode = Mode::kNone;
  int8_t dsr_file = -1;  // where it came from, -1: a register
  uint8_t dsr_number = 0;
  uint8_t element_bytes = 0;
  uint32_t scalar = 0;
  uint32_t length = 0;  // 0: none
  Cursor cursor;        // kMemory, kPointer
  // kFabin: the channel; kFabout: the output queue; kFifo: the FIFO.
  uint8_t queue = 0;
  uint8_t color = isa::kNoColor;  // kFabout
  // kFabin of a color with shared queues (WSE-2): the queue that is bound to it meanwhile.
  uint8_t bound_queue = isa::kNoQueue;
  isa::DsdHeader header;  // fabric
  isa::FabricModes modes;
  uint16_t index = 0;  // kFabout with wavelet_index_offset

  bool is_fabric() const { return mode == Mode::kFabin || mode == Mode::kFabout; }
  // kFabin, kFabout: the queue that the operation has.
  uint8_t queue_in_use() const { return bound_queue != isa::kNoQueue ? bound_queue : queue; }
};

inline constexpr uint32_t kEndless = 0xffffffff;
inline constexpr uint8_t kNoPage = 0xff;

// An operand of an operation that goes one by one, as each group needs it.
struct OneByOneOperand {
  VectorOperand::Mode mode = VectorOperand::Mode::kNone;
  uint8_t element_bytes = 0;
  uint8_t queue = 0;  // kFabin: index into PeState::channels; kFabout: number
  // kMemory: not a line of elements, VectorOperand::cursor walks; kFabout: not plain data, SendWord
  // builds the wavelet.
  bool is_odd = false;
  uint32_t value = 0;  // kScalar; kMemory, kPointer: address of the next element, modulo 2^16
  int32_t step = 0;    // kMemory: bytes
};

// What a step of a PE does whose only microthread goes one by one (lone_microthread.h).
using LoneStep = int64_t (*)(PeState& pe, RunContext& context, VectorRun* run, int64_t now);

struct alignas(64) VectorRun {
  // What every group looks at stands in front, in two cache lines.
  int64_t ready_from = 0;  // the next group is not done before
  uint32_t length = 0;     // kEndless: until something ends it
  uint32_t done = 0;
  uint32_t inputs = 0;   // bit = channel it takes wavelets from
  uint8_t outputs = 0;   // bit = output queue it needs room in
  uint8_t priority = 0;  // 0 low, 1 medium, 2 high
  uint8_t microthread = 0;
  // In fabric time, and each group is one element, of one wavelet of each fabric operand.
  bool one_by_one = false;
  isa::ElementFn element = nullptr;
  // While it is PeState::lone:
  LoneStep lone_step = nullptr;
  Channel* channel = nullptr;    // that of its input
  OutputQueue* queue = nullptr;  // that of its output
  // A word that arrived in the cycle under way, in place of the first one of its channel, which is
  // empty: usually the step of that cycle takes it, else puts it there.
  uint32_t arrived = 0;
  bool has_arrived = false;
  bool takes_arrivals = false;         // its only channel's, that is
  const uint8_t* read_page = nullptr;  // the page read_page_number of the PE's memory
  uint8_t* written_page = nullptr;     // the PE's own page written_page_number
  uint8_t read_page_number = kNoPage;
  uint8_t written_page_number = kNoPage;
  uint8_t color = isa::kNoColor;  // one_by_one, to a queue
  isa::GroupCosts costs;
  uint32_t scalar = 0;       // fmac family
  OneByOneOperand one_dest;  // one_by_one: the operands as they stand
  OneByOneOperand one_src0;
  OneByOneOperand one_src1;
  bool in_fabric_time = false;  // operations with fabric or FIFO operands
  bool is_async = false;
  bool packed = false;
  bool holds_result = false;  // a pointer is written at completion only
  uint8_t group_elements = 1;
  uint8_t group_wavelets = 1;
  isa::Opcode opcode = isa::Opcode::kIllegal;
  VectorOperand src0;
  VectorOperand src1;
  VectorOperand dest;
  int32_t startup_cycles = 0;
  uint32_t controls_left = 0;  // dfilt
  isa::AsyncSettings async;
  uint16_t completion_id = 0;
  uint16_t on_control_id = 0;
  uint32_t position = 0;  // of the instruction
  uint64_t pages = 0;     // of a microthread: MemoryPages

  // The result of each step is the first source of the next: @fadds(&sum, sum, dsd).
  bool is_running_scalar() const {
    return dest.mode == VectorOperand::Mode::kPointer && src0.mode == VectorOperand::Mode::kScalar;
  }
  // Memory alone: cycles from the issue to the group of element k, and of the whole operation.
  int64_t ElementOffset(uint32_t k) const {
    return startup_cycles + costs.CyclesBefore(k / static_cast<uint32_t>(costs.width));
  }
  int64_t TotalCycles() const { return startup_cycles + costs.Total(length); }
};

// Resolves the operands of a vector instruction and its length: that of source 0 if not 0, else of
// source 1, else of the destination, else none if an operand has a DSD, else one.
Fault StartVector(PeState& pe, const Inst& inst, const uint32_t* regs, VectorRun* run);

// Whether a vector instruction has operands in queues or FIFOs, so that it needs fabric time.
bool TouchesQueues(PeState& pe, const Inst& inst);

// The pages of memory that the operation may read or write, as bits. All bits if that is not known
// so simply, if it may leave the memory, or if it changes a register at its end.
inline constexpr uint64_t kAllPages = ~uint64_t{0};
uint64_t MemoryPages(const PeState& pe, const VectorRun& run);

// Memory alone: whether no active microthread can tell when the operation is done, nor the
// operation what they have done.
bool RunsBesideMicrothreads(const PeState& pe, const VectorRun& run);

// Memory alone: how many elements of the operation, those done included, lie in groups that begin
// before cycle `cut`, if the next group begins at `next`.
uint32_t ElementsBefore(const VectorRun& run, int64_t next, int64_t cut);

// Memory alone: processes elements until run->done == end. On a fault run->done is the element that
// failed.
Fault RunElements(PeState& pe, VectorRun* run, uint32_t end);

// After the last element: zeroes sources, advances the bases of DSRs loaded with save_address.
void FinishVector(PeState& pe, const VectorRun& run);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_VECTOR_H_
