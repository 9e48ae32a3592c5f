// SPDX-License-Identifier: Apache-2.0
// What each vector operation does to one element: an operation on values, by opcode and 16-bit
// float format. Loops over memory, fabric and FIFO operands, of the engine and of the reference,
// all take it from here.
#ifndef FABRIC_ISA_ELEMENT_OP_H_
#define FABRIC_ISA_ELEMENT_OP_H_

#include <cstdint>

#include "fabric/isa/arith/float.h"
#include "fabric/isa/vector_op.h"

namespace csl::isa {

// dest = f(a, b). 16-bit values lie in the low halves; what is above them is ignored, and zero in
// the result. Operations with one source use b. `scalar` is the multiplier of the fmac family.
// addc16 reads and sets `carry`; it must not be null.
using ElementFn = uint32_t (*)(uint32_t a, uint32_t b, uint32_t scalar, uint16_t* carry);

struct ElementOp {
  ElementFn fn = nullptr;  // null: computes no elements (dfilt)
  uint8_t dest_bytes = 0;
  uint8_t src0_bytes = 0;  // 0: operation with one source
  uint8_t src1_bytes = 0;
};

// Which of its two forms faddhs takes depends on its operands; other operations ignore the flags.
//   src1_is_scalar   the second source is a register
//   running_scalar   the destination is a pointer and the first source a register, which each
//                    result replaces
// In both cases source 0 is the f32 and source 1 the 16-bit float; else it is the other way round.
// Precondition: the opcode has kVectorOp.
ElementOp ElementOpOf(Opcode opcode, arith::Fp16Format format, bool src1_is_scalar,
                      bool running_scalar);

}  // namespace csl::isa

#endif  // FABRIC_ISA_ELEMENT_OP_H_
