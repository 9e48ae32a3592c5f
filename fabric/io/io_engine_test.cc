// SPDX-License-Identifier: Apache-2.0
// When host commands reach PEs and are seen done, by the figures of io_timing.def.
#include "fabric/io/io_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/io/test_commands.h"

namespace csl::fabric::io {
namespace {

using ::testing::ElementsAre;
using Kind = pe::HostCommand::Kind;

constexpr int64_t kBound = 1000;

struct Delivery {
  uint32_t pe;
  int64_t cycle;
  uint32_t command;
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

pe::HostCommand Copy(Kind kind, int width, int height, int elements) {
  return Region(kind, 0, 0, width, height, elements);
}

class IoTest : public ::testing::Test {
 protected:
  IoEngine::Deliver Record() {
    return [this](uint32_t pe, int64_t cycle, uint32_t command) {
      deliveries_.push_back({pe, cycle, command});
    };
  }
  std::vector<Delivery> deliveries_;
};

TEST_F(IoTest, LaunchTravelsAHopAtATimeFromTheWest) {
  for (const auto& [arch, hop] : {std::pair{isa::Arch::kWse2, 1}, {isa::Arch::kWse3, 2}}) {
    deliveries_.clear();
    IoEngine io(arch, Rectangle(2, 2), kBound);
    io.Enqueue({}, 100);
    EXPECT_FALSE(io.TryIssue(/*next_event=*/99, 0, Record()));
    ASSERT_TRUE(io.TryIssue(/*next_event=*/100, 0, Record()));  // need not be quiet
    const int64_t first = 100 + 104 + 4 * hop;
    EXPECT_THAT(deliveries_, ElementsAre(Delivery{0, first, 0}, Delivery{1, first + hop, 0},
                                         Delivery{2, first, 0}, Delivery{3, first + hop, 0}));
    EXPECT_EQ(io.MinLatency(), 104 + 4 * hop);
  }
}

TEST_F(IoTest, NextCommandStartsWhenTheLastPeFinished) {
  IoEngine io(isa::Arch::kWse2, Rectangle(2, 1), kBound);
  io.Enqueue({}, 0);
  io.Enqueue({}, 0);
  ASSERT_TRUE(io.TryIssue(kNever, 0, Record()));
  io.PeFinished(io.num_done(), 1, 300);
  EXPECT_FALSE(io.TryIssue(kNever, 0, Record()));
  EXPECT_FALSE(io.InFlight().empty());
  io.PeFinished(io.num_done(), 0, 290);
  EXPECT_EQ(io.state(0).done_cycle, 300);
  EXPECT_EQ(io.num_done(), 1u);
  ASSERT_TRUE(io.TryIssue(kNever, 0, Record()));
  EXPECT_EQ(io.state(1).start_cycle, 300);
}

TEST_F(IoTest, CopyWaitsForQuietOrItsBound) {
  const auto start = [&](int64_t next_event, int64_t idle_since) -> int64_t {
    IoEngine io(isa::Arch::kWse2, Rectangle(1, 1), kBound);
    io.Enqueue(Copy(Kind::kCopyOut, 1, 1, 1), 50);
    return io.TryIssue(next_event, idle_since, Record()) ? io.state(0).start_cycle : -1;
  };
  EXPECT_EQ(start(kNever, 20), 50);
  EXPECT_EQ(start(kNever, 80), 80);
  EXPECT_EQ(start(60, 20), -1);
  EXPECT_EQ(start(50 + kBound, 20), -1);
  EXPECT_EQ(start(51 + kBound, 20), 50 + kBound);
  EXPECT_EQ(start(kNever, 5000), 50 + kBound);
}

TEST_F(IoTest, CopiesTakeTheMeasuredRates) {
  // 1000 words to the device: 1000 / 0.868 cycles; a PE can store only what has arrived.
  IoEngine in(isa::Arch::kWse2, Rectangle(2, 1), kBound);
  in.Enqueue(Copy(Kind::kCopyIn, 2, 1, 434), 0);
  ASSERT_TRUE(in.TryIssue(kNever, 0, Record()));
  EXPECT_THAT(deliveries_,
              ElementsAre(Delivery{0, 970 + 4 + 500, 0}, Delivery{1, 970 + 5 + 1000, 0}));
  EXPECT_EQ(in.words_h2d(), 868);
  // To the host: read as they leave, seen when the last word has come out.
  deliveries_.clear();
  IoEngine out(isa::Arch::kWse2, Rectangle(2, 1), kBound);
  out.Enqueue(Copy(Kind::kCopyOut, 2, 1, 149), 0);
  ASSERT_TRUE(out.TryIssue(kNever, 0, Record()));
  EXPECT_THAT(deliveries_, ElementsAre(Delivery{0, 750 + 4, 0}, Delivery{1, 750 + 5 + 500, 0}));
  out.PeFinished(0, 0, 754);
  out.PeFinished(0, 1, 1255);
  EXPECT_EQ(out.state(0).done_cycle, 1255 + 5 + 500);
  EXPECT_EQ(out.words_d2h(), 298);
}

TEST_F(IoTest, ChannelsShareRowsAndColumnMajorIsFaster) {
  const auto last = [&](int channels, bool column_major) {
    deliveries_.clear();
    IoEngine io(isa::Arch::kWse2, Rectangle(1, 32, channels), kBound);
    auto copy = Copy(Kind::kCopyIn, 1, 32, 1000);
    copy.column_major = column_major;
    io.Enqueue(std::move(copy), 0);
    EXPECT_TRUE(io.TryIssue(kNever, 0, Record()));
    int64_t cycle = 0;
    for (const Delivery& d : deliveries_) cycle = std::max(cycle, d.cycle);
    return cycle - 974;
  };
  EXPECT_EQ(last(1, false), (32'000 * 1000 + 867) / 868);
  EXPECT_EQ(last(4, false), (8'000 * 1000 + 867) / 868);
  EXPECT_EQ(last(16, false), last(8, false));  // no more than eight help
  EXPECT_LT(last(4, true), last(4, false));
}

TEST_F(IoTest, RegionOfInterestInTheMiddle) {
  IoEngine io(isa::Arch::kWse2, Rectangle(4, 3), kBound);
  auto copy = Copy(Kind::kCopyOut, 2, 1, 1);
  copy.x = 1;
  copy.y = 2;
  io.Enqueue(std::move(copy), 0);
  ASSERT_TRUE(io.TryIssue(kNever, 0, Record()));
  ASSERT_EQ(deliveries_.size(), 2u);
  EXPECT_EQ(deliveries_[0].pe, 9u);
  EXPECT_EQ(deliveries_[1].pe, 10u);
}

TEST(HostCommand, WordsLieAsTheHostArrayDoes) {
  // A[h][w][l] of 5 x 5 x 5: element (1, 2, 3) is word 86 in column-major, 38 in row-major order.
  auto copy = Copy(Kind::kCopyIn, 5, 5, 5);
  EXPECT_EQ(copy.WordIndex(2, 1, 3), 38u);
  copy.column_major = true;
  EXPECT_EQ(copy.WordIndex(2, 1, 3), 86u);
  copy.x = 2;
  copy.y = 1;
  EXPECT_EQ(copy.WordIndex(2, 1, 0), 0u);
}

}  // namespace
}  // namespace csl::fabric::io
