// SPDX-License-Identifier: Apache-2.0
// When the words of streams and broadcasts are due, by the figures of io_timing.def.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fabric/io/test_commands.h"

namespace csl::fabric::io {
namespace {

using ::testing::ElementsAre;
using Broadcast = pe::HostCommand::Broadcast;
using Kind = pe::HostCommand::Kind;

// WSE-2, offset 4: the first word of a stream to the device that starts in cycle 0 could reach
// column x in 710 + 260 + 4 + x.
constexpr int64_t kEdge = 710 + 260 + 4;
constexpr int64_t kOutGap = 260;

int64_t H2d(int64_t words) { return (words * 1000 + 867) / 868; }
int64_t H2dColumnMajor(int64_t words) { return (words * 1000 + 953) / 954; }
int64_t D2h(int64_t words) { return (words * 1000 + 297) / 298; }

class StreamTest : public ::testing::Test {
 protected:
  IoEngine& Issue(const Geometry& geometry, pe::HostCommand command) {
    io_ = std::make_unique<IoEngine>(isa::Arch::kWse2, geometry, 1000);
    deliveries_.clear();
    io_->Enqueue(std::move(command), 0);
    EXPECT_TRUE(io_->TryIssue(
        kNever, 0, [this](uint32_t pe, int64_t cycle, uint32_t) { deliveries_[pe] = cycle; }));
    return *io_;
  }
  std::unique_ptr<IoEngine> io_;
  std::map<uint32_t, int64_t> deliveries_;
};

TEST_F(StreamTest, StreamOpensWhereTheCommandArrives) {
  Issue(Rectangle(3, 2), Region(Kind::kStreamIn, 1, 1, 2, 1, 5));
  EXPECT_THAT(deliveries_, ElementsAre(std::pair(4u, kEdge + 1), std::pair(5u, kEdge + 2)));
  EXPECT_EQ(io_->words_h2d(), 10);
}

TEST_F(StreamTest, RowMajorWordsAreDuePeByPe) {
  const IoEngine& io = Issue(Rectangle(3, 4), Region(Kind::kStreamIn, 1, 1, 2, 2, 5));
  EXPECT_EQ(io.StreamWordDue(0, 1, 1, 0), kEdge + 1 + H2d(1));
  EXPECT_EQ(io.StreamWordDue(0, 1, 1, 4), kEdge + 1 + H2d(5));
  EXPECT_EQ(io.StreamWordDue(0, 2, 1, 0), kEdge + 2 + H2d(6));
  EXPECT_EQ(io.StreamWordDue(0, 2, 2, 4), kEdge + 2 + H2d(20));
}

TEST_F(StreamTest, ColumnMajorWordsAreDueElementByElement) {
  auto command = Region(Kind::kStreamIn, 1, 1, 2, 2, 5);
  command.column_major = true;
  const IoEngine& io = Issue(Rectangle(3, 4), std::move(command));
  EXPECT_EQ(io.StreamWordDue(0, 1, 1, 0), kEdge + 1 + H2dColumnMajor(1));
  EXPECT_EQ(io.StreamWordDue(0, 1, 2, 0), kEdge + 1 + H2dColumnMajor(2));
  EXPECT_EQ(io.StreamWordDue(0, 2, 1, 0), kEdge + 2 + H2dColumnMajor(3));
  EXPECT_EQ(io.StreamWordDue(0, 1, 1, 1), kEdge + 1 + H2dColumnMajor(5));
  EXPECT_EQ(io.StreamWordDue(0, 2, 2, 4), kEdge + 2 + H2dColumnMajor(20));
}

TEST_F(StreamTest, EachChannelCountsItsOwnWords) {
  // Seven rows on three channels: rows 0-2, 3-4, 5-6. The region has rows 2 to 5.
  for (const bool column_major : {false, true}) {
    auto command = Region(Kind::kStreamIn, 0, 2, 1, 4, 2);
    command.column_major = column_major;
    const IoEngine& io = Issue(Rectangle(1, 7, 3), std::move(command));
    const auto h2d = column_major ? H2dColumnMajor : H2d;
    EXPECT_EQ(io.StreamWordDue(0, 0, 2, 1), kEdge + h2d(2));
    EXPECT_EQ(io.StreamWordDue(0, 0, 3, 0), kEdge + h2d(1));
    EXPECT_EQ(io.StreamWordDue(0, 0, 4, 1), kEdge + h2d(4));
    EXPECT_EQ(io.StreamWordDue(0, 0, 5, 0), kEdge + h2d(1));
  }
}

TEST_F(StreamTest, StreamToTheHostIsSeenWhenTheChannelCouldHaveMovedIt) {
  IoEngine& io = Issue(Rectangle(2, 2), Region(Kind::kStreamOut, 0, 0, 2, 2, 10));
  EXPECT_EQ(io.StreamOutGap(0), 4);
  for (uint32_t pe = 0; pe < 4; ++pe) io.PeFinished(io.num_done(), pe, 300);
  EXPECT_EQ(io.state(0).done_cycle, kOutGap + D2h(40));
  io.Enqueue(Region(Kind::kStreamOut, 1, 0, 1, 1, 1), 0);
  ASSERT_TRUE(io.TryIssue(kNever, 0, [](uint32_t, int64_t, uint32_t) {}));
  EXPECT_EQ(io.state(1).start_cycle, kOutGap + D2h(40));
  io.PeFinished(io.num_done(), 1, 5000);
  EXPECT_EQ(io.state(1).done_cycle, 5000 + 5);
}

TEST_F(StreamTest, StreamDoesNotWaitForQuiet) {
  IoEngine io(isa::Arch::kWse2, Rectangle(1, 1), 1000);
  io.Enqueue(Region(Kind::kStreamOut, 0, 0, 1, 1, 1), 50);
  EXPECT_FALSE(io.TryIssue(49, 0, [](uint32_t, int64_t, uint32_t) {}));
  EXPECT_TRUE(io.TryIssue(50, 0, [](uint32_t, int64_t, uint32_t) {}));
}

TEST_F(StreamTest, BroadcastsSendEachWordOnce) {
  auto rows = Region(Kind::kCopyIn, 0, 0, 2, 2, 434);
  rows.broadcast = Broadcast::kRows;
  Issue(Rectangle(2, 2), std::move(rows));
  EXPECT_THAT(deliveries_,
              ElementsAre(std::pair(0u, kEdge + 500), std::pair(1u, kEdge + 1 + 500),
                          std::pair(2u, kEdge + 1000), std::pair(3u, kEdge + 1 + 1000)));
  EXPECT_EQ(io_->words_h2d(), 868);

  auto columns = Region(Kind::kCopyIn, 0, 0, 2, 2, 434);
  columns.broadcast = Broadcast::kColumns;
  Issue(Rectangle(2, 2), std::move(columns));
  EXPECT_THAT(deliveries_,
              ElementsAre(std::pair(0u, kEdge + 500), std::pair(1u, kEdge + 1 + 1000),
                          std::pair(2u, kEdge + 500), std::pair(3u, kEdge + 1 + 1000)));
}

TEST_F(StreamTest, StreamedBroadcastsAreDueTogether) {
  for (const bool column_major : {false, true}) {
    const auto h2d = column_major ? H2dColumnMajor : H2d;
    auto command = Region(Kind::kStreamIn, 0, 0, 3, 2, 4);
    command.column_major = column_major;
    command.broadcast = Broadcast::kColumns;
    const IoEngine& columns = Issue(Rectangle(3, 2), command);
    EXPECT_EQ(columns.StreamWordDue(0, 1, 1, 2), columns.StreamWordDue(0, 1, 0, 2));
    EXPECT_EQ(columns.StreamWordDue(0, 1, 0, 2), kEdge + 1 + h2d(column_major ? 8 : 7));
    command.broadcast = Broadcast::kRows;
    const IoEngine& rows = Issue(Rectangle(3, 2), command);
    EXPECT_EQ(rows.StreamWordDue(0, 2, 1, 2), rows.StreamWordDue(0, 0, 1, 2) + 2);
    EXPECT_EQ(rows.StreamWordDue(0, 0, 1, 2), kEdge + h2d(column_major ? 6 : 7));
  }
}

TEST_F(StreamTest, StepsSkipColumnsAndRows) {
  auto command = Region(Kind::kStreamIn, 1, 0, 2, 2, 3);
  command.x_step = 2;
  command.y_step = 3;
  EXPECT_TRUE(command.Covers(3, 3));
  EXPECT_FALSE(command.Covers(2, 3));
  EXPECT_FALSE(command.Covers(3, 2));
  EXPECT_FALSE(command.Covers(5, 3));
  EXPECT_EQ(command.WordIndex(3, 3, 1), 10u);
  const IoEngine& io = Issue(Rectangle(4, 4, 2), std::move(command));
  ASSERT_EQ(deliveries_.size(), 4u);
  EXPECT_EQ(deliveries_[15], kEdge + 3);
  EXPECT_EQ(io.StreamWordDue(0, 3, 3, 1), kEdge + 3 + H2d(5));  // row 3 is its channel's first
}

TEST(HostCommand, BroadcastWordsLieInSmallerArrays) {
  auto command = Region(Kind::kCopyIn, 2, 1, 3, 4, 5);
  command.broadcast = Broadcast::kRows;  // A[h][l]
  EXPECT_EQ(command.host_words(), 20u);
  EXPECT_EQ(command.WordIndex(4, 3, 1), 11u);
  command.column_major = true;
  EXPECT_EQ(command.WordIndex(4, 3, 1), 6u);
  command.broadcast = Broadcast::kColumns;  // A[w][l]
  EXPECT_EQ(command.host_words(), 15u);
  EXPECT_EQ(command.WordIndex(4, 3, 1), 5u);
  command.column_major = false;
  EXPECT_EQ(command.WordIndex(4, 3, 1), 11u);
}

TEST(IoEngine, ForgetsCommandsThatTheHostSawDone) {
  IoEngine io(isa::Arch::kWse2, Rectangle(1, 1), 1000);
  const auto deliver = [](uint32_t, int64_t, uint32_t) {};
  for (int i = 0; i < 100; ++i) {
    io.Enqueue({}, 0);
    ASSERT_TRUE(io.TryIssue(kNever, 0, deliver));
    io.PeFinished(io.num_done(), 0, 10 * (i + 1));
  }
  EXPECT_EQ(io.num_kept(), 100u);
  io.Forget(990);
  EXPECT_EQ(io.num_kept(), 1u);
  EXPECT_EQ(io.num_commands(), 100u);
  EXPECT_EQ(io.state(3).phase, CommandState::Phase::kDone);
  EXPECT_EQ(io.state(99).done_cycle, 1000);
  EXPECT_EQ(io.Enqueue({}, 1000), 100u);
  io.Forget(2000);
  EXPECT_EQ(io.num_kept(), 1u) << "it is not done";
}

}  // namespace
}  // namespace csl::fabric::io
