// SPDX-License-Identifier: Apache-2.0
// The shared objects behind values that are not scalars. Only value.cc includes this.
#ifndef COMPILER_TYPES_VALUE_OBJECT_H_
#define COMPILER_TYPES_VALUE_OBJECT_H_

#include <atomic>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "compiler/types/dsd_value.h"
#include "compiler/types/value.h"

namespace csl::types {

class DenseObject;

// Counted by the Values that hold it; destroyed by the last.
class ValueObject {
 public:
  ValueObject() = default;
  virtual ~ValueObject() = default;
  ValueObject& operator=(const ValueObject&) = delete;

  void AddRef() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  bool IsShared() const { return references_.load(std::memory_order_acquire) > 1; }

  virtual ValueObject* Copy() const = 0;
  virtual size_t size() const { return 0; }
  virtual DenseObject* AsDense() { return nullptr; }
  virtual uint32_t union_field_or_none() const { return 0xffffffff; }

 protected:
  ValueObject(const ValueObject&) {}  // a copy starts with one reference

 private:
  std::atomic<uint32_t> references_{1};
};

struct StringObject final : ValueObject {
  explicit StringObject(std::string s) : text(std::move(s)) {}
  ValueObject* Copy() const override { return new StringObject(*this); }
  std::string text;
};

struct BigIntObject final : ValueObject {
  explicit BigIntObject(BigInt v) : value(std::move(v)) {}
  ValueObject* Copy() const override { return new BigIntObject(*this); }
  BigInt value;
};

struct CellObject final : ValueObject {
  CellObject(CellId c, std::vector<uint32_t> p) : cell(c), path(std::move(p)) {}
  ValueObject* Copy() const override { return new CellObject(*this); }
  CellId cell;
  std::vector<uint32_t> path;
};

struct DsdObject final : ValueObject {
  explicit DsdObject(DsdData d) : data(std::move(d)) {}
  ValueObject* Copy() const override { return new DsdObject(*this); }
  DsdData data;
};

struct ElementsObject final : ValueObject {
  explicit ElementsObject(std::vector<Value> e) : elements(std::move(e)) {}
  ElementsObject(const ElementsObject& o)
      : ValueObject(o), elements(o.elements), union_field(o.union_field) {}
  ValueObject* Copy() const override { return new ElementsObject(*this); }
  size_t size() const override { return elements.size(); }
  uint32_t union_field_or_none() const override { return union_field; }
  std::vector<Value> elements;
  uint32_t union_field = 0xffffffff;
  mutable std::atomic<uint64_t> hash{0};  // 0: not known
};

// Immediates of one type, side by side in the fewest whole bytes (1, 2, 4 or 8) that have held
// every element so far.
class DenseObject final : public ValueObject {
 public:
  DenseObject(TypeId element, size_t count, uint64_t fill)
      : element_(element), count_(count), width_(WidthOf(fill)), bytes_(count * width_) {
    if (fill == 0) return;
    for (size_t i = 0; i < count; ++i) Set(i, fill);
  }
  ValueObject* Copy() const override { return new DenseObject(*this); }
  size_t size() const override { return count_; }
  DenseObject* AsDense() override { return this; }
  TypeId element_type() const { return element_; }
  bool all_zero() const {
    // Overlapping halves: every byte equals the one before it, and the first is zero.
    return bytes_.empty() || (bytes_[0] == 0 && std::memcmp(bytes_.data(), bytes_.data() + 1,
                                                            bytes_.size() - 1) == 0);
  }

  uint64_t Get(size_t i) const {
    uint64_t v = 0;
    std::memcpy(&v, &bytes_[i * width_], width_);
    return SignExtend(v, width_);
  }
  void Set(size_t i, uint64_t v) {
    if (WidthOf(v) > width_) Widen(WidthOf(v));
    std::memcpy(&bytes_[i * width_], &v, width_);
  }

 private:
  static uint64_t SignExtend(uint64_t v, uint32_t width) {
    const uint32_t unused = 64 - width * 8;
    return static_cast<uint64_t>(static_cast<int64_t>(v << unused) >> unused);
  }
  static uint32_t WidthOf(uint64_t v) {
    for (uint32_t width : {1, 2, 4}) {
      if (SignExtend(v, width) == v) return width;
    }
    return 8;
  }
  void Widen(uint32_t width) {
    std::vector<uint8_t> wide(count_ * width);
    for (size_t i = 0; i < count_; ++i) {
      const uint64_t v = Get(i);
      std::memcpy(&wide[i * width], &v, width);
    }
    bytes_ = std::move(wide);
    width_ = width;
  }

  TypeId element_;
  size_t count_;
  uint32_t width_;
  std::vector<uint8_t> bytes_;
};

}  // namespace csl::types

#endif  // COMPILER_TYPES_VALUE_OBJECT_H_
