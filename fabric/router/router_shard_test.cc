// SPDX-License-Identifier: Apache-2.0
// Routers cycle by cycle, in small shards.
#include "fabric/router/router_shard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fabric/image/parse_color_config.h"

namespace csl::fabric::router {
namespace {

using isa::Arch;

constexpr uint32_t kAdvance = 1u << 22;
constexpr uint32_t kTeardown = 3u << 22;
constexpr uint32_t kIgnoreCe = 4u << 22;

// A row of PEs.
class Row {
 public:
  explicit Row(int width, Arch arch = Arch::kWse2) : shard_({arch, 0, 0, width, 1}) {}

  void Color(uint32_t pe, int color, const std::string& text) {
    const auto config = image::ParseColorConfig(text);
    ASSERT_TRUE(config.ok()) << text;
    shard_.SetColor(pe, color, *config);
  }
  // A CE that takes everything of a color at once, through a queue of the same number or the
  // channel that is the color's own.
  void Bind(uint32_t pe, int color, int depth = 4) {
    shard_.BindChannel(pe, color, color < 8 ? color : 8 + color, depth, true);
  }
  void Push(uint32_t pe, int color, Wavelet w) {
    ASSERT_TRUE(shard_.RampHasRoom(pe, color, t_));
    shard_.PushRamp(pe, color, w, t_);
  }
  // One after the other, in a cycle each.
  void PushAll(uint32_t pe, int color, const std::vector<Wavelet>& wavelets) {
    for (const Wavelet& w : wavelets) {
      Push(pe, color, w);
      Cycle();
    }
  }
  // The cycles up to the one in which something lands at a CE, or -1.
  int64_t NextLanding(int most = 50) {
    for (int i = 0; i < most; ++i) {
      Cycle();
      if (!out_.landings.empty()) return t_ - 1;
    }
    return -1;
  }
  void Cycle() {
    out_ = {};
    shard_.Exchange(t_);
    shard_.Step(t_++, &out_);
  }
  // True when nothing moves for some cycles and the shard knows it.
  bool IsAsleep() {
    for (int i = 0; i < 6; ++i) Cycle();
    return shard_.NextStepCycle() == kNeverStep;
  }

  RouterShard shard_;
  StepResults out_;
  int64_t t_ = 0;  // of the next step
};

TEST(RouterShardTest, HopAndRampLatencies) {
  for (const auto& [arch, hop] : {std::pair{Arch::kWse2, 1}, std::pair{Arch::kWse3, 2}}) {
    Row row(3, arch);
    row.Color(0, 5, "R->E");
    row.Color(1, 5, "W->E");
    row.Color(2, 5, "W->R");
    row.Bind(2, 5);
    row.Push(0, 5, {7});
    EXPECT_EQ(row.NextLanding(), 3 * hop);
    EXPECT_EQ(row.out_.landings[0].pe, 2u);
    EXPECT_EQ(row.out_.landings[0].wavelet, Wavelet{7});
    EXPECT_EQ(row.shard_.num_hops(), 2);
    EXPECT_TRUE(row.IsAsleep());
  }
}

TEST(RouterShardTest, RingsSustainOneWaveletACycle) {
  for (const Arch arch : {Arch::kWse2, Arch::kWse3}) {
    Row row(3, arch);
    row.Color(0, 5, "R->E");
    row.Color(1, 5, "W->E");
    row.Color(2, 5, "W->R");
    row.Bind(2, 5);
    int landings = 0;
    for (int i = 0; i < 100; ++i) {
      row.Push(0, 5, {static_cast<uint32_t>(i)});
      row.Cycle();
      for (const Landing& l : row.out_.landings) {
        EXPECT_EQ(l.wavelet.payload, static_cast<uint32_t>(landings));
        row.shard_.PopChannel(2, l.channel, row.t_);
        ++landings;
      }
    }
    EXPECT_GT(landings, 90);
  }
}

TEST(RouterShardTest, FullChannelBlocksUntilTheCreditIsSeen) {
  Row row(1);
  row.Color(0, 3, "R->R");
  row.Bind(0, 3, 1);
  row.Push(0, 3, {1});
  EXPECT_EQ(row.NextLanding(), 1);
  row.Push(0, 3, {2});
  EXPECT_EQ(row.NextLanding(10), -1);
  EXPECT_EQ(row.shard_.NextStepCycle(), kNeverStep);
  const int64_t popped = row.t_;
  row.shard_.PopChannel(0, 3, popped);
  EXPECT_LE(row.shard_.NextStepCycle(), popped + 2);
  EXPECT_EQ(row.NextLanding(), popped + 2);
}

TEST(RouterShardTest, ChannelTakesAsManyWordsAsItIsDeep) {
  for (int depth = 1; depth <= kMaxChannelWords; ++depth) {
    Row row(1);
    row.Color(0, 3, "R->R");
    row.Bind(0, 3, depth);
    uint32_t sent = 0;
    int landed = 0;
    for (int i = 0; i < kMaxChannelWords + 20; ++i) {
      if (row.shard_.RampHasRoom(0, 3, row.t_)) row.Push(0, 3, {sent++});
      row.Cycle();
      landed += static_cast<int>(row.out_.landings.size());
    }
    EXPECT_EQ(landed, depth);
    row.shard_.PopChannel(0, 3, row.t_);
    EXPECT_GE(row.NextLanding(), 0);
    EXPECT_EQ(row.NextLanding(), -1);
  }
}

TEST(RouterShardTest, RampReportsRoomOnce) {
  Row row(1, Arch::kWse3);
  row.Color(0, 3, "R->R");
  row.PushAll(0, 3, {{0}, {1}, {2}, {3}});
  EXPECT_FALSE(row.shard_.RampHasRoom(0, 3, row.t_));
  row.shard_.WaitForRampRoom(0, 3);
  EXPECT_TRUE(row.IsAsleep());
  row.Bind(0, 3, 1);
  row.Cycle();
  ASSERT_EQ(row.out_.rooms.size(), 1u);
  const RoomEvent room = row.out_.rooms[0];
  EXPECT_EQ(room.cycle, row.t_ - 1 + 2);
  EXPECT_FALSE(row.shard_.RampHasRoom(0, 3, row.t_));
  // A place that was freed before the question, but is not seen yet.
  row.shard_.WaitForRampRoom(0, 3);
  row.Cycle();
  ASSERT_EQ(row.out_.rooms.size(), 1u);
  EXPECT_EQ(row.out_.rooms[0].cycle, room.cycle);
  EXPECT_TRUE(row.shard_.RampHasRoom(0, 3, row.t_));
  row.Cycle();
  EXPECT_TRUE(row.out_.rooms.empty());
}

TEST(RouterShardTest, MulticastMovesAllOrNothing) {
  Row row(2);
  row.Color(0, 1, "R->ER");
  row.Color(1, 1, "W->R");
  row.Bind(1, 1);
  row.Push(0, 1, {9});
  EXPECT_EQ(row.NextLanding(6), -1);  // no channel takes the color at PE 0
  row.Bind(0, 1);
  EXPECT_EQ(row.NextLanding(), 6);
  EXPECT_EQ(row.out_.landings[0].pe, 0u);
  EXPECT_EQ(row.NextLanding(), 7);
}

TEST(RouterShardTest, ContestedLinkIsSharedFromTheFirstLoserOn) {
  Row row(2);
  for (const int color : {2, 9}) {
    row.Color(0, color, "R->E");
    row.Color(1, color, "W->R");
    row.Bind(1, color);
  }
  std::string order;
  for (int i = 0; i < 12; ++i) {
    for (const int color : {2, 9}) {
      if (row.shard_.RampHasRoom(0, color, row.t_)) row.Push(0, color, {1});
    }
    row.Cycle();
    for (const Landing& l : row.out_.landings) {
      order += std::to_string(l.color);
      row.shard_.PopChannel(1, l.channel, row.t_);
    }
  }
  EXPECT_EQ(order, "2929292929");
}

TEST(RouterShardTest, TwoInputsOfAColorCollide) {
  Row row(2);
  row.Color(0, 4, "R->E");
  row.Color(1, 4, "WR->E");
  row.Push(0, 4, {1});
  row.Cycle();
  row.Push(1, 4, {2});
  row.Cycle();
  EXPECT_TRUE(row.out_.collisions.empty());
  row.Cycle();
  ASSERT_EQ(row.out_.collisions.size(), 1u);
  EXPECT_EQ(row.out_.collisions[0].pe, 1u);
  EXPECT_EQ(row.out_.collisions[0].first, Side::kWest);
  EXPECT_EQ(row.out_.collisions[0].second, Side::kRamp);
}

TEST(RouterShardTest, WaveletsBeforeAPeWithoutARouteFillItsRing) {
  for (const auto& [arch, ring] : {std::pair{Arch::kWse2, 2}, std::pair{Arch::kWse3, 4}}) {
    Row row(2, arch);
    row.Color(0, 4, "R->E");
    int moved = 0;
    for (int i = 0; i < 40; ++i) {
      if (row.shard_.RampHasRoom(0, 4, row.t_)) row.Push(0, 4, {1}), ++moved;
      row.Cycle();
    }
    EXPECT_EQ(moved, 2 * ring);  // in the ring of the ramp, and in that of the neighbour
    EXPECT_EQ(row.shard_.num_hops(), ring);
    EXPECT_TRUE(row.IsAsleep());
    const auto waiting = row.shard_.ListWaiting();
    ASSERT_EQ(waiting.size(), 2u);
    EXPECT_EQ(waiting[0].side, Side::kRamp);
    EXPECT_EQ(waiting[0].count, ring);
    EXPECT_EQ(waiting[1].side, Side::kWest);
    EXPECT_EQ(waiting[1].count, ring);
  }
}

TEST(RouterShardTest, WaveletsThatLeaveTheRectangleAreDroppedAndCounted) {
  for (const Arch arch : {Arch::kWse2, Arch::kWse3}) {
    Row row(2, arch);
    row.Color(0, 4, "R->WE");
    row.Color(1, 4, "W->ER");
    row.Bind(1, 4, kMaxChannelWords);
    int landed = 0;
    for (int i = 0; i < 12; ++i) {
      // A control wavelet among them leaves nothing behind.
      row.Push(0, 4, {kAdvance | 31u << 16, i == 5});
      row.Cycle();
      landed += static_cast<int>(row.out_.landings.size());
    }
    while (row.NextLanding() >= 0) ++landed;
    EXPECT_EQ(landed, 12);
    EXPECT_TRUE(row.IsAsleep());
    EXPECT_TRUE(row.shard_.ListWaiting().empty());
    EXPECT_EQ(row.shard_.num_hops(), 3 * 12);
    const auto left = row.shard_.ListLeft();
    ASSERT_EQ(left.size(), 2u);
    EXPECT_EQ(left[0].pe, 0u);
    EXPECT_EQ(left[0].side, Side::kWest);
    EXPECT_EQ(left[0].color, 4);
    EXPECT_EQ(left[0].count, 12u);
    EXPECT_EQ(left[1].pe, 1u);
    EXPECT_EQ(left[1].side, Side::kEast);
    EXPECT_EQ(left[1].count, 12u);
  }
}

TEST(RouterShardTest, CommandTakesEffectBehindItsWavelet) {
  Row row(3);
  row.Color(1, 6, "R->W | ->E");
  row.Color(0, 6, "E->R");
  row.Color(2, 6, "W->R");
  row.Bind(0, 6);
  row.Bind(2, 6);
  row.PushAll(1, 6, {{kAdvance | 31u << 16, true}, {5}});
  EXPECT_EQ(row.NextLanding(), 2);
  EXPECT_EQ(row.out_.landings[0].pe, 0u);
  EXPECT_EQ(row.NextLanding(), 3);
  EXPECT_EQ(row.out_.landings[0].pe, 2u);
  EXPECT_EQ(row.shard_.GetColor(1, 6).current_position, 1);
}

TEST(RouterShardTest, InheritedSideFollowsAChangeOfTheRoutes) {
  Row row(2);
  row.Color(0, 6, "W->E | *R->");
  row.shard_.SetRoutes(0, 6, image::kWest, image::kRamp);
  row.Bind(0, 6);
  row.Push(0, 6, {5});
  EXPECT_EQ(row.NextLanding(), 1);
  EXPECT_EQ(row.shard_.GetColor(0, 6).ToString(), "W->R | *R->");
}

TEST(RouterShardTest, TeardownHoldsTheColorUntilItIsConfigured) {
  Row row(2);
  row.Color(0, 6, "R->E");
  row.Color(1, 6, "W->R");
  row.Bind(1, 6);
  row.PushAll(0, 6, {{kTeardown | kIgnoreCe, true}, {5}});
  ASSERT_EQ(row.out_.teardowns.size(), 1u);
  EXPECT_EQ(row.out_.teardowns[0].pe, 0u);
  EXPECT_TRUE(row.IsAsleep());
  EXPECT_TRUE(row.shard_.GetColor(0, 6).teardown);
  for (const uint32_t pe : {0u, 1u}) {
    image::ColorConfig config = row.shard_.GetColor(pe, 6);
    config.teardown = false;
    row.shard_.SetColor(pe, 6, config);
  }
  const int64_t t = row.t_;
  EXPECT_EQ(row.NextLanding(), t + 1);
}

TEST(RouterShardTest, RejectedWaveletNeedsNoRoom) {
  Row row(1);
  row.Color(0, 6, "R->R filter=range[3,4]");
  for (const uint32_t index : {1u, 2u, 3u}) {
    row.Push(0, 6, {index << 16});
    row.Cycle();
  }
  EXPECT_TRUE(row.IsAsleep());
  EXPECT_EQ(row.shard_.ListWaiting()[0].head.payload, 3u << 16);
  row.shard_.BindChannel(0, 6, 1, 4, false);
  EXPECT_GT(row.NextLanding(), 0);
  row.Push(0, 6, {1u << 16});
  EXPECT_GT(row.NextLanding(), 0);  // the queue's filter is off
}

TEST(RouterShardTest, SwappedColorsAlternate) {
  Row row(3);
  for (const uint32_t pe : {0u, 1u, 2u}) {
    row.Color(pe, 2, pe == 0 ? "R->E swap_x" : pe == 2 ? "W->R swap_x" : "W->E swap_x");
    row.Color(pe, 3, pe == 1 ? "W->E swap_x" : "W->R swap_x");
    row.Bind(pe, 2);
    row.Bind(pe, 3);
  }
  row.Cycle();
  row.Push(0, 2, {8});
  EXPECT_GT(row.NextLanding(), 0);
  EXPECT_EQ(row.out_.landings[0].pe, 2u);
  EXPECT_EQ(row.out_.landings[0].color, 2);
}

TEST(RouterShardTest, AdvanceBitMovesTheSendersSwitchAlone) {
  Row row(2);
  row.Color(0, 6, "R->E | W->");
  row.Color(1, 6, "W->R | ->E");
  row.Bind(1, 6);
  row.Push(0, 6, {5, false, true});
  EXPECT_EQ(row.NextLanding(), 2);
  EXPECT_FALSE(row.out_.landings[0].wavelet.advance);
  EXPECT_EQ(row.shard_.GetColor(0, 6).current_position, 1);
  EXPECT_EQ(row.shard_.GetColor(1, 6).current_position, 0);
}

TEST(RouterShardTest, HostStreams) {
  Row row(1);
  row.shard_.SetRoutes(0, 20, kIoBit, image::kRamp);
  row.shard_.SetRoutes(0, 21, image::kRamp, kIoBit);
  row.Bind(0, 20);
  EXPECT_TRUE(row.shard_.HasColor(0, 20));
  row.shard_.PushIo(0, 20, {1}, row.t_);
  EXPECT_EQ(row.NextLanding(), 1);
  row.Push(0, 21, {2});
  EXPECT_TRUE(row.IsAsleep());
  row.shard_.SetIoOpen(0, 21, true);
  row.Cycle();
  ASSERT_EQ(row.out_.departures.size(), 1u);
  EXPECT_EQ(row.out_.departures[0].wavelet.payload, 2u);
}

constexpr uint32_t Header(uint32_t column, uint32_t row, uint32_t count) {
  return column | row << 10 | count << 20;
}

// Payloads of what lands in the next cycles, by cycle; 1000 more: control.
std::vector<std::pair<int64_t, uint32_t>> Landings(Row* row, int cycles) {
  std::vector<std::pair<int64_t, uint32_t>> out;
  for (int i = 0; i < cycles; ++i) {
    row->Cycle();
    for (const Landing& l : row->out_.landings) {
      const uint32_t end = l.wavelet.payload == kNoEntryPoint << 16 ? 0 : l.wavelet.payload;
      out.emplace_back(row->t_ - 1, end + (l.wavelet.control ? 1000 : 0));
      EXPECT_EQ(l.color, kReceivedColor);
    }
  }
  return out;
}

TEST(RouterShardTest, MessagesTravelAsFastAsOtherWavelets) {
  using Expected = std::vector<std::pair<int64_t, uint32_t>>;
  for (const bool bare : {false, true}) {
    Row row(3, Arch::kWse3);
    for (uint32_t pe = 0; pe < 3; ++pe) row.shard_.SetMessageRouter(pe, true, bare);
    row.Bind(2, kReceivedColor, 8);
    row.PushAll(0, kFirstMessageColor, {{Header(2, 0, 2)}, {7}, {8}});
    const Expected expected = bare ? Expected{{7, 7}, {8, 8}, {9, 1000}}
                                   : Expected{{6, Header(2, 0, 2)}, {7, 7}, {8, 1000}};
    EXPECT_EQ(Landings(&row, 20), expected);
    EXPECT_TRUE(row.IsAsleep());
  }
}

TEST(RouterShardTest, WaveletsOfAMessageStayTogether) {
  Row row(3, Arch::kWse3);
  for (uint32_t pe = 0; pe < 3; ++pe) row.shard_.SetMessageRouter(pe, true, true);
  row.Bind(2, kReceivedColor, 8);
  // The second PE's message is under way when the first one's header comes.
  row.PushAll(0, kFirstMessageColor, {{Header(2, 0, 3)}});
  row.PushAll(1, kFirstMessageColor, {{Header(2, 0, 2)}});
  row.PushAll(0, kFirstMessageColor, {{1}, {2}, {3}});
  EXPECT_TRUE(Landings(&row, 20).empty());
  row.PushAll(1, kFirstMessageColor, {{4}, {5}});
  std::vector<uint32_t> words;
  for (const auto& [cycle, word] : Landings(&row, 30)) words.push_back(word);
  EXPECT_EQ(words, (std::vector<uint32_t>{4, 5, 1000, 1, 2, 3, 1000}));
}

TEST(RouterShardTest, MessagesWaitForARouterThatIsNotEnabled) {
  Row row(2, Arch::kWse3);
  row.shard_.SetMessageRouter(0, true, true);
  row.Bind(1, kReceivedColor, 8);
  row.PushAll(0, kFirstMessageColor, {{Header(1, 0, 1)}, {9}});
  EXPECT_TRUE(Landings(&row, 20).empty());
  row.shard_.SetMessageRouter(1, true, true);
  EXPECT_EQ(Landings(&row, 20).size(), 2u);
}

TEST(RouterShardTest, EdgeOfShardsCostsNothing) {
  for (const Arch arch : {Arch::kWse2, Arch::kWse3}) {
    RouterShard west({arch, 0, 0, 1, 1});
    RouterShard east({arch, 1, 0, 1, 1});
    west.Connect(Side::kEast, &east);
    east.Connect(Side::kWest, &west);
    west.SetColor(0, 5, *image::ParseColorConfig("R->E"));
    east.SetColor(0, 5, *image::ParseColorConfig("W->R"));
    east.BindChannel(0, 5, 0, 4, true);
    const int hop = arch == Arch::kWse2 ? 1 : 2;
    int landings = 0;
    for (int64_t t = 0; t < 50; ++t) {
      StepResults out;
      west.Exchange(t);
      east.Exchange(t);
      ASSERT_TRUE(west.RampHasRoom(0, 5, t)) << t;
      west.PushRamp(0, 5, {static_cast<uint32_t>(t)}, t);
      west.Step(t, &out);
      east.Step(t, &out);
      EXPECT_EQ(out.landings.size(), t >= 2 * hop ? 1u : 0u) << t;
      for (const Landing& l : out.landings) east.PopChannel(0, l.channel, t + 1), ++landings;
    }
    EXPECT_EQ(landings, 50 - 2 * hop);
  }
}

}  // namespace
}  // namespace csl::fabric::router
