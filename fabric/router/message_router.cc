// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/message_router.h"

namespace csl::fabric::router {
namespace {

constexpr int kRamp = static_cast<int>(Side::kRamp);
constexpr uint32_t kEndOfMessage = kNoEntryPoint << 16;

struct Header {
  uint32_t column;
  uint32_t row;
  uint8_t count;
};
Header Decode(uint32_t payload) {
  return {payload & 1023, payload >> 10 & 1023, static_cast<uint8_t>(payload >> 20 & 63)};
}

}  // namespace

int MessageRouter::OutputFor(int color, uint32_t payload) const {
  const Input& in = inputs_[static_cast<size_t>(color - kFirstMessageColor)];
  if (in.left != 0) return in.output;
  const Header header = Decode(payload);
  Side side = Side::kRamp;
  if (header.column != x_) {
    side = header.column > x_ ? Side::kEast : Side::kWest;
  } else if (header.row != y_) {
    side = header.row > y_ ? Side::kSouth : Side::kNorth;
  }
  return (held_ >> static_cast<int>(side) & 1) != 0 ? -1 : static_cast<int>(side);
}

MessageRouter::Move MessageRouter::MoveTo(int color, int output, uint32_t payload) {
  Input& in = input(color);
  const auto bit = static_cast<uint8_t>(1u << output);
  Move move;
  move.wavelet.payload = payload;
  if (in.left == 0) {
    in.left = Decode(payload).count;
    in.output = static_cast<uint8_t>(output);
    in.bare = bare_ && output == kRamp;
    move.sends = !in.bare;
    if (in.left != 0) held_ |= bit;
    return move;
  }
  if (in.left == 1 && in.bare && !in.ends) {
    in.ends = true;
    move.pops = false;
    return move;
  }
  if (in.left == 1 && output == kRamp) move.wavelet = {kEndOfMessage, true, false};
  in.ends = false;
  move.frees = --in.left == 0;
  if (move.frees) held_ &= static_cast<uint8_t>(~bit);
  return move;
}

}  // namespace csl::fabric::router
