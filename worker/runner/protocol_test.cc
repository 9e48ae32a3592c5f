// SPDX-License-Identifier: Apache-2.0
#include "worker/runner/protocol.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace csl::worker {
namespace {

class ProtocolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair_), 0);
  }
  void TearDown() override {
    ::close(pair_[0]);
    ::close(pair_[1]);
  }
  int pair_[2];
};

TEST_F(ProtocolTest, AMessageArrivesWholeWithItsDescriptors) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  Message message{.kind = MessageKind::kRun, .index = 7, .text = "echo hi"};
  message.descriptors = {pipe[1]};
  ASSERT_TRUE(SendMessage(pair_[0], message).ok());
  const auto received = ReceiveMessage(pair_[1]);
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received->text, "echo hi");
  EXPECT_EQ(received->index, 7u);
  ASSERT_EQ(received->descriptors.size(), 1u);
  ASSERT_EQ(::write(received->descriptors[0], "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(pipe[0], &byte, 1), 1);
  for (const int fd : {pipe[0], pipe[1], received->descriptors[0]}) ::close(fd);
}

TEST_F(ProtocolTest, TheLongestTextArrivesAndALongerOneIsRefused) {
  const std::string longest(kMaxMessageText, 'x');
  ASSERT_TRUE(SendMessage(pair_[0], {.kind = MessageKind::kRun, .text = longest}).ok());
  EXPECT_EQ(ReceiveMessage(pair_[1])->text, longest);
  EXPECT_EQ(SendMessage(pair_[0], {.text = longest + "x"}).code(), StatusCode::kInvalidArgument);
}

TEST_F(ProtocolTest, RubbishAndAClosedSocketAreErrors) {
  ASSERT_EQ(::send(pair_[0], "abc", 3, 0), 3);
  EXPECT_EQ(ReceiveMessage(pair_[1]).status().code(), StatusCode::kDataLoss);
  const std::string rubbish(100, '\xff');
  ASSERT_EQ(::send(pair_[0], rubbish.data(), rubbish.size(), 0), 100);
  EXPECT_EQ(ReceiveMessage(pair_[1]).status().code(), StatusCode::kDataLoss);
  ::shutdown(pair_[0], SHUT_RDWR);
  EXPECT_EQ(ReceiveMessage(pair_[1]).status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace csl::worker
