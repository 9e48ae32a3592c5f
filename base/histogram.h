// SPDX-License-Identifier: Apache-2.0
// How many of what was observed lay below each of a few bounds. Not thread safe.
#ifndef BASE_HISTOGRAM_H_
#define BASE_HISTOGRAM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace csl {

class Histogram {
 public:
  // Upper bounds, growing; one more bucket takes what is above the last.
  explicit Histogram(std::vector<double> bounds)
      : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

  void Observe(double value) {
    const auto it = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    ++counts_[static_cast<size_t>(it - bounds_.begin())];
    sum_ += value;
  }
  const std::vector<double>& bounds() const { return bounds_; }
  // Of each bucket alone; the last has no bound.
  const std::vector<uint64_t>& counts() const { return counts_; }
  double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<uint64_t> counts_;
  double sum_ = 0;
};

}  // namespace csl

#endif  // BASE_HISTOGRAM_H_
