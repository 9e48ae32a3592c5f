// SPDX-License-Identifier: Apache-2.0
// What a router does with the wavelets of one color, apart from room and order: switches, control
// wavelets, filters (docs/fabric/timing.md). Functions of values.
//
// A ColorConfig is the running state of a color too: its current position, its filter's counter (in
// init_counter) and limits (limit1 is the limit in force; a sparse counter without one is off).
#ifndef FABRIC_ROUTER_RULES_H_
#define FABRIC_ROUTER_RULES_H_

#include <cstdint>

#include "fabric/image/color_config.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::router {

enum class Command : uint8_t { kNop, kSwitchAdvance, kSwitchReset, kTeardown };

constexpr Command FirstCommand(uint32_t payload) { return static_cast<Command>(payload >> 22 & 3); }
constexpr bool FirstCommandIgnoresCe(uint32_t payload) { return (payload >> 24 & 1) != 0; }

// The payload without command 0; the last place gets NOP with the ce_ignore that it had.
constexpr uint32_t PopCommand(uint32_t payload) {
  const uint32_t commands = (payload >> 22 & 0xff) | (payload & 0xffff) << 8;  // three bits each
  const uint32_t popped = commands >> 3 | (commands & 0x800000);
  return (payload & 0xc03f0000) | (popped & 0xff) << 22 | popped >> 8;
}

// The next position, if there is one. Returns whether the position changed.
bool AdvanceSwitch(image::ColorConfig* color);

// Command 0 of a control wavelet that leaves, with what it does to the color (teardown included).
// Returns the payload of the copies that leave.
uint32_t ApplyCommand(image::ColorConfig* color, uint32_t payload);

// Whether a wavelet passes the filter, if that applies.
bool FilterPasses(const image::Filter& filter, const Wavelet& wavelet);
// A wavelet moved that the filter applied to.
void CountInFilter(image::Filter* filter, const Wavelet& wavelet);

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_RULES_H_
