// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/fault.h"

#include <fmt/format.h>

#include "fabric/isa/instruction.h"

namespace csl::fabric::reference {

std::string FaultText(const Fault& fault) {
  static constexpr const char* kSides[] = {"WEST", "EAST", "SOUTH", "NORTH", "RAMP", "the host"};
  if (fault.kind == FaultKind::kTrap) {
    return fmt::format("trap: {}", isa::TrapText(static_cast<isa::TrapCode>(fault.detail)));
  }
  if (fault.kind == FaultKind::kNotSupported && fault.detail < isa::kNumOpcodes) {
    return fmt::format("not supported yet: instruction {}",
                       isa::Info(static_cast<isa::Opcode>(fault.detail)).mnemonic);
  }
  if (fault.kind == FaultKind::kCollision) {
    return fmt::format("color {} has a wavelet from {} and one from {} in the same cycle",
                       fault.detail & 0xff, kSides[fault.detail >> 8 & 0xff],
                       kSides[fault.detail >> 16 & 0xff]);
  }
  switch (fault.kind) {
#define FAULT(name, text) \
  case FaultKind::name:   \
    return fmt::format(fmt::runtime(text), fault.detail);
#include "fabric/pe/faults.def"
#undef FAULT
  }
  return "unknown fault";
}

bool HasPlace(FaultKind kind) {
  return kind != FaultKind::kBadCopy && kind != FaultKind::kNoSuchExport &&
         kind != FaultKind::kUnboundTask && kind != FaultKind::kCollision;
}

}  // namespace csl::fabric::reference
