// SPDX-License-Identifier: Apache-2.0
// Work of several principals on shared threads: each has so many at once, and what is beyond that
// waits in a line of its own, so that no principal's work waits behind another's. All that comes
// from one address has so many at once, too, whoever sends it.
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
  struct Limits {
    size_t max_threads = 0;
    size_t max_each = 0;     // of one principal
    size_t max_address = 0;  // from one address
  };
  explicit FairQueue(Limits limits) : limits_(limits), pool_(limits.max_threads) {}

  // Runs `work` on some thread, soon. `address` may be empty: it counts for none then. Dropped
  // after Join has begun. Thread safe.
  void Add(const std::string& principal, const std::string& address, std::function<void()> work);
  bool WaitIdle(std::chrono::milliseconds timeout) { return pool_.WaitIdle(timeout); }
  void Join() { pool_.Join(); }

 private:
  struct Item {
    std::string address;
    std::function<void()> work;
  };
  struct Line {
    size_t running = 0;
    std::deque<Item> waiting;
  };
  void RunOne(const std::string& principal, const Item& item);
  // Gives threads to what may run now, one from each line in turn, beginning behind `after`.
  void StartNext(const std::string& after);
  bool MayRun(const Line& line, const Item& item) const;
  void Start(const std::string& principal, Line& line, Item item);

  const Limits limits_;
  std::mutex mutex_;
  std::map<std::string, Line> lines_;         // of those that have work
  std::map<std::string, size_t> by_address_;  // how many run
  size_t waiting_ = 0;                        // in all lines
  ThreadPool pool_;                           // last: its threads use the rest
};

}  // namespace csl::http

#endif  // BASE_HTTP_FAIR_QUEUE_H_
