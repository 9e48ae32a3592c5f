// SPDX-License-Identifier: Apache-2.0
// Live ranges of virtual registers over positions of the code in layout order.
//
// Instruction number i (counted through all blocks) reads at 2i and writes at 2i + 1. A register is
// live in half-open ranges [start, end). A register written and never read lives for one position.
#ifndef COMPILER_CODEGEN_LIVENESS_H_
#define COMPILER_CODEGEN_LIVENESS_H_

#include <cstdint>
#include <vector>

#include "compiler/codegen/machine.h"

namespace csl::codegen {

struct Range {
  uint32_t start = 0;
  uint32_t end = 0;
};

// Sorted, disjoint, not touching.
using Ranges = std::vector<Range>;

bool Overlap(const Ranges& a, const Ranges& b);
Ranges Union(const Ranges& a, const Ranges& b);
bool Covers(const Ranges& ranges, uint32_t position);

struct Liveness {
  explicit Liveness(const MachineFunction& function);

  std::vector<Ranges> ranges;  // by register
  std::vector<uint64_t>
      weights;  // by register: reads and writes, 8 times as many for each loop around
};

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_LIVENESS_H_
