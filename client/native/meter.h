// SPDX-License-Identifier: Apache-2.0
// How far a transfer is, for whoever shows it.
#ifndef CLIENT_NATIVE_METER_H_
#define CLIENT_NATIVE_METER_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "client/native/service.h"

namespace csl::client {

// Passes on how far one transfer is, not too often, and that it has ended.
class Meter {
 public:
  Meter(const Progress& progress, std::string what) : progress_(progress), what_(std::move(what)) {}
  ~Meter() {
    if (progress_ && was_shown_) progress_(what_, total_, total_);
  }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  void Show(uint64_t done, uint64_t total) {
    total_ = total;
    const auto now = std::chrono::steady_clock::now();
    if (!progress_ || now < next_) return;
    next_ = now + kPause;
    was_shown_ = true;
    progress_(what_, done, total);
  }

 private:
  static constexpr std::chrono::milliseconds kPause{100};
  const Progress& progress_;
  const std::string what_;
  uint64_t total_ = 0;
  bool was_shown_ = false;
  // The first piece of a transfer tells nothing.
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + kPause;
};

}  // namespace csl::client

#endif  // CLIENT_NATIVE_METER_H_
