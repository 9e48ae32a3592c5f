// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/disk_keeper.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/archive/tree_size.h"

namespace csl::worker {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{100};
// Without a sign of growth: what one job frees, another may have taken.
constexpr std::chrono::seconds kLongestPause{5};
constexpr int kRest = 20;  // after a look, so many times as long as it took
constexpr uint64_t kGrowthShare = 32;

uint64_t UsedBytes(const std::filesystem::path& disk) {
  struct statvfs info {};
  if (::statvfs(disk.c_str(), &info) != 0) return 0;
  return (info.f_blocks - info.f_bfree) * info.f_frsize;
}

}  // namespace

int64_t HalfOfFreeBytes(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return 0;
  return static_cast<int64_t>(info.f_bavail * info.f_frsize / 2);
}

DiskKeeper::DiskKeeper(std::filesystem::path disk, int64_t job_bytes)
    : disk_(std::move(disk)), job_bytes_(static_cast<uint64_t>(job_bytes)) {
  if (job_bytes_ > 0) thread_ = std::thread([this] { Loop(); });
}

DiskKeeper::~DiskKeeper() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void DiskKeeper::Watch(const std::filesystem::path& folder, OnExcess on_excess) {
  std::lock_guard lock(mutex_);
  watched_[folder] = std::move(on_excess);
}

void DiskKeeper::Forget(const std::filesystem::path& folder) {
  std::lock_guard lock(mutex_);
  watched_.erase(folder);
}

bool DiskKeeper::MustLook() {
  const uint64_t used = UsedBytes(disk_);
  const bool grew = used > used_bytes_ + job_bytes_ / kGrowthShare;
  used_bytes_ = grew ? used : std::min(used_bytes_, used);
  return grew || Steady::now() >= next_look_;
}

void DiskKeeper::Look() {
  std::vector<std::filesystem::path> folders;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [folder, on_excess] : watched_) folders.push_back(folder);
  }
  const auto begin = Steady::now();
  for (const auto& folder : folders) {
    const auto bytes = archive::TreeBytes(folder, job_bytes_, [this] { return ending_.load(); });
    std::string why;
    if (bytes.status().code() == StatusCode::kOutOfRange) {
      why = "the job's files cannot be counted: " + bytes.status().message();
    } else if (bytes.ok() && *bytes > job_bytes_) {
      why = "the job's files take more than the " + std::to_string(job_bytes_) +
            " bytes of disk that a job may have on this worker";
    }
    if (why.empty()) continue;
    std::lock_guard lock(mutex_);
    if (const auto it = watched_.find(folder); it != watched_.end()) it->second(why);
  }
  const auto took = Steady::now() - begin;
  next_look_ = Steady::now() + std::max<Steady::duration>(kLongestPause, took * kRest);
}

void DiskKeeper::Loop() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    changed_.wait_for(lock, kPause);
    if (ending_ || watched_.empty()) continue;
    lock.unlock();
    if (MustLook()) Look();
    lock.lock();
  }
}

}  // namespace csl::worker
