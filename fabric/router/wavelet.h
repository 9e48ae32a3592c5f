// SPDX-License-Identifier: Apache-2.0
// A wavelet as routers and queues hold it.
#ifndef FABRIC_ROUTER_WAVELET_H_
#define FABRIC_ROUTER_WAVELET_H_

#include <cstdint>

namespace csl::fabric::router {

struct Wavelet {
  uint32_t payload = 0;
  bool control = false;
  bool advance = false;  // moves the switch of the sender's own router (advance_switch)

  friend bool operator==(const Wavelet&, const Wavelet&) = default;
};

// Control task named by a control wavelet, 31: none.
inline constexpr uint32_t kNoEntryPoint = 31;
constexpr uint32_t EntryPoint(uint32_t payload) { return payload >> 16 & 63; }

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_WAVELET_H_
