// SPDX-License-Identifier: Apache-2.0
// A group of an operation that goes one by one (VectorRun::one_by_one): what most PE-cycles of a
// busy fabric are. Private to fabric/pe; in a header so that it lies within its callers.
#ifndef FABRIC_PE_ONE_BY_ONE_H_
#define FABRIC_PE_ONE_BY_ONE_H_

#include <cstdint>

#include "fabric/pe/channels.h"
#include "fabric/pe/fabric_operation.h"

namespace csl::fabric::pe {

// The data wavelet that an operand takes.
[[gnu::always_inline]] inline uint32_t TakeData(PeState& pe, RunContext& context,
                                                const OneByOneOperand& one, int64_t now) {
  if (one.mode != VectorOperand::Mode::kFabin) return one.value;
  const uint32_t payload = TakeWord(pe, context, pe.channels[one.queue], now).payload;
  return one.element_bytes == 4 ? payload : payload & 0xffff;
}

// Where the next element of an operand in memory is; moves on.
[[gnu::always_inline]] inline uint32_t NextAddress(OneByOneOperand& one, VectorOperand& operand) {
  uint32_t address = one.value;
  if (__builtin_expect(one.is_odd, 0)) {
    address = operand.cursor.at();
    operand.cursor.Next();
  } else {
    one.value = (address + static_cast<uint32_t>(one.step)) & 0xffff;
  }
  return address;
}

[[gnu::always_inline]] inline bool LoadElement(const PeState& pe, uint32_t address, int bytes,
                                               uint32_t* value) {
  if (bytes == 4) return pe.memory.Load<uint32_t>(address, value);
  uint16_t half = 0;
  const bool ok = pe.memory.Load<uint16_t>(address, &half);
  *value = half;
  return ok;
}

// Puts a wavelet into an output queue, which has room.
[[gnu::always_inline]] inline void PushInto(PeState& pe, OutputQueue& queue, const OutputWord& word,
                                            int64_t now) {
  const unsigned bit = 1u << queue.number;
  queue.words.Push(word, now);
  pe.output_words |= static_cast<uint8_t>(bit);
  if (queue.full()) pe.output_full |= static_cast<uint8_t>(bit);
}

// RunGroup.
[[gnu::always_inline]] inline int RunOneByOne(PeState& pe, RunContext& context, VectorRun* run,
                                              int64_t now, Fault* fault) {
  using Mode = VectorOperand::Mode;
  const int cycles = run->costs.ElementCycles(run->done);
  uint32_t a = TakeData(pe, context, run->one_src0, now);
  uint32_t b = TakeData(pe, context, run->one_src1, now);
  if (run->one_src0.mode == Mode::kMemory) {
    const uint32_t address = NextAddress(run->one_src0, run->src0);
    if (!LoadElement(pe, address, run->one_src0.element_bytes, &a)) {
      *fault = {FaultKind::kBadAddress, address};
      return cycles;
    }
  }
  if (run->one_src1.mode == Mode::kMemory) {
    const uint32_t address = NextAddress(run->one_src1, run->src1);
    if (!LoadElement(pe, address, run->one_src1.element_bytes, &b)) {
      *fault = {FaultKind::kBadAddress, address};
      return cycles;
    }
  }
  const uint32_t value = run->element(a, b, run->scalar, &pe.carry);
  OneByOneOperand& dest = run->one_dest;
  if (dest.mode == Mode::kFabout) {
    ++run->done;
    const uint32_t payload = dest.element_bytes == 4 ? value : value & 0xffff;
    if (__builtin_expect(dest.is_odd, 0)) {
      const bool indexed = dest.element_bytes == 2 && run->dest.header.wavelet_index_offset;
      SendWord(pe, dest.queue, run->color, run->dest.header,
               indexed ? payload | uint32_t{run->dest.index} << 16 : payload,
               run->done == run->length, now);
    } else {
      PushInto(pe, pe.outputs[dest.queue], {payload, run->color}, now);
    }
    return cycles;
  }
  const uint32_t address = dest.mode == Mode::kMemory ? NextAddress(dest, run->dest) : dest.value;
  const bool ok = dest.element_bytes == 4
                      ? pe.memory.Store<uint32_t>(address, value)
                      : pe.memory.Store<uint16_t>(address, static_cast<uint16_t>(value));
  if (!ok) {
    *fault = {FaultKind::kBadAddress, address};
    return cycles;
  }
  ++run->done;
  return cycles;
}

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_ONE_BY_ONE_H_
