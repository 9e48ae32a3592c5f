// SPDX-License-Identifier: Apache-2.0
// One router: rings, colors, arbitration. docs/fabric/timing.md, "Routers".
#ifndef FABRIC_REFERENCE_ROUTER_H_
#define FABRIC_REFERENCE_ROUTER_H_

#include <array>
#include <cstdint>
#include <optional>

#include "fabric/isa/architecture.h"
#include "fabric/reference/buffer.h"
#include "fabric/reference/ce.h"
#include "fabric/reference/color_state.h"
#include "fabric/reference/message_router.h"
#include "fabric/reference/wavelet.h"

namespace csl::fabric::reference {

// The host's end of a color's io output at one PE.
class HostSide {
 public:
  virtual ~HostSide() = default;
  // Whether the host takes a wavelet of the color in t.
  virtual bool Takes(const Ce& ce, int color, int64_t t) const = 0;
  virtual void Take(const Ce& ce, int color, const Wavelet& wavelet, int64_t t) = 0;
};

class Router {
 public:
  // The ring of a wavelet of `color` that arrives at a side, colors exchanged as configured: for
  // links as neighbours saw it at the end of the cycle before, for the ramp as it is now.
  Buffer<Wavelet>& RingFor(int color, int side);
  const Buffer<Wavelet>& RingFor(int color, int side) const;

  // The router step of cycle t. Returns a collision, if there was one.
  Fault Step(int64_t t);
  // Whether a wavelet could move if all that is under way were visible.
  bool CanMove() const;

  isa::Arch arch = isa::Arch::kWse2;
  std::array<ColorState, kNumColors> colors;
  MessageRouter messages;
  std::array<std::array<Buffer<Wavelet>, kNumSides>, kNumColors> rings;  // by color, then input
  // Outside of the program there are routers, too: they take everything, and keep it for tests.
  std::array<Router*, 4> neighbours = {};
  Ce* ce = nullptr;  // null outside of the program
  HostSide* host = nullptr;
  Shared* shared = nullptr;

  void MakeRings();
  // The end of a cycle: neighbours see what the CE has set.
  void ShowSwaps();

 private:
  // The wavelet of one color that this step is about.
  struct Candidate {
    int side = 0;
    uint8_t outputs = 0;
  };
  // The input whose wavelet is not blocked, if there is one. *collision: there is another.
  std::optional<Candidate> FindCandidate(int color, int64_t t, Fault* collision) const;
  bool IsMessageColor(int color) const {
    return messages.enabled && MessageRouter::IsItsColor(color);
  }
  std::optional<Candidate> FindMessage(int color, int64_t t) const;
  void MoveMessage(int color, const Candidate& candidate, int64_t t);
  // tx, less the ramp for those that do not go there. *to_filter: the filter was asked.
  uint8_t OutputsOf(int color, const Wavelet& wavelet, bool* asks_filter) const;
  bool IsFree(int color, int output, int64_t t) const;
  void Move(int color, const Candidate& candidate, int64_t t);
  // Executes command 0; returns what leaves.
  Wavelet Execute(int color, const Wavelet& wavelet, int side);

  int first_color_ = 0;
  std::array<bool, kNumColors> shown_swap_x_ = {};
  std::array<bool, kNumColors> shown_swap_y_ = {};
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_ROUTER_H_
