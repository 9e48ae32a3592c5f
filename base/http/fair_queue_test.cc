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
    FairQueue queue({.max_threads = 4, .max_each = 2, .max_address = 4});
    for (int i = 0; i < 100; ++i) {
      queue.Add("greedy", "", [&stuck, released] {
        ++stuck;
        released.wait();
      });
    }
    queue.Add("modest", "", [&served] { served.set_value(); });
    EXPECT_EQ(served.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
    EXPECT_LE(stuck, 2);
    release.set_value();
    ASSERT_TRUE(queue.WaitIdle(std::chrono::seconds(30)));
    while (stuck < 100) std::this_thread::yield();
  }
  EXPECT_EQ(stuck, 100);
}

TEST(FairQueueTest, OneAddressLeavesThreadsForOthersWhateverNamesItUses) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> stuck{0};
  std::promise<void> served;
  {
    FairQueue queue({.max_threads = 4, .max_each = 2, .max_address = 3});
    for (int i = 0; i < 100; ++i) {
      queue.Add("name" + std::to_string(i), "10.0.0.1", [&stuck, released] {
        ++stuck;
        released.wait();
      });
    }
    queue.Add("other", "10.0.0.2", [&served] { served.set_value(); });
    EXPECT_EQ(served.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
    EXPECT_LE(stuck, 3);
    release.set_value();
    while (stuck < 100) std::this_thread::yield();
    ASSERT_TRUE(queue.WaitIdle(std::chrono::seconds(30)));
  }
  EXPECT_EQ(stuck, 100);
}

}  // namespace
}  // namespace csl::http
