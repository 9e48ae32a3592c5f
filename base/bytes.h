// SPDX-License-Identifier: Apache-2.0
// Little-endian reading and writing of byte formats. Reads past the end fail with kDataLoss and
// never touch memory.
#ifndef BASE_BYTES_H_
#define BASE_BYTES_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/status.h"

namespace csl {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "byte formats are copied as they lie in memory");

class ByteWriter {
 public:
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void Put(const T& value) {
    const auto* p = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), p, p + sizeof(T));
  }
  void PutBytes(std::span<const uint8_t> data) {
    bytes_.insert(bytes_.end(), data.begin(), data.end());
  }
  // u32 length, then the bytes.
  void PutString(std::string_view text) {
    Put(static_cast<uint32_t>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  void AlignTo(size_t alignment) {
    while (bytes_.size() % alignment != 0) bytes_.push_back(0);
  }
  size_t size() const { return bytes_.size(); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  std::vector<uint8_t> Take() && { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> data) : data_(data) {}

  template <typename T>
  requires std::is_trivially_copyable_v<T> StatusOr<T> Get() {
    if (remaining() < sizeof(T)) return Truncated(sizeof(T));
    T value;
    std::memcpy(&value, data_.data() + offset_, sizeof(T));
    offset_ += sizeof(T);
    return value;
  }
  StatusOr<std::span<const uint8_t>> GetBytes(size_t count) {
    if (remaining() < count) return Truncated(count);
    auto out = data_.subspan(offset_, count);
    offset_ += count;
    return out;
  }
  StatusOr<std::string> GetString() {
    ASSIGN_OR_RETURN(uint32_t size, Get<uint32_t>());
    ASSIGN_OR_RETURN(auto bytes, GetBytes(size));
    return std::string(bytes.begin(), bytes.end());
  }
  size_t offset() const { return offset_; }
  size_t remaining() const { return data_.size() - offset_; }

 private:
  Status Truncated(size_t wanted) const {
    return DataLoss("truncated: wanted " + std::to_string(wanted) + " bytes at offset " +
                    std::to_string(offset_) + ", have " + std::to_string(remaining()));
  }
  std::span<const uint8_t> data_;
  size_t offset_ = 0;
};

}  // namespace csl

#endif  // BASE_BYTES_H_
