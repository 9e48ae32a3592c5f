// SPDX-License-Identifier: Apache-2.0
// How many cycles the elements of a vector operation take in memory and datapath, group by group
// (docs/fabric/timing.md, "Groups of elements").
//
// An operation costs its start-up (opcodes.def) plus its groups. Fabric operands add waiting of
// their own, which is not counted here.
#ifndef FABRIC_ISA_VECTOR_COST_H_
#define FABRIC_ISA_VECTOR_COST_H_

#include <array>
#include <cstdint>

#include "fabric/isa/vector_op.h"

namespace csl::isa {

// Operands move 32 bits at once from addresses that are multiples of this, whatever the type of the
// elements.
inline constexpr uint32_t kVectorAlignment = 4;

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

// What the groups of one operation cost: made once, when it starts.
//
// A group takes one cycle, or `factor` cycles where the two sources, both memory with a stride, lie
// in the same half of the banks at the group's first element, and always if an operand with a
// stride is not 32-bit aligned. Where element k lies is base + k * stride: the other dimensions of
// mem4d and the wrapping of rings do not count.
//
// The default is that of operations with a FIFO and no fabric operand: an element a cycle.
struct GroupCosts {
  uint8_t width = 1;          // elements per cycle, and per group of operations on memory
  uint8_t factor = 1;         // cycles of a group that conflicts or is misaligned
  uint8_t slow_elements = 0;  // bit k: so are groups that begin at element k, k + 4, k + 8 ...

  static GroupCosts Of(Opcode opcode, Arch arch, const VectorShape& shape);

  // Of memory (and scalars) alone: group g holds elements g * width and up.
  int64_t Groups(uint32_t length) const { return (int64_t{length} + width - 1) / width; }
  int CyclesOf(int64_t group) const { return CyclesAt(group * width); }
  int64_t CyclesBefore(int64_t group) const;  // of all groups before this one
  // Of an operation without elements: one group, which takes a cycle.
  int64_t Total(uint32_t length) const { return length == 0 ? 1 : CyclesBefore(Groups(length)); }

  // Of an operation with a fabric operand: a group of `elements` from `first_element` on.
  int FabricGroupCycles(int64_t first_element, int elements) const {
    const int cycles = elements <= width ? 1 : (elements + width - 1) / width;
    return cycles * CyclesAt(first_element);
  }
  int ElementCycles(uint32_t element) const { return CyclesAt(element); }  // of a group of one

 private:
  int CyclesAt(int64_t element) const { return slow_elements >> (element & 3) & 1 ? factor : 1; }
};

// Cycles for `length` elements in memory, start-up not included.
inline int64_t VectorElementCycles(Opcode opcode, Arch arch, uint32_t length,
                                   const VectorShape& shape) {
  return GroupCosts::Of(opcode, arch, shape).Total(length);
}

}  // namespace csl::isa

#endif  // FABRIC_ISA_VECTOR_COST_H_
