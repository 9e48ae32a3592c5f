// SPDX-License-Identifier: Apache-2.0
// Shared<T>: a counted pointer to an immutable T, or null. One analyzer's alone, which runs in one
// thread: the count is a plain number, and a copy costs next to nothing.
#ifndef COMPILER_SEMA_SHARED_H_
#define COMPILER_SEMA_SHARED_H_

#include <cstdint>
#include <utility>

namespace csl::sema {

template <typename T>
class Shared {
 public:
  Shared() = default;
  static Shared Make(T value) {
    Shared out;
    out.box_ = new Box{std::move(value), 1};
    return out;
  }
  Shared(const Shared& other) : box_(other.box_) {
    if (box_ != nullptr) ++box_->count;
  }
  Shared(Shared&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  Shared& operator=(const Shared& other) {
    Shared copy(other);
    std::swap(box_, copy.box_);
    return *this;
  }
  Shared& operator=(Shared&& other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~Shared() {
    if (box_ != nullptr && --box_->count == 0) delete box_;
  }

  explicit operator bool() const { return box_ != nullptr; }
  const T& operator*() const { return box_->value; }
  const T* operator->() const { return &box_->value; }

 private:
  struct Box {
    T value;
    uint32_t count;
  };
  Box* box_ = nullptr;
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_SHARED_H_
