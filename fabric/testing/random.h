// SPDX-License-Identifier: Apache-2.0
// Random choices of generators of programs: equal seeds give equal choices everywhere.
#ifndef FABRIC_TESTING_RANDOM_H_
#define FABRIC_TESTING_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace csl::fabric::testing {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  // 0 .. n - 1
  int Below(int n) { return static_cast<int>(engine_() % static_cast<uint32_t>(n)); }
  int Between(int low, int high) { return low + Below(high - low + 1); }
  bool Chance(int percent) { return Below(100) < percent; }
  uint32_t Word() { return engine_(); }
  template <typename T>
  const T& Of(const std::vector<T>& list) {
    return list[static_cast<size_t>(Below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937 engine_;
};

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_H_
