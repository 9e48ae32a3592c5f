// SPDX-License-Identifier: Apache-2.0
// How many cycles the elements of a vector operation take in memory and datapath.
//
// An operation costs its start-up (opcodes.def) plus what is returned here. Fabric operands add
// waiting of their own (at most one wavelet a cycle and direction), which is not counted here.
#ifndef FABRIC_ISA_VECTOR_COST_H_
#define FABRIC_ISA_VECTOR_COST_H_

#include <array>
#include <cstdint>

#include "fabric/isa/vector_op.h"

namespace csl::isa {

// Where the elements of one operand lie. Scalars, fabric operands and absent ones: is_memory =
// false.
struct VectorOperandShape {
  bool is_memory = false;
  uint32_t base = 0;   // byte address of element 0
  int32_t stride = 1;  // elements; mem4d: of the fastest dimension
  uint8_t width_bytes = 4;
};
// dest, src0, src1.
using VectorShape = std::array<VectorOperandShape, 3>;

// Elements the datapath handles per cycle, before bank conflicts: the table's figure, limited by
// strides.
//   stride 0, 1: full; else stride mod 8 in {2, 3, 5, 6}: full; {1, 7}: 2; 4: 4; 0: 1.
int VectorWidth(Opcode opcode, Arch arch, const VectorShape& shape);

// Cycles for `length` elements, start-up not included. A cycle in which both sources lie in the
// same half of the banks (their byte addresses agree modulo 8 in bit 2), or an operand wider than
// one element a cycle that is not 32-bit aligned, counts twice.
int64_t VectorElementCycles(Opcode opcode, Arch arch, uint32_t length, const VectorShape& shape);

}  // namespace csl::isa

#endif  // FABRIC_ISA_VECTOR_COST_H_
