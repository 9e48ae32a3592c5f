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

size_t RingBytes(int words) {
  return kSlotsOffset + static_cast<size_t>(words) * kLanes * sizeof(uint32_t);
}

RingPtr NewRing(int words) {
  auto* memory = static_cast<std::byte*>(::operator new(RingBytes(words), kAlignment));
  RingPtr ring(new (memory) Ring);
  ring->slots = new (memory + kSlotsOffset) uint32_t[static_cast<size_t>(words)][kLanes]();
  return ring;
}

}  // namespace csl::fabric::router
