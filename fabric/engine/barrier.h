// SPDX-License-Identifier: Apache-2.0
// A barrier for threads that meet every few hundred nanoseconds: the last one to come does some
// work for all, the others spin, and give way when there are more threads than cores.
#ifndef FABRIC_ENGINE_BARRIER_H_
#define FABRIC_ENGINE_BARRIER_H_

#include <atomic>
#include <cstdint>
#include <thread>

namespace csl::fabric::engine {

class Barrier {
 public:
  explicit Barrier(int num_threads) : num_threads_(num_threads) {}

  // Returns when all threads have come and the last one has run `last`.
  template <typename Last>
  void Meet(Last last) {
    const uint32_t round = round_.load(std::memory_order_relaxed);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == num_threads_) {
      waiting_.store(0, std::memory_order_relaxed);
      last();
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
      if (spins < kSpins) {
        Pause();
      } else {
        std::this_thread::yield();
      }
    }
  }

 private:
  // Some microseconds: a thread that was set aside is not waited for blindly.
  static constexpr int kSpins = 2000;

  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  const int num_threads_;
  alignas(64) std::atomic<int> waiting_{0};
  alignas(64) std::atomic<uint32_t> round_{0};
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_BARRIER_H_
