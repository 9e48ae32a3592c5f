// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/ring.h"

#include <new>

namespace csl::fabric::router {
namespace {

constexpr std::align_val_t kAlignment{64};
constexpr size_t kSlotsOffset = (sizeof(Ring) + 63) / 64 * 64;

}  // namespace

void FreeRing::operator()(Ring* ring) const {
  ring->~Ring();
  ::operator delete(ring, kAlignment);
}

RingPtr NewRing(int words) {
  const size_t slots_bytes = static_cast<size_t>(words) * kLanes * sizeof(uint32_t);
  auto* memory = static_cast<std::byte*>(::operator new(kSlotsOffset + slots_bytes, kAlignment));
  RingPtr ring(new (memory) Ring);
  ring->slots = new (memory + kSlotsOffset) uint32_t[static_cast<size_t>(words)][kLanes]();
  return ring;
}

}  // namespace csl::fabric::router
