// SPDX-License-Identifier: Apache-2.0
// One list of fields for both directions: a function template `Fields(archive, value)` names the
// fields of a value in their order on disk; ByteEncoder writes them, ByteDecoder reads them back.
// Private to this folder.
//
// Integers and bools are little endian at their own width (bool: one byte), enums one byte, strings
// and lists a u32 count first. The decoder never reads past its end, refuses enum values and counts
// that cannot be, and stops at the first error: ok() is false from then on and values read are
// zero.
#ifndef FABRIC_IMAGE_BYTE_ARCHIVE_H_
#define FABRIC_IMAGE_BYTE_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes.h"

namespace csl::image {

class ByteEncoder {
 public:
  template <typename... T>
  void operator()(const T&... values) {
    (Put(values), ...);
  }
  template <typename E>
  void Enum(const E& value, E last) {
    writer_.Put(static_cast<uint8_t>(value));
  }
  template <typename T>
  void List(const std::vector<T>& list) {
    writer_.Put(static_cast<uint32_t>(list.size()));
    for (const T& item : list) Fields(*this, const_cast<T&>(item));
  }
  std::vector<uint8_t> Take() && { return std::move(writer_).Take(); }

 private:
  template <typename T>
  void Put(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      writer_.PutString(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      writer_.Put(static_cast<uint8_t>(value));
    } else {
      static_assert(std::is_integral_v<T>);
      writer_.Put(value);
    }
  }
  ByteWriter writer_;
};

class ByteDecoder {
 public:
  explicit ByteDecoder(std::span<const uint8_t> bytes) : reader_(bytes) {}

  template <typename... T>
  void operator()(T&... values) {
    (Get(values), ...);
  }
  template <typename E>
  void Enum(E& value, E last) {
    uint8_t raw = 0;
    Get(raw);
    if (raw > static_cast<uint8_t>(last))
      return Fail(DataLoss("value " + std::to_string(raw) + " of a closed set"));
    value = static_cast<E>(raw);
  }
  template <typename T>
  void List(std::vector<T>& list) {
    uint32_t count = 0;
    Get(count);
    // Every item takes a byte at least.
    if (count > reader_.remaining()) {
      return Fail(DataLoss("a list of " + std::to_string(count) + " items does not fit"));
    }
    for (uint32_t i = 0; i < count && ok(); ++i) {
      T item{};
      Fields(*this, item);
      if (ok()) list.push_back(std::move(item));
    }
  }
  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  bool ok() const { return status_.ok(); }
  // The first error; bytes that nobody read are one, too.
  Status Finish() {
    if (ok() && reader_.remaining() != 0)
      Fail(DataLoss(std::to_string(reader_.remaining()) + " bytes too many"));
    return status_;
  }

 private:
  template <typename T>
  void Get(T& value) {
    if (!ok()) return;
    if constexpr (std::is_same_v<T, std::string>) {
      auto got = reader_.GetString();
      if (!got.ok()) return Fail(got.status());
      value = std::move(*got);
    } else if constexpr (std::is_same_v<T, bool>) {
      uint8_t raw = 0;
      Get(raw);
      if (raw > 1) return Fail(DataLoss("a bool of " + std::to_string(raw)));
      value = raw != 0;
    } else {
      static_assert(std::is_integral_v<T>);
      auto got = reader_.Get<T>();
      if (!got.ok()) return Fail(got.status());
      value = *got;
    }
  }
  ByteReader reader_;
  Status status_;
};

}  // namespace csl::image

#endif  // FABRIC_IMAGE_BYTE_ARCHIVE_H_
