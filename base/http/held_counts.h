// SPDX-License-Identifier: Apache-2.0
// How many bytes of requests and responses are in memory for each principal: one that sends or
// reads slowly on many connections must not fill the memory of all. Thread safe.
#ifndef BASE_HTTP_HELD_COUNTS_H_
#define BASE_HTTP_HELD_COUNTS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace csl::http {

class HeldCounts {
 public:
  explicit HeldCounts(uint64_t max_each) : max_each_(max_each) {}

  // False, and nothing is counted, if the principal would have more than it may.
  bool Take(const std::string& principal, uint64_t bytes) {
    std::lock_guard lock(mutex_);
    uint64_t& held = held_[principal];
    const bool fits = bytes <= max_each_ && held <= max_each_ - bytes;
    if (fits) held += bytes;
    if (held == 0) held_.erase(principal);
    return fits;
  }
  void Give(const std::string& principal, uint64_t bytes) {
    std::lock_guard lock(mutex_);
    const auto it = held_.find(principal);
    if (it != held_.end() && (it->second -= bytes) == 0) held_.erase(it);
  }
  uint64_t Of(const std::string& principal) {
    std::lock_guard lock(mutex_);
    const auto it = held_.find(principal);
    return it == held_.end() ? 0 : it->second;
  }

 private:
  const uint64_t max_each_;
  std::mutex mutex_;
  std::map<std::string, uint64_t> held_;
};

}  // namespace csl::http

#endif  // BASE_HTTP_HELD_COUNTS_H_
