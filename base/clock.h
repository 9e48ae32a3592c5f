// SPDX-License-Identifier: Apache-2.0
// Wall time as a value that is passed in, so that tests can say what time it is.
#ifndef BASE_CLOCK_H_
#define BASE_CLOCK_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace csl {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970. Never goes back within one Clock. Thread safe.
  virtual int64_t NowMs() const = 0;
};

class SystemClock : public Clock {
 public:
  int64_t NowMs() const override {
    using std::chrono::milliseconds;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const int64_t now = std::chrono::duration_cast<milliseconds>(since).count();
    int64_t latest = latest_.load();
    while (now > latest && !latest_.compare_exchange_weak(latest, now)) {
    }
    return latest_.load();
  }

 private:
  mutable std::atomic<int64_t> latest_{0};
};

class FakeClock : public Clock {
 public:
  explicit FakeClock(int64_t now_ms) : now_ms_(now_ms) {}
  int64_t NowMs() const override { return now_ms_; }
  void Advance(int64_t ms) { now_ms_ += ms; }

 private:
  std::atomic<int64_t> now_ms_;
};

}  // namespace csl

#endif  // BASE_CLOCK_H_
