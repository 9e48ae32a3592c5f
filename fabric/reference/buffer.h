// SPDX-License-Identifier: Apache-2.0
// A first-in, first-out buffer between two parties that see each other's doings some cycles late.
#ifndef FABRIC_REFERENCE_BUFFER_H_
#define FABRIC_REFERENCE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>

namespace csl::fabric::reference {

// A cycle in which everything done so far is visible.
inline constexpr int64_t kAllVisible = std::numeric_limits<int64_t>::max() / 2;
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

template <typename T>
class Buffer {
 public:
  Buffer() = default;
  // A place freed in t is seen free by the filling party from t + credit_cycles on.
  Buffer(int words, int credit_cycles)
      : words_(static_cast<size_t>(words)), credit_cycles_(credit_cycles) {}

  size_t words() const { return words_; }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }

  // What the filling party sees in cycle t.
  bool HasRoom(int64_t t, size_t count = 1) const {
    size_t taken = items_.size();
    for (const int64_t seen : freed_) taken += seen > t ? 1 : 0;
    return taken + count <= words_;
  }
  void Push(const T& item, int64_t visible_from) { items_.push_back({item, visible_from}); }

  // What the emptying party sees in cycle t: the item behind `index` others, or null.
  const T* At(int64_t t, size_t index = 0) const {
    if (index >= items_.size() || items_[index].visible_from > t) return nullptr;
    return &items_[index].item;
  }
  size_t NumVisible(int64_t t) const {
    size_t count = 0;
    while (At(t, count) != nullptr) ++count;
    return count;
  }
  T& Front() { return items_.front().item; }
  T Pop(int64_t t) {
    const T item = items_.front().item;
    items_.pop_front();
    while (!freed_.empty() && freed_.front() <= t) freed_.pop_front();
    freed_.push_back(t + credit_cycles_);
    return item;
  }

 private:
  struct Slot {
    T item;
    int64_t visible_from;
  };
  size_t words_ = 0;
  int credit_cycles_ = 0;
  std::deque<Slot> items_;
  std::deque<int64_t> freed_;  // from when on each freed place is seen free
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_BUFFER_H_
