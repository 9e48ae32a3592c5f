// SPDX-License-Identifier: Apache-2.0
// A short list of plain values in an arena. What it leaves when it grows is lost until the arena
// dies: reserve.
#ifndef FABRIC_PE_ARENA_ARRAY_H_
#define FABRIC_PE_ARENA_ARRAY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "fabric/pe/arena.h"

namespace csl::fabric::pe {

template <typename T>
class ArenaArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  static constexpr size_t kAlignment = std::max<size_t>(alignof(T), 64);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t capacity() const { return capacity_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

  void Reserve(size_t capacity, Arena* arena) {
    if (capacity <= capacity_) return;
    T* const grown = static_cast<T*>(arena->Allocate(capacity * sizeof(T), kAlignment));
    std::copy(begin(), end(), grown);
    data_ = grown;
    capacity_ = static_cast<uint32_t>(capacity);
  }
  void Add(const T& value, Arena* arena) {
    if (size_ == capacity_) Reserve(size_ + 4, arena);
    data_[size_++] = value;
  }

 private:
  T* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_ARENA_ARRAY_H_
