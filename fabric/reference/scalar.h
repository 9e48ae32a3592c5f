// SPDX-License-Identifier: Apache-2.0
// Instructions that concern registers alone: the one-instruction handlers of fabric/pe/ops.
#ifndef FABRIC_REFERENCE_SCALAR_H_
#define FABRIC_REFERENCE_SCALAR_H_

#include <cstdint>

#include "fabric/isa/arith/arith.h"
#include "fabric/isa/instruction.h"

namespace csl::fabric::reference {

enum class ScalarResult : uint8_t { kOther, kNext, kTaken };

// kOther: the instruction is none of them, and nothing happened.
ScalarResult ExecuteScalar(const isa::Instruction& instruction, isa::arith::Fp16Format format,
                           uint32_t* regs);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_SCALAR_H_
