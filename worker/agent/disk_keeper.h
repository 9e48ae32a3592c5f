// SPDX-License-Identifier: Apache-2.0
// Holds jobs to their share of the work folder's disk: their folders are counted when the disk
// fills, and now and then, and a job that has more is told. Thread safe.
//
// A job can have more for as long as one look takes to come. The kernel would hold it exactly, by
// project quotas; few disks have them on.
#ifndef WORKER_AGENT_DISK_KEEPER_H_
#define WORKER_AGENT_DISK_KEEPER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace csl::worker {

class DiskKeeper {
 public:
  using OnExcess = std::function<void(const std::string& why)>;

  // `disk`: a folder on it. 0 bytes: no limit, and nothing is counted.
  DiskKeeper(std::filesystem::path disk, int64_t job_bytes);
  ~DiskKeeper();

  // Called on a thread of its own, again with each look, until Forget returns.
  void Watch(const std::filesystem::path& folder, OnExcess on_excess);
  void Forget(const std::filesystem::path& folder);

 private:
  void Loop();
  bool MustLook();
  void Look();

  const std::filesystem::path disk_;
  const uint64_t job_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::filesystem::path, OnExcess> watched_;
  std::atomic<bool> ending_{false};
  uint64_t used_bytes_ = 0;  // of the disk, at the latest look or the least since
  std::chrono::steady_clock::time_point next_look_;
  std::thread thread_;
};

// Half of what the disk of the folder has free.
int64_t HalfOfFreeBytes(const std::filesystem::path& folder);

}  // namespace csl::worker

#endif  // WORKER_AGENT_DISK_KEEPER_H_
