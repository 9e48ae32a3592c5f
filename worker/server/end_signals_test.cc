// SPDX-License-Identifier: Apache-2.0
#include "worker/server/end_signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <future>

namespace csl::worker {
namespace {

constexpr std::chrono::seconds kPatience{30};

class EndSignalsTest : public testing::Test {
 protected:
  EndSignalsTest() { BlockEndSignals(); }
};

class EachSignalTest : public EndSignalsTest, public testing::WithParamInterface<int> {};

TEST_P(EachSignalTest, ASignalToTheProcessCallsTheAction) {
  std::promise<void> called;
  EndSignals signals([&] { called.set_value(); });
  ASSERT_EQ(::kill(::getpid(), GetParam()), 0);
  EXPECT_EQ(called.get_future().wait_for(kPatience), std::future_status::ready);
}

INSTANTIATE_TEST_SUITE_P(TermAndInt, EachSignalTest, testing::Values(SIGTERM, SIGINT));

TEST_F(EndSignalsTest, WithoutASignalTheActionNeverRuns) {
  bool called = false;
  {
    EndSignals signals([&] { called = true; });
  }
  EXPECT_FALSE(called);
}

// What the action uses may go as soon as the object has gone.
TEST_F(EndSignalsTest, TheDestructorWaitsForAnActionUnderWay) {
  std::promise<void> begun;
  bool finished = false;
  {
    EndSignals signals([&] {
      begun.set_value();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      finished = true;
    });
    ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
    ASSERT_EQ(begun.get_future().wait_for(kPatience), std::future_status::ready);
  }
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace csl::worker
