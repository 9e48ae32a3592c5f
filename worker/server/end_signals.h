// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT as a call on a thread of its own, where locks may be taken.
#ifndef WORKER_SERVER_END_SIGNALS_H_
#define WORKER_SERVER_END_SIGNALS_H_

#include <atomic>
#include <functional>
#include <thread>

namespace csl::worker {

// Before any other thread starts, so that all inherit it and only the one that waits takes the
// signals.
void BlockEndSignals();

class EndSignals {
 public:
  // Calls `action` at the first signal, once.
  explicit EndSignals(std::function<void()> action);
  // Afterwards `action` neither runs nor will.
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

 private:
  void Wait();

  const std::function<void()> action_;
  std::atomic<bool> leaving_{false};
  std::thread thread_;
};

}  // namespace csl::worker

#endif  // WORKER_SERVER_END_SIGNALS_H_
