// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using List = std::vector<uint32_t>;
using image::PopMode;
constexpr int kColor = 4;

image::Filter Counter(int init, int limit1, int max) {
  image::Filter filter;
  filter.kind = image::FilterKind::kCounter;
  filter.count_data = true;
  filter.init_counter = static_cast<uint16_t>(init);
  filter.limit1 = static_cast<uint16_t>(limit1);
  filter.has_limit1 = true;
  filter.max_counter = static_cast<uint16_t>(max);
  return filter;
}

// Which of `count` data wavelets pass.
List Passing(const image::Filter& settings, uint32_t count) {
  Filter filter(settings);
  List out;
  for (uint32_t i = 0; i < count; ++i) {
    const Wavelet wavelet{i, false, false};
    if (filter.Passes(wavelet)) out.push_back(i);
    filter.Count(wavelet);
  }
  return out;
}

TEST(Filter, CounterComparesBeforeItCounts) {
  EXPECT_EQ(Passing(Counter(0, 14, 1), 15), List({0, 1}));
  EXPECT_EQ(Passing(Counter(0, 2, 0), 7), List({0, 3, 6}));
  EXPECT_EQ(Passing(Counter(2, 2, 0), 7), List({1, 4}));
  EXPECT_EQ(Passing(Counter(1, 2, 0), 7), List({2, 5}));
}

TEST(Filter, SparseCounterEndsAfterItsLimits) {
  image::Filter sparse = Counter(0, 2, 0);
  sparse.kind = image::FilterKind::kSparseCounter;
  EXPECT_EQ(Passing(sparse, 6), List({0, 3, 4, 5}));
  sparse.has_limit2 = true;
  sparse.limit2 = 1;
  EXPECT_EQ(Passing(sparse, 8), List({0, 3, 5, 6, 7}));
  sparse.has_limit1 = false;
  EXPECT_EQ(Passing(sparse, 3), List({0, 1, 2}));
}

TEST(Filter, RangeLooksAtTheIndex) {
  image::Filter range;
  range.kind = image::FilterKind::kRange;
  range.min_index = 3;
  range.max_index = 5;
  const Filter filter(range);
  EXPECT_FALSE(filter.Passes({2u << 16, false, false}));
  EXPECT_TRUE(filter.Passes({3u << 16 | 9, false, false}));
  EXPECT_TRUE(filter.Passes({5u << 16, false, false}));
  EXPECT_FALSE(filter.Passes({6u << 16, false, false}));
  EXPECT_TRUE(filter.Passes({0, true, false}));
}

TEST(Filter, ControlPassesAtTheHighestCountOnly) {
  image::Filter settings = Counter(0, 3, 1);
  settings.filter_control = true;
  Filter filter(settings);
  EXPECT_FALSE(filter.Passes({0, true, false}));
  EXPECT_TRUE(filter.Passes({0, false, false}));
  filter.Count({0, false, false});
  EXPECT_TRUE(filter.Passes({0, true, false}));
  filter.Count({0, true, false});  // not counted
  EXPECT_TRUE(filter.Passes({0, true, false}));
}

// A transpose of 4 PEs: each keeps one element of every one before it.
TEST(Filter, KeepsOneElementOfEachSource) {
  auto b = TestRow::Builder(4, 1, kColor);
  image::ColorConfig last = Switched({{kW, kR}}, PopMode::kAlwaysPop);
  last.filter = Counter(1, 2, 0);
  image::ColorConfig first = Switched({{kR, kE}}, PopMode::kAlwaysPop);
  b.Color(0, 0, 1, 1, kColor, first).Color(3, 0, 1, 1, kColor, last);
  for (int x = 1; x < 3; ++x) {
    image::ColorConfig config = Switched({{kW, kR | kE}, {kW, kE}, {kR, kE}}, PopMode::kAlwaysPop);
    config.filter = Counter(x == 1 ? 0 : 2, 2, 0);
    b.Color(x, 0, 1, 1, kColor, config);
  }
  TestRow row(b, kColor);
  for (uint32_t pe = 0; pe < 3; ++pe) {
    for (uint32_t element = 1; element < 4; ++element) row.SendData(pe, 10 * pe + element);
    row.SendControl(pe, 0x8b009249);
    row.SendControl(pe, 0x8b009249);
  }
  row.Run();
  EXPECT_EQ(row.Received(1), List({1}));
  EXPECT_EQ(row.Received(2), List({2, 12}));
  EXPECT_EQ(row.Received(3), List({3, 13, 23}));
  EXPECT_EQ(row.Position(1), 2);
  EXPECT_EQ(row.Position(2), 2);
}

// What is rejected needs no room and no reader.
TEST(Filter, RejectedWaveletsAreDropped) {
  auto b = TestRow::Builder(2, 1, kColor);
  b.Route(0, 0, 1, 1, kColor, kR, kE);
  image::ColorConfig config = Switched({{kW, kR}});
  config.filter = Counter(0, 14, 1);
  b.Color(1, 0, 1, 1, kColor, config);
  TestRow row(b, kColor);
  for (uint32_t i = 0; i < 15; ++i) row.SendData(0, i);
  row.Run();
  EXPECT_EQ(row.Received(1), List({0, 1}));
}

}  // namespace
}  // namespace csl::fabric::reference
