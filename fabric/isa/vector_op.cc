// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/vector_op.h"

#include "base/check.h"

namespace csl::isa {
namespace {

constexpr VectorOpInfo kOps[] = {
#define VECTOR_OP(opcode, name, sources, scalar, dest, src0, src1, wse2, wse3, source) \
  {Opcode::opcode,    name,                                                            \
   sources,           scalar != 0,                                                     \
   ElementType::dest, ElementType::src0,                                               \
   ElementType::src1, {wse2, wse3},                                                    \
   CostSource::source},
#include "fabric/isa/vector_ops.def"
#undef VECTOR_OP
};

}  // namespace

std::span<const VectorOpInfo> VectorOps() { return kOps; }

const VectorOpInfo& VectorInfo(Opcode opcode) {
  // The vector rows of opcodes.def are contiguous and in the order of vector_ops.def (a test holds
  // them to it).
  const auto index = static_cast<size_t>(opcode) - static_cast<size_t>(kOps[0].opcode);
  CHECK(index < std::size(kOps)) << EnumName(opcode) << " is not a vector operation";
  return kOps[index];
}

const VectorOpInfo* FindVectorOp(std::string_view name) {
  for (const VectorOpInfo& op : kOps) {
    if (op.name == name) return &op;
  }
  return nullptr;
}

}  // namespace csl::isa
