// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/disposal.h"

#include <utility>

#include "base/archive/beneath.h"

namespace csl::worker {

using Steady = std::chrono::steady_clock;

Disposal::~Disposal() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    give_up_ = Steady::now() + kPatience;
    changed_.notify_all();
  }
  thread_.join();
}

void Disposal::Remove(const std::filesystem::path& folder) {
  std::lock_guard lock(mutex_);
  waiting_.push_back(folder);
  changed_.notify_all();
}

void Disposal::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::filesystem::path folder = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    (void)archive::RemoveTree(folder, [this] { return Steady::now() > give_up_.load(); });
    lock.lock();
  }
}

}  // namespace csl::worker
