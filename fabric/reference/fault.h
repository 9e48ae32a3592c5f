// SPDX-License-Identifier: Apache-2.0
// How a program ends a run by itself: rows of fabric/pe/faults.def.
#ifndef FABRIC_REFERENCE_FAULT_H_
#define FABRIC_REFERENCE_FAULT_H_

#include <cstdint>
#include <string>

namespace csl::fabric::reference {

enum class FaultKind : uint8_t {
#define FAULT(name, text) name,
#include "fabric/pe/faults.def"
#undef FAULT
};

struct Fault {
  FaultKind kind = FaultKind::kNone;
  uint32_t detail = 0;

  bool ok() const { return kind == FaultKind::kNone; }
};

// Detail of kCollision.
constexpr uint32_t CollisionDetail(int color, int first_side, int second_side) {
  return static_cast<uint32_t>(color | first_side << 8 | second_side << 16);
}

// The sentence without the place.
std::string FaultText(const Fault& fault);
// Whether the text names the instruction at fault.
bool HasPlace(FaultKind kind);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_FAULT_H_
