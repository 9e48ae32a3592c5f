// SPDX-License-Identifier: Apache-2.0
// Arbitration, back pressure and multicast of routers.
#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

class Routers : public ::testing::TestWithParam<isa::Arch> {};

INSTANTIATE_TEST_SUITE_P(Archs, Routers, ::testing::Values(isa::Arch::kWse2, isa::Arch::kWse3),
                         [](const auto& info) { return std::string(isa::ArchName(info.param)); });

// Fills a ring whenever it has room; returns how many wavelets went in.
class Source {
 public:
  Source(TestMachine* m, uint32_t pe, int color, int side)
      : m_(*m),
        ring_(
            m->machine().router(pe).rings[static_cast<size_t>(color)][static_cast<size_t>(side)]) {}
  void Fill() {
    while (ring_.HasRoom(m_.now())) ring_.Push({next_++, false, false}, m_.now());
  }

 private:
  TestMachine& m_;
  Buffer<Wavelet>& ring_;
  uint32_t next_ = 0;
};

// The link to the east of PE 0 serves the colors in turn, a wavelet in each cycle.
TEST_P(Routers, ColorsShareALinkInTurn) {
  testing::ArtifactBuilder b(GetParam(), 2, 1);
  b.Function("nothing", "  ret\n");
  for (const int color : {3, 9, 20}) b.Route(0, 0, 1, 1, color, kW, kE);
  TestMachine m(b);
  Source a(&m, 0, 3, kWest), c(&m, 0, 9, kWest), d(&m, 0, 20, kWest);
  std::vector<int> order;
  auto& out = m.machine().router(1);
  for (int t = 0; t < 12; ++t) {
    a.Fill(), c.Fill(), d.Fill();
    m.Step();
    for (const int color : {3, 9, 20}) {
      auto& ring = out.rings[static_cast<size_t>(color)][kWest];
      if (ring.empty()) continue;
      order.push_back(color);
      ring = Buffer<Wavelet>(4, 1);
    }
  }
  EXPECT_EQ(order, std::vector<int>({3, 9, 20, 3, 9, 20, 3, 9, 20, 3, 9, 20}));
}

// A link carries one wavelet a cycle: its ring is as deep as hop and credit are long.
TEST_P(Routers, LinkRunsAtFullRate) {
  testing::ArtifactBuilder b(GetParam(), 3, 1);
  b.Function("nothing", "  ret\n");
  b.Route(0, 0, 3, 1, 4, kW, kE);
  TestMachine m(b);
  Source source(&m, 0, 4, kWest);
  int arrived = 0;
  for (int t = 0; t < 100; ++t) {
    source.Fill();
    m.Step();
    auto& end = m.machine().router(2).neighbours[kEast]->rings[4][kWest];
    while (end.At(m.now()) != nullptr) {
      end.Pop(m.now());
      ++arrived;
    }
  }
  EXPECT_GE(arrived, 88);
}

// A wavelet for two outputs goes when both can take it.
TEST_P(Routers, MulticastIsAllOrNothing) {
  testing::ArtifactBuilder b(GetParam(), 2, 1);
  b.Function("nothing", "  ret\n").InputQueue(4, 4).Blocked({4});
  b.Route(0, 0, 1, 1, 4, kW, kE | kR);  // PE 1 has no route: its ring fills
  TestMachine m(b);
  Source source(&m, 0, 4, kWest);
  for (int t = 0; t < 60; ++t) {
    source.Fill();
    m.Step();
  }
  const size_t ring = static_cast<size_t>(isa::MachineCostsOf(GetParam()).router_ring_words);
  const size_t queue = isa::kInputQueueWords[static_cast<size_t>(GetParam())][4];
  EXPECT_EQ(m.machine().router(1).rings[4][kWest].size(), std::min(ring, queue));
  EXPECT_EQ(m.ce(0).channels[4].size(), std::min(ring, queue));
}

TEST_P(Routers, TeardownHoldsWaveletsUntilTheWordIsWritten) {
  testing::ArtifactBuilder b(GetParam(), 1, 1);
  b.Function("nothing", "  ret\n");
  image::ColorConfig config = Switched({{kW, kE}});
  config.teardown = true;
  b.Color(0, 0, 1, 1, 4, config);
  TestMachine m(b);
  m.machine().router(0).rings[4][kWest].Push({1, false, false}, 0);
  for (int t = 0; t < 10; ++t) m.Step();
  auto& out = m.machine().router(0).neighbours[kEast]->rings[4][kWest];
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(m.ce(0).teardown_pending, 0u);  // a teardown at the start is not an event
  m.color(0, 4).WriteColorWord(m.color(0, 4).ReadColorWord() & 0xbfff);
  m.Step();
  EXPECT_EQ(out.size(), 1u);
}

}  // namespace
}  // namespace csl::fabric::reference
