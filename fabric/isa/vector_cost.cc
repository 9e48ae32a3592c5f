// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/vector_cost.h"

#include <algorithm>

namespace csl::isa {
namespace {

int StrideLimit(int32_t stride, int full) {
  if (stride == 0 || stride == 1) return full;
  switch (((stride % 8) + 8) % 8) {
    case 0:
      return 1;
    case 1:
    case 7:
      return 2;
    case 4:
      return 4;
    default:
      return full;
  }
}

// Which half of the banks element `index` lies in: the banks serve two 32-bit reads a cycle if one
// lies in each half.
uint32_t BankHalf(const VectorOperandShape& operand, uint32_t index) {
  const uint32_t address =
      operand.base + index * static_cast<uint32_t>(operand.stride) * operand.width_bytes;
  return address >> 2 & 1;
}

bool Conflicts(const VectorShape& shape, uint32_t index) {
  const VectorOperandShape& a = shape[1];
  const VectorOperandShape& b = shape[2];
  // A source with stride 0 is read once.
  if (!a.is_memory || !b.is_memory || a.stride == 0 || b.stride == 0) return false;
  return BankHalf(a, index) == BankHalf(b, index);
}

bool IsMisaligned(const VectorShape& shape, int width) {
  return std::any_of(shape.begin(), shape.end(), [&](const VectorOperandShape& o) {
    return o.is_memory && o.stride != 0 && (width > 1 || o.width_bytes == 4) && o.base % 4 != 0;
  });
}

}  // namespace

int VectorWidth(Opcode opcode, Arch arch, const VectorShape& shape) {
  const int full = VectorInfo(opcode).max_elements_per_cycle[static_cast<int>(arch)];
  int width = full;
  for (const VectorOperandShape& operand : shape) {
    if (operand.is_memory) width = std::min(width, StrideLimit(operand.stride, full));
  }
  return width;
}

int64_t VectorElementCycles(Opcode opcode, Arch arch, uint32_t length, const VectorShape& shape) {
  if (length == 0) return 0;
  const int width = VectorWidth(opcode, arch, shape);
  const int64_t groups = (int64_t{length} + width - 1) / width;
  const int64_t extra = MachineCostsOf(arch).bank_conflict_factor - 1;
  if (IsMisaligned(shape, width)) return groups * (1 + extra);
  // Groups start at addresses that advance by a constant, so conflicts repeat every fourth group.
  int64_t conflicts = 0;
  for (int64_t phase = 0; phase < std::min<int64_t>(groups, 4); ++phase) {
    if (Conflicts(shape, static_cast<uint32_t>(phase * width)))
      conflicts += (groups + 3 - phase) / 4;
  }
  return groups + extra * conflicts;
}

}  // namespace csl::isa
