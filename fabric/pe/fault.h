// SPDX-License-Identifier: Apache-2.0
// What can go wrong on a PE. A fault ends the run; its text names PE, function and source line.
#ifndef FABRIC_PE_FAULT_H_
#define FABRIC_PE_FAULT_H_

#include <cstdint>
#include <string>

namespace csl::fabric::pe {

enum class FaultKind : uint8_t {
#define FAULT(name, text) name,
#include "fabric/pe/faults.def"
#undef FAULT
};

struct Fault {
  FaultKind kind = FaultKind::kNone;
  uint32_t detail = 0;  // what faults.def says

  bool ok() const { return kind == FaultKind::kNone; }
};

// The sentence without the place.
std::string FaultText(const Fault& fault);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_FAULT_H_
