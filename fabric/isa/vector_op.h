// SPDX-License-Identifier: Apache-2.0
// What is known of the vector operations beyond their opcode: operands, element types, element rate
// (vector_ops.def).
#ifndef FABRIC_ISA_VECTOR_OP_H_
#define FABRIC_ISA_VECTOR_OP_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "fabric/isa/instruction.h"

namespace csl::isa {

// kI16 stands for any 16 bits, kI32 for any 32.
enum class ElementType : uint8_t { kNone, kI16, kI32, kF16, kF32 };
constexpr int ElementBytes(ElementType type) {
  return type == ElementType::kNone                               ? 0
         : type == ElementType::kI16 || type == ElementType::kF16 ? 2
                                                                  : 4;
}

struct VectorOpInfo {
  Opcode opcode;
  std::string_view name;  // as the builtin: "fmacs"
  uint8_t num_sources;    // 1: the source is src1; 2: src0 and src1
  bool has_scalar;        // dest = src0 + src1 * scalar
  ElementType dest;
  ElementType src0;
  ElementType src1;
  uint8_t max_elements_per_cycle[kNumArchs];
  CostSource source;
};

std::span<const VectorOpInfo> VectorOps();
// Precondition: the opcode has kVectorOp.
const VectorOpInfo& VectorInfo(Opcode opcode);
// By the builtin's name, without '@'; null if there is none.
const VectorOpInfo* FindVectorOp(std::string_view name);

}  // namespace csl::isa

#endif  // FABRIC_ISA_VECTOR_OP_H_
