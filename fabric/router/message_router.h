// SPDX-License-Identifier: Apache-2.0
// The message router of a PE (WSE-3): docs/fabric/timing.md, "Message routers". It takes five
// colors; the ring of each is one of its inputs.
#ifndef FABRIC_ROUTER_MESSAGE_ROUTER_H_
#define FABRIC_ROUTER_MESSAGE_ROUTER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "fabric/router/side.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::router {

inline constexpr int kFirstMessageColor = 14;
inline constexpr int kNumMessageColors = 5;
// Of the queue that receives.
inline constexpr int kReceivedColor = 18;
inline constexpr uint32_t kMessageColors = ((1u << kNumMessageColors) - 1) << kFirstMessageColor;

constexpr bool IsMessageColor(int color) { return (kMessageColors >> color & 1) != 0; }

// Where the wavelets of a message color come from.
constexpr Side MessageInput(int color) {
  constexpr Side kInputs[] = {Side::kRamp, Side::kWest, Side::kEast, Side::kNorth, Side::kSouth};
  return kInputs[color - kFirstMessageColor];
}
// The color that messages have on a link.
constexpr int MessageColor(int link) {
  constexpr int kColors[] = {16, 15, 17, 18};
  return kColors[link];
}

class MessageRouter {
 public:
  MessageRouter(uint32_t x, uint32_t y) : x_(x), y_(y) {}

  // Whether the PE gets messages without headers, from the next header on.
  void SetBare(bool bare) { bare_ = bare; }

  // The output that the first wavelet of a color wants, or -1: another message holds it.
  int OutputFor(int color, uint32_t payload) const;

  struct Move {
    bool sends = true;   // something leaves
    bool pops = true;    // the wavelet leaves its ring
    bool frees = false;  // the output is held no longer
    Wavelet wavelet;
  };
  // The first wavelet of a color moves to its output.
  Move MoveTo(int color, int output, uint32_t payload);

 private:
  struct Input {
    uint8_t left = 0;  // wavelets of the message under way
    uint8_t output = 0;
    bool bare = false;
    bool ends = false;  // the last wavelet was delivered, the end of the message was not
  };
  Input& input(int color) { return inputs_[static_cast<size_t>(color - kFirstMessageColor)]; }

  uint32_t x_;
  uint32_t y_;
  bool bare_ = false;
  uint8_t held_ = 0;  // outputs
  std::array<Input, kNumMessageColors> inputs_;
};

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_MESSAGE_ROUTER_H_
