// SPDX-License-Identifier: Apache-2.0
// Threads that run one job together: for every i in [0, count), job(i), in any order.
//
// The caller works too, so a pool of one has no thread of its own. Between jobs a worker spins for
// a few microseconds (a barrier then costs well under one) and then sleeps.
#ifndef FABRIC_ENGINE_WORKER_POOL_H_
#define FABRIC_ENGINE_WORKER_POOL_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace csl::fabric::engine {

// Cores this process may run on, by its affinity and its control groups' quota: more runnable
// threads than that make a barrier cost milliseconds.
int UsableCores();

class WorkerPool {
 public:
  // num_threads counts the caller; at least 1.
  explicit WorkerPool(int num_threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int num_threads() const { return static_cast<int>(threads_.size()) + 1; }

  // Returns when all calls are done. Calls of different i must not touch the same data.
  void ParallelFor(int count, const std::function<void(int)>& job);

 private:
  void WorkerLoop();
  void Work();
  bool WaitForJob(uint64_t seen);

  std::vector<std::thread> threads_;
  const std::function<void(int)>* job_ = nullptr;
  int count_ = 0;
  // A new value starts a job. Even when no thread sleeps it is changed under mutex_, so that none
  // goes to sleep on a value that is about to change.
  std::atomic<uint64_t> generation_{0};
  std::atomic<int> next_{0};     // first index nobody took yet
  std::atomic<int> running_{0};  // workers that have not finished this generation
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_WORKER_POOL_H_
