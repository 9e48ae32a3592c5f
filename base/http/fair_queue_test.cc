// SPDX-License-Identifier: Apache-2.0
#include "base/http/fair_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace csl::http {
namespace {

TEST(FairQueueTest, OneWhoseWorkNeverEndsLeavesThreadsForOthers) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> stuck{0};
  std::promise<void> served;
  {
    FairQueue queue(4, 2);
    for (int i = 0; i < 100; ++i) {
      queue.Add("greedy", [&stuck, released] {
        ++stuck;
        released.wait();
      });
    }
    queue.Add("modest", [&served] { served.set_value(); });
    EXPECT_EQ(served.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
    EXPECT_LE(stuck, 2);
    release.set_value();
    ASSERT_TRUE(queue.WaitIdle(std::chrono::seconds(30)));
    while (stuck < 100) std::this_thread::yield();
  }
  EXPECT_EQ(stuck, 100);
}

}  // namespace
}  // namespace csl::http
