// SPDX-License-Identifier: Apache-2.0
#include "base/http/thread_pool.h"

#include <utility>

namespace csl::http {
namespace {

constexpr std::chrono::seconds kIdleThreadLife{10};

}  // namespace

void ThreadPool::Run(std::function<void()> work) {
  std::vector<std::thread> gone;
  {
    std::lock_guard lock(mutex_);
    if (joining_) return;
    gone.swap(gone_);
    queue_.push_back(std::move(work));
    if (idle_ < queue_.size() && threads_.size() < max_threads_) {
      std::thread thread([this] { Loop(); });  // waits for the lock first
      const std::thread::id id = thread.get_id();
      threads_.emplace(id, std::move(thread));
    }
  }
  work_ready_.notify_one();  // without the lock, which the thread that wakes wants at once
  for (std::thread& thread : gone) thread.join();
}

void ThreadPool::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.notify_all();
    const bool woken =
        work_ready_.wait_for(lock, kIdleThreadLife, [this] { return joining_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) {
      if (!woken || joining_) break;
      continue;
    }
    const std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
  const auto own = threads_.find(std::this_thread::get_id());
  gone_.push_back(std::move(own->second));
  threads_.erase(own);
  changed_.notify_all();
}

void ThreadPool::Join() {
  std::unique_lock lock(mutex_);
  joining_ = true;
  work_ready_.notify_all();
  changed_.wait(lock, [this] { return threads_.empty(); });
  std::vector<std::thread> gone;
  gone.swap(gone_);
  lock.unlock();
  for (std::thread& thread : gone) thread.join();
}

bool ThreadPool::WaitIdle(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout,
                           [this] { return queue_.empty() && idle_ == threads_.size(); });
}

}  // namespace csl::http
