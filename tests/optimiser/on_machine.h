// SPDX-License-Identifier: Apache-2.0
// Compiles a module with given passes, and runs it on one PE.
#ifndef TESTS_OPTIMISER_ON_MACHINE_H_
#define TESTS_OPTIMISER_ON_MACHINE_H_

#include <span>

#include "base/status.h"
#include "compiler/passes/pipeline.h"
#include "tests/optimiser/reference.h"

namespace csl::optimiser {

struct MachineResult {
  GlobalBytes globals;
  uint64_t instructions = 0;
};

StatusOr<MachineResult> RunOnMachine(ir::Module module, std::span<const passes::PassRow> passes,
                                     uint32_t first, uint16_t second);

}  // namespace csl::optimiser

#endif  // TESTS_OPTIMISER_ON_MACHINE_H_
