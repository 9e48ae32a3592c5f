// SPDX-License-Identifier: Apache-2.0
// StrongId<Tag>: a 32-bit index that cannot be mixed up with another kind's; and the store it
// indexes.
#ifndef BASE_STRONG_ID_H_
#define BASE_STRONG_ID_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/check.h"

namespace csl {

template <typename Tag>
struct StrongId {
  static constexpr uint32_t kNone = 0xffffffff;
  uint32_t index = kNone;

  constexpr StrongId() = default;
  constexpr explicit StrongId(uint32_t i) : index(i) {}
  constexpr bool valid() const { return index != kNone; }
  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

// Values that live as long as the store and are named by their id. Not thread safe.
template <typename Id, typename T>
class ValueStore {
 public:
  Id Add(T value) {
    values_.push_back(std::move(value));
    return Id(static_cast<uint32_t>(values_.size() - 1));
  }
  T& Get(Id id) {
    CHECK(id.index < values_.size()) << "id " << id.index << " of " << values_.size();
    return values_[id.index];
  }
  const T& Get(Id id) const {
    CHECK(id.index < values_.size()) << "id " << id.index << " of " << values_.size();
    return values_[id.index];
  }
  T& operator[](Id id) { return Get(id); }
  const T& operator[](Id id) const { return Get(id); }
  size_t size() const { return values_.size(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  std::vector<T> values_;
};

}  // namespace csl

template <typename Tag>
struct std::hash<csl::StrongId<Tag>> {
  size_t operator()(csl::StrongId<Tag> id) const { return std::hash<uint32_t>()(id.index); }
};

#endif  // BASE_STRONG_ID_H_
