// SPDX-License-Identifier: Apache-2.0
// Runs the elements of vector operations on memory: cuts them into chunks that lie in one page of
// each operand at constant steps, and elements that do not.
#include <algorithm>
#include <limits>

#include "fabric/isa/element_op.h"
#include "fabric/pe/element_loops.h"
#include "fabric/pe/program.h"
#include "fabric/pe/state.h"
#include "fabric/pe/vector.h"

namespace csl::fabric::pe {
namespace {

using Mode = VectorOperand::Mode;

constexpr uint32_t kNoLimit = std::numeric_limits<uint32_t>::max();

bool InMemory(const VectorOperand& operand) {
  return operand.mode == Mode::kMemory || operand.mode == Mode::kPointer;
}

// How many elements from here on lie `step` apart, the one after the last included if that is where
// the step changes. At least 1.
uint32_t ElementsInStep(const Cursor& cursor) {
  const int32_t step = cursor.step[0];
  if (cursor.circular) {
    const int32_t at = cursor.address;
    if (at < cursor.wrap_start || at >= cursor.wrap_end) return 1;
    if (step == 0) return kNoLimit;
    const int32_t room = step > 0 ? cursor.wrap_end - 1 - at : at - cursor.wrap_start;
    return static_cast<uint32_t>(room / std::abs(step)) + 1;
  }
  return cursor.dimensions == 1 ? kNoLimit : std::max<uint32_t>(cursor.left[0], 1);
}

// How many elements of `bytes` from here on lie in one page; 0 if the first one does not.
uint32_t ElementsInPage(const Cursor& cursor, uint32_t bytes) {
  const uint32_t address = cursor.at();
  const uint32_t offset = address & (kPageBytes - 1);
  if (address >= kMemoryBytes || offset + bytes > kPageBytes) return 0;
  const int32_t step = cursor.step[0];
  if (step == 0) return kNoLimit;
  const uint32_t room = step > 0 ? kPageBytes - bytes - offset : offset;
  if (step == 4) return room / 4 + 1;  // no division
  if (step == 2) return room / 2 + 1;
  return room / static_cast<uint32_t>(std::abs(step)) + 1;
}

uint32_t ChunkLimit(const VectorOperand& operand, uint32_t bytes) {
  if (!InMemory(operand)) return kNoLimit;
  return std::min(ElementsInPage(operand.cursor, bytes), ElementsInStep(operand.cursor));
}

// Past `count` elements of which all but the last are followed by the fastest step.
void AdvanceBy(Cursor* cursor, uint32_t count) {
  cursor->address += static_cast<int32_t>(count - 1) * cursor->step[0];
  if (!cursor->circular && cursor->dimensions > 1 && cursor->left[0] >= count) {
    cursor->left[0] = static_cast<uint16_t>(cursor->left[0] - (count - 1));
  }
  cursor->Next();
}

class ElementRunner {
 public:
  ElementRunner(PeState& pe, VectorRun* run)
      : memory_(pe.memory), carry_(&pe.carry), run_(*run), running_(run->is_running_scalar()) {
    const bool scalar = run->src1.mode == Mode::kScalar;
    const auto format = pe.program->half;
    op_ = isa::ElementOpOf(run->opcode, format, scalar, running_);
    if (op_.fn != nullptr) loops_ = ElementLoopsOf(run->opcode, format, scalar, running_);
  }

  Fault RunTo(uint32_t end) {
    if (op_.fn == nullptr) {
      return {FaultKind::kNotSupported, static_cast<uint32_t>(run_.opcode)};
    }
    while (run_.done < end) {
      uint32_t count = end - run_.done;
      count = std::min(count, ChunkLimit(run_.src0, op_.src0_bytes));
      count = std::min(count, ChunkLimit(run_.src1, op_.src1_bytes));
      count = std::min(count, ChunkLimit(run_.dest, op_.dest_bytes));
      if (count > 0) {
        RunChunk(count);
      } else if (Fault fault = RunOne(); !fault.ok()) {
        return fault;
      } else {
        count = 1;
      }
      for (VectorOperand* operand : {&run_.src0, &run_.src1, &run_.dest}) {
        AdvanceBy(&operand->cursor, count);
      }
      run_.done += count;
    }
    return {};
  }

 private:
  const uint8_t* Source(const VectorOperand& operand, std::ptrdiff_t* step) const {
    *step = 0;
    if (!InMemory(operand)) return reinterpret_cast<const uint8_t*>(&operand.scalar);
    *step = operand.cursor.step[0];
    return memory_.PageAt(operand.cursor.at());
  }

  void RunChunk(uint32_t count) {
    ElementChunk chunk;
    // First the destination: its page may become the PE's own, sources may lie in it.
    chunk.dest = memory_.OwnPageAt(run_.dest.cursor.at());
    chunk.dest_step = run_.dest.cursor.step[0];
    chunk.src0 = Source(run_.src0, &chunk.src0_step);
    chunk.src1 = Source(run_.src1, &chunk.src1_step);
    chunk.count = count;
    chunk.scalar = run_.scalar;
    chunk.carry = carry_;
    if (running_) {
      run_.src0.scalar = loops_.running(chunk, run_.src0.scalar);
    } else if (loops_.blocks != nullptr && ElementLoops::CanBlock(chunk, op_)) {
      loops_.blocks(chunk);
    } else {
      loops_.in_order(chunk);
    }
  }

  bool Read(const VectorOperand& operand, uint32_t bytes, uint32_t* value) const {
    *value = operand.scalar;
    if (!InMemory(operand)) return true;
    if (bytes == 4) return memory_.Load<uint32_t>(operand.cursor.at(), value);
    uint16_t half = 0;
    const bool ok = memory_.Load<uint16_t>(operand.cursor.at(), &half);
    *value = half;
    return ok;
  }

  // An element that lies across pages, or outside of the memory.
  Fault RunOne() {
    uint32_t a = 0;
    uint32_t b = 0;
    const auto bad = [](const VectorOperand& operand) {
      return Fault{FaultKind::kBadAddress, operand.cursor.at()};
    };
    if (!Read(run_.src0, op_.src0_bytes, &a)) return bad(run_.src0);
    if (!Read(run_.src1, op_.src1_bytes, &b)) return bad(run_.src1);
    const uint32_t result = op_.fn(a, b, run_.scalar, carry_);
    const uint32_t address = run_.dest.cursor.at();
    const bool ok = op_.dest_bytes == 4
                        ? memory_.Store<uint32_t>(address, result)
                        : memory_.Store<uint16_t>(address, static_cast<uint16_t>(result));
    if (!ok) return bad(run_.dest);
    if (running_) run_.src0.scalar = result;
    return {};
  }

  Memory& memory_;
  uint16_t* const carry_;
  VectorRun& run_;
  const bool running_;
  isa::ElementOp op_;
  ElementLoops loops_;
};

}  // namespace

Fault RunElements(PeState& pe, VectorRun* run, uint32_t end) {
  return ElementRunner(pe, run).RunTo(end);
}

}  // namespace csl::fabric::pe
