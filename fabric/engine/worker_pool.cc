// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine/worker_pool.h"

#include <sched.h>

#include <algorithm>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "fabric/engine/cgroup_cores.h"
#include "fabric/isa/arith/float_mode.h"

namespace csl::fabric::engine {
namespace {

// About 5 us: longer than the gap between two windows of a busy fabric, shorter than a sleep costs.
constexpr int kSpins = 4000;

void Pause() {
#if defined(__SSE2__)
  _mm_pause();
#endif
}

}  // namespace

int UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = sched_getaffinity(0, sizeof(set), &set) == 0;
  const int cores =
      std::max(1, known ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency()));
  return CoresWithinQuota(cores, "/proc/self/cgroup", "/sys/fs/cgroup");
}

WorkerPool::WorkerPool(int num_threads) {
  for (int i = 1; i < num_threads; ++i) threads_.emplace_back([this] { WorkerLoop(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Work() {
  for (int i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) (*job_)(i);
}

void WorkerPool::ParallelFor(int count, const std::function<void(int)>& job) {
  if (threads_.empty() || count == 1) {
    for (int i = 0; i < count; ++i) job(i);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    job_ = &job;
    count_ = count;
    next_ = 0;
    running_ = static_cast<int>(threads_.size());
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  Work();
  // Workers only finish what they already took: a short wait, but never a blind spin, since the
  // operating system may have put one of them aside.
  for (int spins = 0; running_.load() != 0; ++spins) {
    if (spins < kSpins) {
      Pause();
    } else {
      std::this_thread::yield();
    }
  }
}

bool WorkerPool::WaitForJob(uint64_t seen) {
  for (int i = 0; i < kSpins; ++i) {
    if (generation_.load() != seen) return !stop_;
    Pause();
  }
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return generation_.load() != seen; });
  return !stop_;
}

void WorkerPool::WorkerLoop() {
  const isa::arith::ScopedFloatMode float_mode;
  uint64_t seen = 0;
  while (WaitForJob(seen)) {
    ++seen;
    Work();
    running_.fetch_sub(1);
  }
}

}  // namespace csl::fabric::engine
