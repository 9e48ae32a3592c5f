// SPDX-License-Identifier: Apache-2.0
// Switches, commands and filters of one color.
#include "fabric/router/rules.h"

#include <gtest/gtest.h>

#include <vector>

namespace csl::fabric::router {
namespace {

using image::ColorConfig;
using image::Filter;
using image::FilterKind;
using image::PopMode;

ColorConfig Switch(uint8_t positions, bool ring, PopMode pop = PopMode::kNoPop) {
  ColorConfig out;
  out.num_positions = positions;
  out.ring_mode = ring;
  out.pop_mode = pop;
  return out;
}

TEST(RulesTest, AdvanceStopsAtTheLastPositionUnlessRing) {
  ColorConfig line = Switch(2, false);
  EXPECT_TRUE(AdvanceSwitch(&line));
  EXPECT_FALSE(AdvanceSwitch(&line));
  EXPECT_EQ(line.current_position, 1);
  ColorConfig ring = Switch(2, true);
  EXPECT_TRUE(AdvanceSwitch(&ring));
  EXPECT_TRUE(AdvanceSwitch(&ring));
  EXPECT_EQ(ring.current_position, 0);
  ColorConfig single = Switch(1, true);
  EXPECT_FALSE(AdvanceSwitch(&single));
}

TEST(RulesTest, PopMovesEveryCommandDown) {
  // allreduce: ADV, ADV, NOP.., all with ce_ignore.
  EXPECT_EQ(PopCommand(0x0b5f9249), 0x095f9249u);
  EXPECT_EQ(PopCommand(0x095f9249), 0x091f9249u);
  // One command and data: the data move too.
  EXPECT_EQ(PopCommand(0x00680002), 0x10280000u);
  // Command 7 becomes NOP, with its ce_ignore.
  EXPECT_EQ(PopCommand(0x0000e000), 0x00009c00u);
  EXPECT_EQ(PopCommand(0x00006000), 0x00000c00u);
  // The entry point and bits 30 and 31 stay.
  EXPECT_EQ(PopCommand(0xc03f0000), 0xc03f0000u);
}

TEST(RulesTest, PopModes) {
  constexpr uint32_t kAdvance = 1u << 22;
  constexpr uint32_t kReset = 2u << 22;
  struct Case {
    PopMode mode;
    bool nop, advance, advance_at_end, reset;
  };
  for (const Case& c : {Case{PopMode::kNoPop, false, false, false, false},
                        Case{PopMode::kAlwaysPop, true, true, true, true},
                        Case{PopMode::kPopOnAdvance, false, true, false, false},
                        Case{PopMode::kPopOnAdvanceNop, true, true, false, false}}) {
    const auto pops = [&](uint32_t command, uint8_t position) {
      ColorConfig color = Switch(2, false, c.mode);
      color.current_position = position;
      const uint32_t payload = command | 7u << 25;
      return ApplyCommand(&color, payload) != payload;
    };
    EXPECT_EQ(pops(0, 0), c.nop);
    EXPECT_EQ(pops(kAdvance, 0), c.advance);
    EXPECT_EQ(pops(kAdvance, 1), c.advance_at_end);
    EXPECT_EQ(pops(kReset, 1), c.reset);
  }
}

TEST(RulesTest, CommandsChangeTheColor) {
  ColorConfig color = Switch(3, false);
  color.current_position = 2;
  ApplyCommand(&color, 2u << 22);
  EXPECT_EQ(color.current_position, 0);
  EXPECT_FALSE(color.teardown);
  ApplyCommand(&color, 3u << 22);
  EXPECT_TRUE(color.teardown);
}

std::vector<int> Passing(Filter filter, int count, bool control = false) {
  std::vector<int> out;
  for (int i = 0; i < count; ++i) {
    const Wavelet w{static_cast<uint32_t>(i) << 16, control, false};
    if (FilterPasses(filter, w)) out.push_back(i);
    CountInFilter(&filter, w);
  }
  return out;
}

TEST(RulesTest, RangeFilterLooksAtTheUpperHalfOfData) {
  Filter filter{.kind = FilterKind::kRange, .min_index = 3, .max_index = 5};
  EXPECT_EQ(Passing(filter, 8), (std::vector<int>{3, 4, 5}));
  EXPECT_EQ(Passing(filter, 3, true), (std::vector<int>{0, 1, 2}));
}

TEST(RulesTest, CounterFilterHasAPeriodOfLimitPlusOne) {
  Filter filter{.kind = FilterKind::kCounter, .count_data = true, .has_limit1 = true, .limit1 = 2};
  EXPECT_EQ(Passing(filter, 7), (std::vector<int>{0, 3, 6}));
  filter.init_counter = 1;
  EXPECT_EQ(Passing(filter, 7), (std::vector<int>{2, 5}));
  EXPECT_EQ(Passing(filter, 3, true), std::vector<int>());  // not counted, judged all the same
}

TEST(RulesTest, FilterControlGatesControlWaveletsAlone) {
  Filter filter{.kind = FilterKind::kCounter,
                .count_control = true,
                .filter_control = true,
                .has_limit1 = true,
                .max_counter = 1,
                .limit1 = 2};
  EXPECT_EQ(Passing(filter, 6, true), (std::vector<int>{1, 4}));
  EXPECT_EQ(Passing(filter, 3), (std::vector<int>{0, 1, 2}));
}

TEST(RulesTest, SparseCounterEndsAfterItsLimits) {
  Filter filter{.kind = FilterKind::kSparseCounter,
                .count_data = true,
                .has_limit1 = true,
                .has_limit2 = true,
                .limit1 = 1,
                .limit2 = 2};
  EXPECT_EQ(Passing(filter, 8), (std::vector<int>{0, 2, 5, 6, 7}));
  filter.has_limit2 = false;
  EXPECT_EQ(Passing(filter, 5), (std::vector<int>{0, 2, 3, 4}));
  filter.has_limit1 = false;
  EXPECT_EQ(Passing(filter, 3), (std::vector<int>{0, 1, 2}));
}

}  // namespace
}  // namespace csl::fabric::router
