// SPDX-License-Identifier: Apache-2.0
// How many requests may be on their way to one worker at once: a worker that does not answer must
// not hold the threads that all others need. Thread safe.
#ifndef APPLIANCE_HTTP_WORKER_PLACES_H_
#define APPLIANCE_HTTP_WORKER_PLACES_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace csl::appliance {

class WorkerPlaces {
 public:
  // `max_each` requests at once to each worker; `on_room` is told of a worker that has room again.
  WorkerPlaces(int max_each, std::function<void(const std::string& worker)> on_room)
      : max_each_(max_each), on_room_(std::move(on_room)) {}

  // Holds a place until it goes; null if all are taken.
  std::shared_ptr<void> Enter(const std::string& worker) {
    std::lock_guard lock(mutex_);
    int& inside = inside_[worker];
    if (inside >= max_each_) return nullptr;
    ++inside;
    return std::shared_ptr<void>(this, [this, worker](void*) { Leave(worker); });
  }

 private:
  void Leave(const std::string& worker) {
    {
      std::lock_guard lock(mutex_);
      const auto it = inside_.find(worker);
      const bool was_full = it->second == max_each_;
      if (--it->second == 0) inside_.erase(it);
      if (!was_full) return;
    }
    on_room_(worker);
  }

  const int max_each_;
  const std::function<void(const std::string&)> on_room_;
  std::mutex mutex_;
  std::map<std::string, int> inside_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_WORKER_PLACES_H_
