// SPDX-License-Identifier: Apache-2.0
// Runs IR as it stands, one instruction after the other.
#ifndef TESTS_OPTIMISER_REFERENCE_H_
#define TESTS_OPTIMISER_REFERENCE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/ir.h"

namespace csl::optimiser {

using GlobalBytes = std::vector<std::vector<uint8_t>>;  // by global

// The globals after &main(first, second); nullopt if it takes too many steps.
std::optional<GlobalBytes> RunReference(const ir::Module& module, uint32_t first, uint16_t second);

}  // namespace csl::optimiser

#endif  // TESTS_OPTIMISER_REFERENCE_H_
