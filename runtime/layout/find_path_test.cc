// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/find_path.h"

#include <gtest/gtest.h>

#include <string>

namespace csl::runtime::layout {
namespace {

// A canvas drawn in letters: '.' is free, '#' a region, 'x' blocked.
struct Drawing {
  Canvas canvas;
  std::vector<bool> blocked;
};

Drawing Draw(const std::vector<std::string>& rows) {
  Drawing d;
  d.canvas.width = static_cast<int>(rows[0].size());
  d.canvas.height = static_cast<int>(rows.size());
  for (const std::string& row : rows) {
    for (const char c : row) {
      d.canvas.owner.push_back(c == '#' ? 0 : kFreeTile);
      d.blocked.push_back(c == 'x');
    }
  }
  return d;
}

// The steps as letters, "" for no way.
std::string Way(const Drawing& d, Point from, Point to, uint8_t first = 15, uint8_t last = 15,
                Direction preferred = Direction::kEast) {
  PathRequest request;
  request.from = from;
  request.first_steps = first;
  request.preferred_first = preferred;
  request.is_end = [&](uint32_t tile) { return tile == d.canvas.IndexOf(to); };
  request.last_steps = last;
  request.is_blocked = [&](uint32_t tile) {
    return d.blocked[tile] || tile == d.canvas.IndexOf(from) || tile == d.canvas.IndexOf(to);
  };
  const std::optional<Path> path = FindPath(d.canvas, request);
  if (!path) return "";
  std::string text;
  for (const Direction step : path->steps) text += "WESN"[static_cast<size_t>(step)];
  EXPECT_EQ(path->end, to);
  return text;
}

TEST(FindPath, GoesStraightWithoutTurnsWhereItCan) {
  const Drawing d = Draw({"....", "....", "...."});
  EXPECT_EQ(Way(d, {0, 0}, {3, 0}), "EEE");
  EXPECT_EQ(Way(d, {0, 0}, {1, 0}), "E");
  EXPECT_EQ(Way(d, {0, 0}, {3, 2}), "EEESS");
}

TEST(FindPath, GoesAroundRegionsRatherThanThroughThem) {
  const Drawing d = Draw({"......", ".####.", "......"});
  EXPECT_EQ(Way(d, {0, 1}, {5, 1}), "SEEEEEN");
}

TEST(FindPath, CrossesARegionWhereThereIsNoOtherWay) {
  const Drawing d = Draw({"#", "#", "#"});
  EXPECT_EQ(Way(d, {0, 0}, {0, 2}, 15, 15, Direction::kSouth), "SS");
}

TEST(FindPath, NeverTouchesBlockedPes) {
  EXPECT_EQ(Way(Draw({"..x..", "..x..", "....."}), {0, 0}, {4, 0}), "ESSEEENN");
  EXPECT_EQ(Way(Draw({"..x..", "..x..", "..x.."}), {0, 0}, {4, 0}), "");
}

TEST(FindPath, HeedsTheSidesOfBothEnds) {
  const Drawing d = Draw({".....", ".....", "....."});
  const uint8_t south = BitOf(Direction::kSouth);
  const uint8_t west = BitOf(Direction::kWest);
  EXPECT_EQ(Way(d, {1, 0}, {3, 0}, south), "SEEN");
  EXPECT_EQ(Way(d, {1, 1}, {3, 1}, 15, west), "ESEENW");
}

TEST(FindPath, PrefersTheEdgeOfThePortByTwoHops) {
  const Drawing d = Draw({".....", "....."});
  // One row to the south lies nearer, but the port looks east.
  EXPECT_EQ(Way(d, {0, 0}, {0, 1}, 15, 15, Direction::kSouth), "S");
  EXPECT_EQ(Way(d, {0, 0}, {0, 1}, 15, 15, Direction::kEast), "S");
  EXPECT_EQ(Way(d, {0, 0}, {1, 1}, 15, 15, Direction::kSouth), "SE");
}

}  // namespace
}  // namespace csl::runtime::layout
