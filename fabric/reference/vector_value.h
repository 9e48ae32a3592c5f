// SPDX-License-Identifier: Apache-2.0
// What each vector operation does to one element.
#ifndef FABRIC_REFERENCE_VECTOR_VALUE_H_
#define FABRIC_REFERENCE_VECTOR_VALUE_H_

#include <cstdint>

#include "fabric/isa/arith/arith.h"
#include "fabric/isa/instruction.h"

namespace csl::fabric::reference {

struct ElementInputs {
  uint32_t src0 = 0;  // as many bits as the operand has
  uint32_t src1 = 0;
  uint32_t scalar = 0;          // fmac family
  bool src0_is_single = false;  // faddhs: which source is the f32
};

// `carry` is the PE's, for addc16.
uint32_t ElementValue(isa::Opcode opcode, isa::arith::Fp16Format format,
                      const ElementInputs& inputs, uint16_t* carry);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_VECTOR_VALUE_H_
