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
    return o.is_memory && o.stride != 0 && (width > 1 || o.width_bytes == 4) &&
           o.base % kVectorAlignment != 0;
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

GroupCosts GroupCosts::Of(Opcode opcode, Arch arch, const VectorShape& shape) {
  GroupCosts costs;
  costs.width = static_cast<uint8_t>(VectorWidth(opcode, arch, shape));
  costs.factor = static_cast<uint8_t>(MachineCostsOf(arch).bank_conflict_factor);
  if (IsMisaligned(shape, costs.width)) {
    costs.slow_elements = 0b1111;
    return costs;
  }
  // Elements have an even number of bytes, so every fourth one lies alike modulo 8.
  for (uint32_t k = 0; k < 4; ++k) {
    if (Conflicts(shape, k)) costs.slow_elements |= static_cast<uint8_t>(1 << k);
  }
  return costs;
}

int64_t GroupCosts::CyclesBefore(int64_t group) const {
  int64_t cycles = group;
  for (int64_t phase = 0; phase < 4; ++phase) {
    cycles += (CyclesOf(phase) - 1) * ((group + 3 - phase) / 4);
  }
  return cycles;
}

}  // namespace csl::isa
