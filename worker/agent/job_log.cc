// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/job_log.h"

#include <algorithm>
#include <chrono>

namespace csl::worker {
namespace {

constexpr size_t kMaxWaiting = 8 << 20;  // a service that cannot be reached must not fill memory
constexpr size_t kPieceBytes = 1 << 20;
// A service that cannot keep a log must not keep a job from its end for ever.
constexpr std::chrono::seconds kClosePatience{60};
// Short commands follow each other: one piece for several of them.
constexpr std::chrono::milliseconds kGatherPause{100};
constexpr std::string_view kDropped = "\n[part of the log was dropped: the service was away]\n";

}  // namespace

JobLog::JobLog(ServiceClient& service, Attempt attempt, ServiceClient::StopCheck stop)
    : service_(service), attempt_(std::move(attempt)), stop_(std::move(stop)) {}

bool JobLog::MustStop() {
  if (stop_()) return true;
  std::lock_guard lock(mutex_);
  return closing_ && std::chrono::steady_clock::now() > last_try_;
}

void JobLog::Append(std::string_view text) {
  std::lock_guard lock(mutex_);
  if (closing_ || waiting_.size() > kMaxWaiting) return;
  if (!thread_.joinable()) thread_ = std::thread([this] { Loop(); });
  const bool was_empty = waiting_.empty();
  waiting_ += text;
  if (waiting_.size() > kMaxWaiting) waiting_ += kDropped;
  if (was_empty || waiting_.size() >= kPieceBytes) changed_.notify_all();
}

void JobLog::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    changed_.wait_for(lock, kGatherPause,
                      [this] { return closing_ || waiting_.size() >= kPieceBytes; });
    const std::string piece = waiting_.substr(0, std::min(waiting_.size(), kPieceBytes));
    waiting_.erase(0, piece.size());
    lock.unlock();
    // A service that is away may come back before the job ends.
    const Status status = service_.AppendLog(attempt_, sent_, piece, [this] { return MustStop(); });
    lock.lock();
    sent_ += piece.size();
    if (!status.ok()) {
      waiting_.clear();  // the attempt is over: nobody wants the rest
      if (closing_) return;
    }
  }
}

void JobLog::Close() {
  {
    std::lock_guard lock(mutex_);
    if (closing_ && !thread_.joinable()) return;
    closing_ = true;
    last_try_ = std::chrono::steady_clock::now() + kClosePatience;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace csl::worker
