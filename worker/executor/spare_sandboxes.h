// SPDX-License-Identifier: Apache-2.0
// Sandboxes that are made before a job comes, so that a session need not wait for one. Thread safe.
#ifndef WORKER_EXECUTOR_SPARE_SANDBOXES_H_
#define WORKER_EXECUTOR_SPARE_SANDBOXES_H_

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "worker/executor/idle_sandbox.h"
#include "worker/sandbox/sandbox.h"

namespace csl::worker {

class SpareSandboxes {
 public:
  // What their folders and control groups are called, before a number or word of each.
  static constexpr char kFolderPrefix[] = "spare-";
  static constexpr char kGroupPrefix[] = "cs-spare-";

  // Keeps `count` of them in folders below `folder`; none where there is no sandbox to make.
  SpareSandboxes(std::filesystem::path folder, const Sandbox& sandbox, size_t count);
  ~SpareSandboxes();  // after the last job: they live as long as this does

  // One that stands, its folder renamed to `folder`; null if there is none. What it leaves is
  // filled after Refill, so that a job that starts has the machine to itself.
  std::unique_ptr<IdleSandbox> Take(const std::filesystem::path& folder);
  void Refill();

 private:
  void Loop();
  void MakeOne(std::unique_lock<std::mutex>& lock);

  const std::filesystem::path folder_;
  const Sandbox sandbox_;
  const size_t count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<IdleSandbox>> ready_;
  bool wanted_ = true;
  bool ending_ = false;
  int64_t made_ = 0;
  std::thread thread_;
};

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_SPARE_SANDBOXES_H_
