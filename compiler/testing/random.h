// SPDX-License-Identifier: Apache-2.0
// Numbers that depend on the seed alone, the same on every machine (SplitMix64).
#ifndef COMPILER_TESTING_RANDOM_H_
#define COMPILER_TESTING_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace csl::testing {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 ... limit - 1; 0 for no limit.
  size_t Below(size_t limit) { return limit == 0 ? 0 : Next() % limit; }
  // One of an array, a vector or a string.
  template <typename List>
  const auto& Of(const List& list) {
    return list[Below(std::size(list))];
  }

 private:
  uint64_t state_;
};

}  // namespace csl::testing

#endif  // COMPILER_TESTING_RANDOM_H_
