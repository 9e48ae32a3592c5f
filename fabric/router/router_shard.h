// SPDX-License-Identifier: Apache-2.0
// The routers of a rectangle of PEs, in lockstep: docs/fabric/timing.md, "Routers".
//
// A cycle t of the owner: Exchange(t) with the neighbouring shards, CE steps (which push, pop and
// configure), Step(t). Colors of 64 routers of a row are words: occupancy, routes and credits as
// bits, payloads in slots. PEs are named by their index in the shard, row by row (y * width + x).
//
// Owned by one thread at a time. Shards that are neighbours may run Step at the same time; between
// Step(t) of one and Exchange(t + 1) of the other stands a barrier of the owner.
#ifndef FABRIC_ROUTER_ROUTER_SHARD_H_
#define FABRIC_ROUTER_ROUTER_SHARD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fabric/image/color_config.h"
#include "fabric/router/grid.h"
#include "fabric/router/results.h"
#include "fabric/router/side.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::router {

class RouterShard {
 public:
  explicit RouterShard(const ShardPlace& place);
  RouterShard(const RouterShard&) = delete;
  RouterShard& operator=(const RouterShard&) = delete;

  // The shard that lies on that side (kWest .. kNorth), or null at the program's edge.
  void Connect(Side side, RouterShard* neighbour);

  // All moves are written there from now on; before the first step. What moves is the same.
  void SetTracer(const trace::Tracer* tracer);

  // ---- Configuration, effective in the next Step. Position 0 of a color without one has no
  // routes.

  void SetColor(uint32_t pe, int color, const image::ColorConfig& config);
  // rx and tx may hold kIoBit. Of position 0; other positions inherit.
  void SetRoutes(uint32_t pe, int color, uint8_t rx, uint8_t tx);
  bool HasColor(uint32_t pe, int color) const;  // has routes
  // The whole state of a color, as configuration words show it (current_position, teardown, filter
  // counters included).
  image::ColorConfig GetColor(uint32_t pe, int color) const;

  // The message router takes its colors or gives them back; whether messages arrive without
  // headers.
  void SetMessageRouter(uint32_t pe, bool enabled, bool bare);

  // ---- Channels of the CE.

  // Wavelets of `color` go to `channel`, an input queue (0..7) or 8 + color, with room for `depth`
  // words, 1 to kMaxChannelWords. A channel that was bound before keeps the words it holds, and
  // leaves the color that it took.
  void BindChannel(uint32_t pe, int color, int channel, int depth, bool filter_enable);
  void UnbindChannel(uint32_t pe, int color);
  // The CE took a word out of a channel in cycle t.
  void PopChannel(uint32_t pe, int channel, int64_t t) {
    grid_.AddPop({t + grid_.costs.ramp_credit_cycles, pe, static_cast<uint8_t>(channel)});
  }

  // ---- Ramp and io inputs. "Room" is what is visible in cycle t, the one that the owner is in.

  bool RampHasRoom(uint32_t pe, int color, int64_t) const {
    const Grid::Lane at = grid_.LaneOf(pe);
    return HasRoom(grid_.FindRing(at.word, grid_.RampColor(at, color), kRampSide), at.lane);
  }
  // Precondition: RampHasRoom. A step of cycle t + hop_cycles is the first to see it. At most one
  // for a color in a cycle.
  void PushRamp(uint32_t pe, int color, const Wavelet& wavelet, int64_t t);
  // PushRamp if RampHasRoom; returns whether it has.
  [[gnu::always_inline]] bool TryPushRamp(uint32_t pe, int color, const Wavelet& wavelet,
                                          int64_t t) {
    const Grid::Lane at = grid_.LaneOf(pe);
    Ring* ring = grid_.FindRing(at.word, grid_.RampColor(at, color), kRampSide);
    if (__builtin_expect(ring == nullptr, 0)) ring = AddRampRing(at, color);
    if ((ring->full >> at.lane & 1) != 0) return false;
    if (grid_.ramped_at != t) BeginRamps(t);
    if (__builtin_expect((ring->ramped >> at.lane & 1) != 0, 0)) FailSecondPush(pe, color, t);
    if (ring->ramped == 0) {
      grid_.ramped.push_back(ring);
      grid_.Touch(ring, t);
    }
    ring->PutRamped(at.lane, wavelet, t, static_cast<unsigned>(grid_.costs.router_ring_words) - 1);
    return true;
  }
  // Asks for a RoomEvent at the next freed place, once.
  void WaitForRampRoom(uint32_t pe, int color);
  bool IoHasRoom(uint32_t pe, int color, int64_t) const {
    const Grid::Lane at = grid_.LaneOf(pe);
    return HasRoom(grid_.FindRing(at.word, color, kIoSide), at.lane);
  }
  // Without an advance bit.
  void PushIo(uint32_t pe, int color, const Wavelet& wavelet, int64_t t);
  void WaitForIoRoom(uint32_t pe, int color);
  // Whether the io output of a color takes wavelets. Closed at the start.
  void SetIoOpen(uint32_t pe, int color, bool open);

  // ---- Time.

  // Takes over what neighbours' Step(t - 1) sent across the edges. Every cycle in which this shard
  // or a neighbour is stepped or was stepped in the cycle before.
  void Exchange(int64_t t);
  // One cycle of all routers. A color whose inputs collide does not move.
  void Step(int64_t t, StepResults* results);
  // The next cycle that must be stepped if nothing more is pushed, popped or configured. One that
  // is not in the future means the cycle that the owner is in; kNeverStep: nothing can move. Ask
  // after Exchange and the CE steps. Cheap.
  int64_t NextStepCycle() const;
  // Whether the last Step sent something across an edge that the neighbour must take over, in the
  // cycle after. Ask in the cycle of that Step.
  bool HasOutgoing(Side side) const;

  // Wavelets inside of the rings, for the stuck report: (pe, color, side, count), in order.
  struct Waiting {
    uint32_t pe;
    uint8_t color;
    Side side;
    int count;
    Wavelet head;
  };
  std::vector<Waiting> ListWaiting() const;

  // Wavelets that left the program's rectangle since the start: by PE, side and color, in order.
  struct Left {
    uint32_t pe;
    Side side;
    uint8_t color;
    uint64_t count;
  };
  std::vector<Left> ListLeft() const;

  // Memory that routers and channels have taken so far, traffic between shards aside.
  size_t FootprintBytes() const;

  // The last cycle in which a wavelet moved, -1: none has.
  int64_t last_move_cycle() const { return grid_.last_move; }
  int64_t num_hops() const { return grid_.num_hops; }  // wavelets moved over links so far

 private:
  static bool HasRoom(const Ring* ring, unsigned lane) {
    return ring == nullptr || (ring->full >> lane & 1) == 0;
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void FailSecondPush(uint32_t pe, int color,
                                                                    int64_t t);
  Ring* AddRampRing(Grid::Lane at, int color);
  void BeginRamps(int64_t t);
  void WaitForRoom(Ring* ring, unsigned lane, int partner);
  // Stops waiting for room of the color at the ramp; whether anyone did.
  bool StopWaiting(Grid::Lane at, int color);

  Grid grid_;
  std::array<const RouterShard*, kNumLinks> neighbours_ = {};
};

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_ROUTER_SHARD_H_
