// SPDX-License-Identifier: Apache-2.0
// The message router of a PE: docs/fabric/timing.md, "Message routers (WSE-3)".
#ifndef FABRIC_REFERENCE_MESSAGE_ROUTER_H_
#define FABRIC_REFERENCE_MESSAGE_ROUTER_H_

#include <array>
#include <cstdint>
#include <optional>

#include "fabric/reference/color_state.h"
#include "fabric/reference/wavelet.h"

namespace csl::fabric::reference {

// A message that is on its way through this router.
struct MessageUnderWay {
  int output = 0;
  int wavelets_left = 0;
  bool without_header = false;
  bool is_end_due = false;  // all wavelets were delivered, but the end of the message was not
};

struct MessageRouter {
  bool enabled = false;
  bool hides_headers = false;
  std::array<std::optional<MessageUnderWay>, 5> under_way;  // by color, from 14 on

  static bool IsItsColor(int color) { return color >= 14 && color <= 18; }
  // The only input of one of its colors.
  static int InputOf(int color);
  // The color that wavelets to a side leave with; to the ramp that of the queue.
  static int ColorTo(int output);

  // Where the first wavelet of the color wants to go, for the PE at (x, y) of the rectangle. None:
  // the output is another message's.
  std::optional<int> OutputOf(int color, const Wavelet& wavelet, int x, int y) const;
  // It goes there. `out`: what leaves; none for a header that the PE does not see. Returns whether
  // the wavelet is gone from the ring.
  bool Forward(int color, int output, const Wavelet& wavelet, std::optional<Wavelet>* out);
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_MESSAGE_ROUTER_H_
