// SPDX-License-Identifier: Apache-2.0
// Removes folders that nobody needs any more, on a thread of its own: a job chooses how many files
// it leaves behind, and nothing may wait for them. Thread safe.
#ifndef WORKER_AGENT_DISPOSAL_H_
#define WORKER_AGENT_DISPOSAL_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

namespace csl::worker {

class Disposal {
 public:
  // How long the end of a worker waits for what is left; the next worker removes the rest.
  static constexpr std::chrono::seconds kPatience{8};

  Disposal() : thread_([this] { Loop(); }) {}
  ~Disposal();

  void Remove(const std::filesystem::path& folder);

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::filesystem::path> waiting_;
  bool ending_ = false;
  std::atomic<std::chrono::steady_clock::time_point> give_up_{
      std::chrono::steady_clock::time_point::max()};
  std::thread thread_;
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_DISPOSAL_H_
