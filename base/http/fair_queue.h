// SPDX-License-Identifier: Apache-2.0
// Work of several principals on shared threads: each has so many at once, and what is beyond that
// waits in a line of its own, so that no principal's work waits behind another's.
#ifndef BASE_HTTP_FAIR_QUEUE_H_
#define BASE_HTTP_FAIR_QUEUE_H_

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/http/thread_pool.h"

namespace csl::http {

class FairQueue {
 public:
  FairQueue(size_t max_threads, size_t max_threads_each)
      : max_each_(max_threads_each), pool_(max_threads) {}

  // Runs `work` on some thread, soon. Dropped after Join has begun. Thread safe.
  void Add(const std::string& principal, std::function<void()> work);
  bool WaitIdle(std::chrono::milliseconds timeout) { return pool_.WaitIdle(timeout); }
  void Join() { pool_.Join(); }

 private:
  struct Line {
    size_t running = 0;
    std::deque<std::function<void()>> waiting;
  };
  void RunOne(const std::string& principal, const std::function<void()>& work);

  const size_t max_each_;
  std::mutex mutex_;
  std::map<std::string, Line> lines_;  // of those that have work
  ThreadPool pool_;                    // last: its threads use the rest
};

}  // namespace csl::http

#endif  // BASE_HTTP_FAIR_QUEUE_H_
