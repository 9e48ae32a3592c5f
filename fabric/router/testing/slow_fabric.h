// SPDX-License-Identifier: Apache-2.0
// The routers of a whole fabric, as docs/fabric/timing.md describes them and no faster: every
// router is looked at in every cycle, every wavelet and every freed place carries the cycle from
// which it is seen. The engine is compared with it.
#ifndef FABRIC_ROUTER_TESTING_SLOW_FABRIC_H_
#define FABRIC_ROUTER_TESTING_SLOW_FABRIC_H_

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "fabric/image/color_config.h"
#include "fabric/isa/architecture.h"
#include "fabric/router/results.h"
#include "fabric/router/side.h"
#include "fabric/router/testing/features.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::router::testing {

class SlowFabric {
 public:
  // `seen` counts what happens; not null.
  SlowFabric(isa::Arch arch, int width, int height, FeatureCounts* seen);

  // PEs are numbered row by row. As in RouterShard.
  void SetColor(int pe, int color, const image::ColorConfig& config);
  void SetRoutes(int pe, int color, uint8_t rx, uint8_t tx);
  const image::ColorConfig& GetColor(int pe, int color) const;
  void BindChannel(int pe, int color, int channel, int depth, bool filter_enable);
  void UnbindChannel(int pe, int color);
  void PopChannel(int pe, int channel, int64_t t);
  bool HasRoom(int pe, int color, Side side, int64_t t) const;  // kRamp or kIo
  void Push(int pe, int color, Side side, const Wavelet& wavelet, int64_t t);
  void WaitForRoom(int pe, int color, Side side);
  void SetIoOpen(int pe, int color, bool open);
  StepResults Step(int64_t t);

  int num_waiting(int pe, int color, Side side) const;
  int64_t num_hops() const { return num_hops_; }

 private:
  // A store of words whose leaving is seen later by who fills it.
  struct Store {
    int words = 0;
    std::vector<int64_t> gone_at;
    int SeenAt(int64_t t) const;
  };
  struct Waiting {
    Wavelet wavelet;
    int64_t visible_at;
  };
  struct Ring {
    std::deque<Waiting> wavelets;
    Store store;
  };
  struct Color {
    image::ColorConfig config;
    uint8_t swaps_seen_x = 0;  // by neighbours
    uint8_t swaps_seen_y = 0;
    std::array<Ring, kNumSides> rings;
    std::array<bool, kNumSides> is_waited_for = {};
    int channel = -1;
    bool filter_enable = true;
    bool io_open = false;
    bool is_used = false;  // was ever mentioned
  };
  struct Channel {
    Store store;
    int depth = 0;
  };
  struct Router {
    std::array<Color, 24> colors;
    std::array<Channel, 32> channels;
    int pointer = 0;
  };
  struct Candidate {
    int color;
    Side input;
    std::vector<Side> outputs;
  };
  struct Move {
    int pe;
    Candidate what;
  };

  Color& Use(int pe, int color);
  std::optional<int> Neighbour(int pe, Side link) const;
  // Null: the link leads out of the fabric.
  Ring* RingBeyond(int pe, int color, Side link);
  const Ring* RingBeyond(int pe, int color, Side link) const {
    return const_cast<SlowFabric*>(this)->RingBeyond(pe, color, link);
  }
  int RampRing(int pe, int color) const;
  uint8_t Inputs(const Color& color) const;
  uint8_t OutputsOfRoute(const Color& color) const;
  bool Passes(const Color& color, const Wavelet& wavelet) const;
  void Count(Color* color, const Wavelet& wavelet);
  bool Advance(Color* color);
  bool IsFree(int pe, int color, Side output, int64_t t) const;
  std::vector<Side> Outputs(const Color& color, const Wavelet& wavelet) const;
  std::vector<Candidate> Unblocked(int pe, int color, int64_t t) const;
  std::vector<Candidate> Winners(int pe, std::vector<Candidate> candidates);
  void Apply(const Move& move, int64_t t, StepResults* results);
  uint32_t Obey(int pe, int color, uint32_t payload, StepResults* results);
  void Send(int pe, int color, Side output, const Wavelet& wavelet, int64_t t,
            StepResults* results);
  // Who waits for room; and swap settings become visible to neighbours.
  void ReportRooms(int64_t t, StepResults* results);
  void SeeMove(const Color& c, const Candidate& what, const Wavelet& wavelet) const;
  void See(Feature feature) const { ++(*seen_)[feature]; }

  const isa::MachineCosts& costs_;
  const int width_;
  const int height_;
  std::vector<Router> routers_;
  FeatureCounts* seen_;
  int64_t num_hops_ = 0;
};

}  // namespace csl::fabric::router::testing

#endif  // FABRIC_ROUTER_TESTING_SLOW_FABRIC_H_
