// SPDX-License-Identifier: Apache-2.0
// The inner loops of vector operations on memory: one operation over a run of elements that lie in
// host memory at constant steps. Where the run is, and what comes after it, is the caller's
// business (vector_elements.cc).
#ifndef FABRIC_PE_ELEMENT_LOOPS_H_
#define FABRIC_PE_ELEMENT_LOOPS_H_

#include <cstddef>
#include <cstdint>

#include "fabric/isa/element_op.h"

namespace csl::fabric::pe {

// `count` elements from host addresses on; steps in bytes, 0 for scalars and operands that stay.
struct ElementChunk {
  const uint8_t* src0 = nullptr;  // operations with one source read it, too, and ignore the value
  const uint8_t* src1 = nullptr;
  uint8_t* dest = nullptr;
  std::ptrdiff_t src0_step = 0;
  std::ptrdiff_t src1_step = 0;
  std::ptrdiff_t dest_step = 0;
  uint32_t count = 0;
  uint32_t scalar = 0;        // fmac family
  uint16_t* carry = nullptr;  // of the thread
};

struct ElementLoops {
  // Strictly in order, whatever overlaps.
  void (*in_order)(const ElementChunk&) = nullptr;
  // A block of elements at a time: right if CanBlock returns true. Null for operations whose
  // elements depend on each other (addc16).
  void (*blocks)(const ElementChunk&) = nullptr;
  // src0 is a scalar that each result replaces; returns the last one.
  uint32_t (*running)(const ElementChunk&, uint32_t first) = nullptr;

  // Whether elements lie next to each other and none of the chunk writes what a later one reads.
  static bool CanBlock(const ElementChunk& chunk, const isa::ElementOp& op);
};

// As isa::ElementOpOf. Precondition: the operation computes elements.
ElementLoops ElementLoopsOf(isa::Opcode opcode, isa::arith::Fp16Format format, bool src1_is_scalar,
                            bool running_scalar);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_ELEMENT_LOOPS_H_
