// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/frame.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "runtime/wire/convert.h"
#include "runtime/wire/limits.h"

namespace csl::runtime::wire {
namespace {

class FrameTest : public ::testing::Test {
 protected:
  FrameTest() {
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds_.data()) == 0);
    left_ = std::make_unique<FrameStream>(Socket(fds_[0]));
    right_ = std::make_unique<FrameStream>(Socket(fds_[1]));
  }
  void WriteRaw(std::string_view bytes) {
    ASSERT_EQ(::write(fds_[0], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  std::array<int, 2> fds_{};
  std::unique_ptr<FrameStream> left_;
  std::unique_ptr<FrameStream> right_;
};

TEST_F(FrameTest, CarriesMessagesInOrder) {
  proto::ClientMessage message;
  for (uint32_t i = 0; i < 100; ++i) {
    message.mutable_wait()->set_command(i);
    ASSERT_TRUE(left_->Queue(message).ok());
  }
  ASSERT_TRUE(left_->Flush().ok());
  for (uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(right_->Receive(&message).ok());
    EXPECT_EQ(message.wait().command(), i);
  }
  EXPECT_FALSE(right_->Readable());
}

TEST_F(FrameTest, BulkDataArrivesWhereItBelongs) {
  for (const size_t size : {size_t{1}, size_t{100}, kChunkBytes - 1, 3 * kChunkBytes + 70'000}) {
    std::vector<uint8_t> sent(size);
    for (size_t i = 0; i < size; ++i) sent[i] = static_cast<uint8_t>(i * 7 + (i >> 13));
    Status status;
    std::thread sender([&] {
      status = SendChunks<proto::ServerMessage>(left_.get(), sent);
      if (status.ok()) status = left_->Flush();
    });
    std::vector<uint8_t> received(size);
    const Status taken = ReceiveInto<proto::ServerMessage>(right_.get(), received);
    sender.join();
    EXPECT_EQ(taken, OkStatus());
    EXPECT_EQ(status, OkStatus());
    EXPECT_EQ(received, sent);
  }
  EXPECT_FALSE(right_->Readable());
}

TEST_F(FrameTest, PiecesSentInPlaceAreTheMessagesThatTheyStandFor) {
  const std::vector<uint8_t> sent(100'000, 7);
  std::thread sender([&] {
    (void)SendChunks<proto::ClientMessage>(left_.get(), sent).ok();
    (void)left_->Flush().ok();
  });
  proto::ClientMessage message;
  ASSERT_TRUE(right_->Receive(&message).ok());
  sender.join();
  ASSERT_TRUE(message.has_chunk());
  EXPECT_EQ(message.chunk().data(), std::string(100'000, 7));
}

TEST_F(FrameTest, BulkDataOfAnotherSizeOrKindIsRefused) {
  proto::ClientMessage message;
  message.mutable_chunk()->set_data(std::string(64, 'x'));
  std::vector<uint8_t> room(63);
  ASSERT_TRUE(left_->Send(message).ok());
  EXPECT_EQ(ReceiveInto<proto::ClientMessage>(right_.get(), room).code(), StatusCode::kDataLoss);
  message.mutable_wait()->set_command(1);
  ASSERT_TRUE(left_->Send(message).ok());
  EXPECT_EQ(ReceiveInto<proto::ClientMessage>(right_.get(), room).code(), StatusCode::kDataLoss);
  message.mutable_chunk();
  ASSERT_TRUE(left_->Send(message).ok());
  EXPECT_EQ(ReceiveInto<proto::ClientMessage>(right_.get(), room).code(), StatusCode::kDataLoss);
}

TEST_F(FrameTest, CarriesBulkDataLargerThanAFrame) {
  std::vector<uint8_t> sent(kMaxFrameBytes + 12'345);
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<uint8_t>(i * 7 + (i >> 13));
  Status status;
  std::thread sender([&] {
    status = SendChunks<proto::ClientMessage>(left_.get(), sent);
    if (status.ok()) status = left_->Flush();
  });
  std::vector<uint8_t> received;
  Status taken = ReceiveChunks<proto::ClientMessage>(
      right_.get(), sent.size(), [&](std::span<const uint8_t> part) {
        received.insert(received.end(), part.begin(), part.end());
      });
  sender.join();
  EXPECT_EQ(status, OkStatus());
  EXPECT_EQ(taken, OkStatus());
  EXPECT_EQ(received, sent);
}

TEST_F(FrameTest, AFrameOverTheLimitIsRefusedByItsSizeAlone) {
  const uint32_t size = kMaxFrameBytes + 1;
  WriteRaw(std::string_view(reinterpret_cast<const char*>(&size), 4));
  proto::ClientMessage message;
  EXPECT_EQ(right_->Receive(&message).code(), StatusCode::kDataLoss);
}

TEST_F(FrameTest, BytesThatAreNoMessageAreDataLoss) {
  WriteRaw(std::string_view("\x03\0\0\0\xff\xff\xff", 7));
  proto::ClientMessage message;
  EXPECT_EQ(right_->Receive(&message).code(), StatusCode::kDataLoss);
}

TEST_F(FrameTest, APeerThatLeavesMidFrameIsUnavailable) {
  WriteRaw(std::string_view("\x09\0\0\0ab", 6));
  left_.reset();
  proto::ClientMessage message;
  EXPECT_EQ(right_->Receive(&message).code(), StatusCode::kUnavailable);
}

TEST_F(FrameTest, ASilentPeerMeetsTheDeadline) {
  proto::ClientMessage message;
  EXPECT_EQ(right_->Receive(&message, 0).code(), StatusCode::kDeadlineExceeded);
}

TEST_F(FrameTest, ATickEndsTheWait) {
  right_->set_tick([] { return Aborted("interrupted"); });
  proto::ClientMessage message;
  EXPECT_EQ(right_->Receive(&message), Aborted("interrupted"));
}

TEST_F(FrameTest, MoreBulkDataThanAnnouncedIsDataLoss) {
  ASSERT_TRUE(SendChunks<proto::ServerMessage>(left_.get(), std::vector<uint8_t>(10)).ok());
  ASSERT_TRUE(left_->Flush().ok());
  Status status = ReceiveChunks<proto::ServerMessage>(right_.get(), 9, [](auto) {});
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
}

TEST(ConvertTest, FailuresKeepCodeAndText) {
  proto::Failure failure;
  StatusToFailure(NotFound("symbol 'y'"), &failure);
  EXPECT_EQ(FailureToStatus(failure), NotFound("symbol 'y'"));
  failure.set_code(0);  // "ok" is not a failure
  EXPECT_EQ(FailureToStatus(failure).code(), StatusCode::kInternal);
  failure.set_code(12'345);
  EXPECT_EQ(FailureToStatus(failure).code(), StatusCode::kInternal);
}

TEST(ConvertTest, StatsKeepEveryField) {
  fabric::SimStats stats;
  stats.cycle_count = 1'234'567'890'123;
  stats.idle_ce_cycles = 2;
  stats.fabric_x = 3;
  stats.fabric_y = 4;
  stats.simulated_tile_count = 5;
  stats.threads = 6;
  stats.instructions = 7;
  stats.busy_cycles = 8;
  stats.vector_elements = 9;
  stats.tasks_started = 10;
  stats.host_commands = 11;
  stats.host_words_h2d = 12;
  stats.host_words_d2h = 13;
  stats.pes_touched = 14;
  stats.sim_time = 1.5;
  stats.total_time = 2.5;
  stats.cycles_per_second = 3.5;
  stats.tile_cycles_per_second = 4.5;
  proto::Stats message;
  StatsToMessage(stats, &message);
  EXPECT_EQ(ToJson(MessageToStats(message)), ToJson(stats));
}

TEST(ConvertTest, AForgedLogLineStaysOneLine) {
  proto::Log message;
  message.set_level(77);
  message.set_message("a\n@99 b");
  EXPECT_EQ(MessageToLog(message).message, "a @99 b");
  EXPECT_EQ(MessageToLog(message).level, fabric::LogLevel::kError);
}

}  // namespace
}  // namespace csl::runtime::wire
