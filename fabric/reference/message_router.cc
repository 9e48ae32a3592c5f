// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/message_router.h"

namespace csl::fabric::reference {

int MessageRouter::InputOf(int color) {
  switch (color) {
    case 14:
      return kRamp;
    case 15:
      return kWest;
    case 16:
      return kEast;
    case 17:
      return kNorth;
    default:
      return kSouth;
  }
}

int MessageRouter::ColorTo(int output) {
  switch (output) {
    case kEast:
      return 15;
    case kWest:
      return 16;
    case kSouth:
      return 17;
    default:
      return 18;  // north, and the ramp
  }
}

std::optional<int> MessageRouter::OutputOf(int color, const Wavelet& wavelet, int x, int y) const {
  const auto& mine = under_way[static_cast<size_t>(color - 14)];
  if (mine.has_value()) return mine->output;
  const int column = static_cast<int>(wavelet.payload % 1024);
  const int row = static_cast<int>(wavelet.payload / 1024 % 1024);
  int output = kRamp;
  if (row < y) output = kNorth;
  if (row > y) output = kSouth;
  if (column < x) output = kWest;
  if (column > x) output = kEast;
  for (const auto& other : under_way) {
    if (other.has_value() && other->output == output) return std::nullopt;
  }
  return output;
}

bool MessageRouter::Forward(int color, int output, const Wavelet& wavelet,
                            std::optional<Wavelet>* out) {
  auto& message = under_way[static_cast<size_t>(color - 14)];
  Wavelet data;
  data.payload = wavelet.payload;
  Wavelet end;
  end.payload = 31u << 16;
  end.control = true;
  *out = data;
  if (!message.has_value()) {
    const int count = static_cast<int>(wavelet.payload >> 20) % 64;
    const bool hidden = output == kRamp && hides_headers;
    if (hidden) out->reset();
    if (count > 0) message = MessageUnderWay{output, count, hidden, false};
    return true;
  }
  const bool is_last = message->wavelets_left == 1;
  if (is_last && message->without_header && !message->is_end_due) {
    message->is_end_due = true;
    return false;
  }
  if (is_last && output == kRamp) *out = end;
  --message->wavelets_left;
  if (is_last) message.reset();
  return true;
}

}  // namespace csl::fabric::reference
