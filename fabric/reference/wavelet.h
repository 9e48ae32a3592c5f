// SPDX-License-Identifier: Apache-2.0
// A wavelet, and the commands in the payload of a control wavelet.
#ifndef FABRIC_REFERENCE_WAVELET_H_
#define FABRIC_REFERENCE_WAVELET_H_

#include <cstdint>

namespace csl::fabric::reference {

struct Wavelet {
  uint32_t payload = 0;
  bool control = false;
  bool advance = false;  // moves the switch of the sender's own router
  bool spent = false;    // was a control wavelet, has ended an operation, and is data now
};

enum class Command : uint8_t { kNop, kSwitchAdv, kSwitchRst, kTeardown };

inline constexpr uint32_t kNoEntryPoint = 31;
constexpr uint32_t EntryPoint(uint32_t payload) { return payload >> 16 & 63; }

// Command 0: bits 22 and 23, and bit 24: not for the CE.
constexpr Command FirstCommand(uint32_t payload) { return static_cast<Command>(payload >> 22 & 3); }
constexpr bool IgnoresCe(uint32_t payload) { return (payload >> 24 & 1) != 0; }

// Where bit `bit` (0 to 23) of the commands, three for each, lies in the payload: upwards from bit
// 22 to 29, then from bit 0 to 15.
constexpr int CommandBit(int bit) { return bit < 8 ? 22 + bit : bit - 8; }

// The payload with each command moved to the place below; the last place gets NOP and keeps its
// ce_ignore.
constexpr uint32_t WithoutFirstCommand(uint32_t payload) {
  uint32_t commands = 0;
  for (int i = 0; i < 24; ++i) commands |= (payload >> CommandBit(i) & 1) << i;
  commands = commands >> 3 | (commands >> 23 & 1) << 23;
  uint32_t out = payload & 0xc03f0000;
  for (int i = 0; i < 24; ++i) out |= (commands >> i & 1) << CommandBit(i);
  return out;
}

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_WAVELET_H_
