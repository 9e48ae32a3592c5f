// SPDX-License-Identifier: Apache-2.0
#include "base/http/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>

namespace csl::http {
namespace {

std::atomic<int> g_ended{0};

// As a library that cleans up behind each thread does.
struct SlowEnd {
  ~SlowEnd() {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ++g_ended;
  }
  int used = 0;
};
thread_local SlowEnd t_slow_end;

TEST(ThreadPoolTest, JoinWaitsForWhatThreadsDoAtTheirVeryEnd) {
  constexpr int kWork = 3;
  g_ended = 0;
  ThreadPool pool(kWork);
  for (int i = 0; i < kWork; ++i) {
    pool.Run([] {
      ++t_slow_end.used;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // each gets a thread
    });
  }
  pool.Join();
  EXPECT_EQ(g_ended, kWork);
}

TEST(ThreadPoolTest, MoreWorkThanThreadsIsAllDone) {
  std::atomic<int> done{0};
  ThreadPool pool(2);
  for (int i = 0; i < 100; ++i) pool.Run([&done] { ++done; });
  pool.Join();
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace csl::http
