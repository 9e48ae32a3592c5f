// SPDX-License-Identifier: Apache-2.0
// Threads that come as work comes, up to a bound, and go when idle.
#ifndef BASE_HTTP_THREAD_POOL_H_
#define BASE_HTTP_THREAD_POOL_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace csl::http {

class ThreadPool {
 public:
  explicit ThreadPool(size_t max_threads) : max_threads_(max_threads) {}
  ~ThreadPool() { Join(); }

  // Runs `work` on some thread, soon. Dropped after Join has begun.
  void Run(std::function<void()> work);
  // Waits until all work is done and all threads have gone, with what they leave to their own end.
  void Join();
  // Whether all work is done within the time.
  bool WaitIdle(std::chrono::milliseconds timeout);

 private:
  void Loop();

  const size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable work_ready_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::map<std::thread::id, std::thread> threads_;
  std::vector<std::thread> gone_;  // have done their last work, and are not joined yet
  size_t idle_ = 0;
  bool joining_ = false;
};

}  // namespace csl::http

#endif  // BASE_HTTP_THREAD_POOL_H_
