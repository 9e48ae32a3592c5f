// SPDX-License-Identifier: Apache-2.0
// Color configurations as text, both ways.
#include <gtest/gtest.h>

#include "fabric/image/parse_color_config.h"

namespace csl::image {
namespace {

TEST(ColorConfigTest, WhatPrintsReadsBack) {
  for (const char* text : {
           "R->E",
           "-->-",
           "WESNR->WESNR",
           "*R->E | W->R",
           "R->E | *W->R | S->N | N->S ring pop=advance_nop",
           "R->E | W-> | *->R",
           "W->R pop=always swap_x swap_y teardown",
           "W->R pop=advance filter=range[3,700]",
           "W->R filter=counter(init=1 max=9 limit1=2 limit2=3 data control filter_control)",
           "W->R filter=sparse(init=0 max=0)",
       }) {
    const auto config = ParseColorConfig(text);
    ASSERT_TRUE(config.ok()) << text << ": " << config.status().ToString();
    EXPECT_EQ(config->ToString(), text);
  }
}

TEST(ColorConfigTest, ValuesAreRead) {
  const auto config = ParseColorConfig("R->ES | *W->R ring filter=range[3,700]");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->num_positions, 2);
  EXPECT_EQ(config->current_position, 1);
  EXPECT_EQ(config->positions[0], (Route{kRamp, kEast | kSouth}));
  EXPECT_EQ(config->positions[1], (Route{kWest, kRamp}));
  EXPECT_TRUE(config->ring_mode);
  EXPECT_EQ(config->filter.kind, FilterKind::kRange);
  EXPECT_EQ(config->filter.max_index, 700);
}

TEST(ColorConfigTest, MissingSideIsThatOfThePositionBefore) {
  const auto config = ParseColorConfig("W->ER | R-> | ->R | W->");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->positions[1], (Route{kRamp, kInherited}));
  EXPECT_EQ(config->RouteOf(0), (Route{kWest, kEast | kRamp}));
  EXPECT_EQ(config->RouteOf(1), (Route{kRamp, kEast | kRamp}));
  EXPECT_EQ(config->RouteOf(2), (Route{kRamp, kRamp}));
  EXPECT_EQ(config->RouteOf(3), (Route{kWest, kRamp}));
}

TEST(ColorConfigTest, OtherTextIsRefused) {
  for (const char* text :
       {"", "R", "R->", "->E", "R->X", "RR->E", "R->E |", "R->E | ->", "R->E | ring", "R->E E->R",
        "R->E | R->E | R->E | R->E | R->E", "R->E pop=never", "R->E filter=range[1]",
        "R->E filter=range[1,99999]", "R->E filter=counter(init=1", "R->E filter=counter(x)"}) {
    EXPECT_FALSE(ParseColorConfig(text).ok()) << text;
  }
}

}  // namespace
}  // namespace csl::image
