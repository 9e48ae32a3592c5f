// SPDX-License-Identifier: Apache-2.0
// Time as a value that is passed in, so that tests can say what time it is.
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
  // Milliseconds since 1970 as this Clock began, and from then on what goes by: neither a clock
  // that is set nor a machine that sleeps moves it. For how long something may take. Thread safe.
  virtual int64_t SteadyMs() const = 0;
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
  int64_t SteadyMs() const override {
    using std::chrono::milliseconds;
    const auto since = std::chrono::steady_clock::now() - steady_begin_;
    return begin_ms_ + std::chrono::duration_cast<milliseconds>(since).count();
  }

 private:
  mutable std::atomic<int64_t> latest_{0};
  const int64_t begin_ms_ = SystemClock::NowMs();
  const std::chrono::steady_clock::time_point steady_begin_ = std::chrono::steady_clock::now();
};

class FakeClock : public Clock {
 public:
  explicit FakeClock(int64_t now_ms) : now_ms_(now_ms), steady_ms_(now_ms) {}
  int64_t NowMs() const override { return now_ms_; }
  int64_t SteadyMs() const override { return steady_ms_; }
  void Advance(int64_t ms) {
    now_ms_ += ms;
    steady_ms_ += ms;
  }
  // Somebody sets the clock, or the machine has slept.
  void Jump(int64_t ms) { now_ms_ += ms; }

 private:
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> steady_ms_;
};

}  // namespace csl

#endif  // BASE_CLOCK_H_
