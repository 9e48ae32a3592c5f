// SPDX-License-Identifier: Apache-2.0
// Switches, commands and popping, in the patterns of published programs.
#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using List = std::vector<uint32_t>;
using Positions = std::vector<int>;
using image::PopMode;
constexpr int kColor = 4;

TEST(Commands, PopShiftsAndKeepsTheLastCeIgnore) {
  EXPECT_EQ(WithoutFirstCommand(0x09df9249), 0x091f9249u);
  EXPECT_EQ(WithoutFirstCommand(0x0b5f9249), 0x095f9249u);
  EXPECT_EQ(WithoutFirstCommand(0x09400000), 0x01000000u);
  EXPECT_EQ(WithoutFirstCommand(0x00680002), 0x10280000u);  // data are commands, too
  EXPECT_EQ(FirstCommand(0x015f0000), Command::kSwitchAdv);
  EXPECT_TRUE(IgnoresCe(0x015f0000));
  EXPECT_EQ(EntryPoint(0x00680000), 40u);
}

// A sender in the middle of a cross; its neighbours receive.
TestRow Cross() {
  auto b = TestRow::Builder(3, 3, kColor);
  b.Color(1, 1, 1, 1, kColor, Switched({{kR, kN}, {kR, kW}, {kR, kE}, {kR, kS}}, {}, true, 1));
  b.Route(1, 0, 1, 1, kColor, kS, kR).Route(1, 2, 1, 1, kColor, kN, kR);
  b.Route(0, 1, 1, 1, kColor, kE, kR).Route(2, 1, 1, 1, kColor, kW, kR);
  return TestRow(b, kColor);
}

TEST(Switch, TakesEffectBehindTheControlWavelet) {
  TestRow row = Cross();
  for (uint32_t v = 0; v < 8; v += 2) {
    row.SendControl(4, 0x015f0000);
    row.SendData(4, v);
  }
  row.Run();
  EXPECT_EQ(row.Received(5), List({0}));
  EXPECT_EQ(row.Received(7), List({2}));
  EXPECT_EQ(row.Received(1), List({4}));
  EXPECT_EQ(row.Received(3), List({6}));
  EXPECT_EQ(row.Positions(4), Positions({1, 2, 3, 0, 1}));
}

TEST(Switch, ControlWaveletLeavesByThePositionInForce) {
  TestRow row = Cross();
  for (uint32_t v = 0; v < 8; v += 2) row.SendControl(4, 0x00680000 + v);
  row.Run();
  EXPECT_EQ(row.Received(3), List({0x00680000}));
  EXPECT_EQ(row.Received(5), List({0x00680002}));
  EXPECT_EQ(row.Received(7), List({0x00680004}));
  EXPECT_EQ(row.Received(1), List({0x00680006}));
}

TEST(Switch, HandsTheRowToTheNextSender) {
  auto b = TestRow::Builder(4, 1, kColor);
  b.Route(0, 0, 1, 1, kColor, kR, kE).Route(3, 0, 1, 1, kColor, kW, kR);
  b.Color(1, 0, 2, 1, kColor,
          Switched({{kW, kR | kE}, {kW, kE}, {kR, kE}}, PopMode::kPopOnAdvance));
  TestRow row(b, kColor);
  for (uint32_t pe = 0; pe < 3; ++pe) {
    row.SendData(pe, 10 * pe);
    row.SendData(pe, 10 * pe + 1);
    row.SendControl(pe, 0x09400000);
    row.SendControl(pe, 0x09400000);
  }
  row.Run();
  EXPECT_EQ(row.Received(1), List({0, 1}));
  EXPECT_EQ(row.Received(2), List({0, 1, 10, 11}));
  EXPECT_EQ(row.Received(3), List({0, 1, 10, 11, 20, 21}));
  EXPECT_EQ(row.Positions(1), Positions({0, 1, 2}));
  EXPECT_EQ(row.Positions(2), Positions({0, 1, 2}));
}

// One sender deals blocks of four to a row; each control wavelet moves the next router on.
TEST(Switch, DealsBlocksToARow) {
  constexpr uint32_t kAdvance = 0x015f0000;
  auto b = TestRow::Builder(5, 1, kColor);
  b.Route(0, 0, 1, 1, kColor, kR, kE).Route(4, 0, 1, 1, kColor, kW, kR);
  b.Color(1, 0, 3, 1, kColor, Switched({{kW, kR}, {kW, kE}}, PopMode::kPopOnAdvance));
  TestRow row(b, kColor);
  for (uint32_t block = 0; block < 4; ++block) {
    if (block > 0) row.SendControl(0, kAdvance);
    for (uint32_t k = 0; k < 4; ++k) row.SendData(0, 4 * block + k);
  }
  row.Run();
  for (uint32_t pe = 1; pe < 5; ++pe) {
    const uint32_t first = 4 * (pe - 1);
    EXPECT_EQ(row.Received(pe), List({first, first + 1, first + 2, first + 3}));
    EXPECT_EQ(row.Position(pe), pe < 4 ? 1 : 0);
  }
}

// And back: each PE of a column sends its block, then passes on those from the south.
TEST(Switch, CollectsBlocksFromAColumn) {
  constexpr uint32_t kAdvance = 0x015f0000;
  auto b = TestRow::Builder(1, 5, kColor);
  b.Route(0, 0, 1, 1, kColor, kS, kR);
  b.Color(0, 1, 1, 4, kColor, Switched({{kR, kN}, {kS, kN}}));
  TestRow row(b, kColor);
  std::vector<uint32_t> all;
  for (uint32_t pe = 1; pe < 5; ++pe) {
    for (uint32_t k = 0; k < 8; ++k) {
      all.push_back(10 * pe + k);
      row.SendData(pe, all.back());
    }
    row.SendControl(pe, kAdvance);
  }
  row.Run();
  EXPECT_EQ(row.Received(0), all);
  for (uint32_t pe = 1; pe < 5; ++pe) EXPECT_EQ(row.Positions(pe), Positions({0, 1}));
}

TEST(Switch, SlidesGroupsOfFive) {
  auto b = TestRow::Builder(10, 1, kColor);
  const auto set = [&](int x, const Routes& routes, int current) {
    b.Color(x, 0, 1, 1, kColor, Switched(routes, PopMode::kAlwaysPop, true, current));
  };
  set(0, {{kR, kE | kR}, {kR, kR}}, 0);
  for (int x = 1; x < 10; ++x) {
    const int east = x == 9 ? 0 : kE;
    Routes routes = {{kW, east | kR}, {kR, east | kR}, {kR, kR}};
    if (x >= 4) routes.push_back({kW, kR});
    set(x, routes, x == 4 || x == 9 ? 3 : x == 5 ? 1 : 0);
  }
  TestRow row(b, kColor);
  for (int round = 0; round < 3; ++round) {
    for (uint32_t pe = 0; pe < 10; ++pe) {
      row.SendData(pe, pe);
      row.SendControl(pe, 0x0b5f9259);
      row.SendControl(pe, 0x095f9249);
    }
    row.Run();
    EXPECT_EQ(row.Received(4), List({0, 1, 2, 3, 4}));
    EXPECT_EQ(row.Received(5), List({5, 1, 2, 3, 4}));
    EXPECT_EQ(row.Received(6), List({5, 6, 2, 3, 4}));
    EXPECT_EQ(row.Received(9), List({5, 6, 7, 8, 9}));
    for (int x = 0; x < 10; ++x) {
      EXPECT_EQ(row.Position(static_cast<uint32_t>(x)), x == 4 || x == 9 ? 3 : x == 5 ? 1 : 0);
    }
    if (round > 0) continue;
    EXPECT_EQ(row.Positions(0), Positions({0, 1, 0}));
    EXPECT_EQ(row.Positions(2), Positions({0, 1, 2, 0}));
    EXPECT_EQ(row.Positions(4), Positions({3, 0, 1, 2, 3}));
    EXPECT_EQ(row.Positions(5), Positions({1, 2, 3, 0, 1}));
    EXPECT_EQ(row.Positions(7), Positions({0, 1, 2, 3, 0}));
  }
}

TEST(Switch, ReducesARowAndTearsItDown) {
  auto b = TestRow::Builder(4, 1, kColor);
  b.Color(0, 0, 1, 1, kColor, Switched({{kR, kE}, {kR, kE}}, PopMode::kPopOnAdvance, true));
  b.Color(1, 0, 2, 1, kColor, Switched({{kW, kE}, {kR, kE}}, PopMode::kPopOnAdvance, true));
  b.Route(3, 0, 1, 1, kColor, kW, kR);
  TestRow row(b, kColor);
  for (uint32_t pe = 0; pe < 3; ++pe) {
    row.SendData(pe, pe);
    row.SendControl(pe, 0x0b5f9249);
  }
  row.SendControl(0, 0x09df9249);  // teardown, behind PE 0's own advance
  row.Run();
  EXPECT_EQ(row.Received(3), List({0, 1, 2}));
  EXPECT_EQ(row.Positions(1), Positions({0, 1, 0}));
  EXPECT_EQ(row.Positions(2), Positions({0, 1, 0}));
  for (uint32_t pe = 0; pe < 4; ++pe) {
    EXPECT_TRUE(row.machine().color(pe, kColor).teardown) << pe;
    EXPECT_EQ(row.machine().ce(pe).teardown_pending, 1u << kColor) << pe;
  }
  // Nothing moves until the end of the teardown.
  row.SendData(0, 7);
  row.Run();
  EXPECT_EQ(row.Received(3), List({}));
}

TEST(Switch, AdvanceBitMovesTheSendersRouterOnly) {
  auto b = TestRow::Builder(1, 4, kColor);
  b.Route(0, 0, 1, 1, kColor, kS, kR);
  b.Color(0, 1, 1, 3, kColor, Switched({{kR, kN}, {kS, kN}}));
  TestRow row(b, kColor);
  for (uint32_t pe = 1; pe < 4; ++pe) {
    row.SendData(pe, 10 * pe);
    row.SendData(pe, 10 * pe + 1, true);
  }
  row.Run();
  EXPECT_EQ(row.Received(0), List({10, 11, 20, 21, 30, 31}));
  EXPECT_EQ(row.Position(1), 1);
}

// The page's table: an un-popped RST resets every router; always_pop takes commands one by one.
TEST(Switch, ResetAndPopModes) {
  auto b = TestRow::Builder(3, 1, kColor);
  b.Color(0, 0, 1, 1, kColor, Switched({{kR, kE}, {kR, kE}}, PopMode::kPopOnAdvanceNop));
  b.Color(1, 0, 1, 1, kColor, Switched({{kW, kE}, {kW, kE}}, PopMode::kAlwaysPop));
  b.Route(2, 0, 1, 1, kColor, kW, kR);
  TestRow row(b, kColor);
  const uint32_t nop_adv_rst = 0u << 22 | 1u << 25 | 2u << 28 | 40u << 16;
  row.SendControl(0, nop_adv_rst);  // PE 0 pops the NOP, PE 1 advances and pops
  row.Run();
  EXPECT_EQ(row.Received(2), List({2u << 22 | 40u << 16}));
  EXPECT_EQ(row.Position(0), 0);
  EXPECT_EQ(row.Position(1), 1);
  row.SendControl(0, 2u << 22 | 40u << 16);  // RST is not popped by PE 0, but by PE 1
  row.Run();
  EXPECT_EQ(row.Received(2), List({40u << 16}));
  EXPECT_EQ(row.Position(1), 0);
}

// PE 0 sends on blue (4), unswapped; both colors exchange in x at every hop.
TEST(ColorSwap, AlternatesAtEachHop) {
  testing::ArtifactBuilder b(isa::Arch::kWse2, 4, 1);
  b.Function("nothing", "  ret\n").InputQueue(2, 4).InputQueue(3, 5).Blocked({4, 5});
  image::ColorConfig east = Switched({{kW, kE | kR}});
  east.color_swap_x = true;
  image::ColorConfig sender = Switched({{kR, kE}});
  sender.color_swap_x = true;
  b.Color(0, 0, 1, 1, 4, sender);
  b.Color(1, 0, 3, 1, 4, east).Color(1, 0, 3, 1, 5, east);
  TestMachine m(b);
  m.ce(0).outputs[2].words.Push({{77, false, false}, 4}, 2);
  for (int t = 0; t < 40; ++t) m.Step();
  const auto size = [&](uint32_t pe, size_t queue) { return m.ce(pe).channels[queue].size(); };
  EXPECT_EQ(size(1, 3), 1u);
  EXPECT_EQ(size(2, 2), 1u);
  EXPECT_EQ(size(3, 3), 1u);
  EXPECT_EQ(size(1, 2) + size(2, 3) + size(3, 2), 0u);
}

TEST(Router, TwoInputsOfOneColorEndTheRun) {
  auto b = TestRow::Builder(2, 1, kColor);
  b.Route(0, 0, 1, 1, kColor, kR, kE).Route(1, 0, 1, 1, kColor, kW | kR, kR);
  TestMachine m(b);
  m.ce(0).outputs[2].words.Push({{1, false, false}, kColor}, 2);
  m.ce(1).outputs[2].words.Push({{2, false, false}, kColor}, 3);
  EXPECT_EQ(m.RunUntil([&] { return !m.ce(1).fault.ok(); }), 4);
  EXPECT_EQ(FaultText(m.ce(1).fault),
            "color 4 has a wavelet from WEST and one from RAMP in the same cycle");
}

}  // namespace
}  // namespace csl::fabric::reference
