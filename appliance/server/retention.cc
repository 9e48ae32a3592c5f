// SPDX-License-Identifier: Apache-2.0
#include "appliance/server/retention.h"

#include <algorithm>
#include <chrono>
#include <iostream>

namespace csl::appliance {
namespace {

constexpr int64_t kLongestPauseMs = 3600 * 1000;
constexpr int64_t kPausesAKeep = 4;
// One change of the database each; others come between.
constexpr int kJobsAtOnce = 50;
constexpr size_t kBlobsAtOnce = 1'000;

}  // namespace

Retention::Retention(JobService& service, BlobStore& blobs, LogStore& logs, const Clock& clock,
                     int64_t keep_ms)
    : service_(service), blobs_(blobs), logs_(logs), clock_(clock), keep_ms_(keep_ms) {
  if (keep_ms_ > 0) thread_ = std::thread([this] { Run(); });
}

Retention::~Retention() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Retention::MustStop() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Retention::Run() {
  const std::chrono::milliseconds pause(std::min(kLongestPauseMs, keep_ms_ / kPausesAKeep));
  for (;;) {
    if (const Status status = Pass(); !status.ok()) {
      std::cerr << "what is old stays: " << status.ToString() << std::endl;
    }
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, pause, [this] { return stopping_; })) return;
  }
}

Status Retention::Pass() {
  const int64_t before_ms = clock_.NowMs() - keep_ms_;
  for (size_t count = kJobsAtOnce; count == kJobsAtOnce && !MustStop();) {
    ASSIGN_OR_RETURN(const auto jobs, service_.ForgetJobs(before_ms, kJobsAtOnce));
    for (const std::string& job : jobs) logs_.Remove(job);
    count = jobs.size();
  }
  // Logs that a service which ended in between had left.
  for (const std::string& job : logs_.OlderThan(before_ms)) {
    if (MustStop()) return OkStatus();
    ASSIGN_OR_RETURN(const bool known, service_.KnowsJob(job));
    if (!known) logs_.Remove(job);
  }
  const std::vector<std::string> old = blobs_.OlderThan(before_ms);
  for (size_t from = 0; from < old.size() && !MustStop(); from += kBlobsAtOnce) {
    const auto first = old.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last =
        first + static_cast<std::ptrdiff_t>(std::min(kBlobsAtOnce, old.size() - from));
    RETURN_IF_ERROR(service_.ForgetBlobs({first, last}, [&](const std::string& digest) {
      blobs_.RemoveIfOlder(digest, before_ms);
    }));
  }
  return OkStatus();
}

}  // namespace csl::appliance
