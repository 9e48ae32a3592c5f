// SPDX-License-Identifier: Apache-2.0
// Memory for the host data of commands, used again: fresh memory costs more than copying into it.
#ifndef RUNTIME_SYSTEM_BUFFER_POOL_H_
#define RUNTIME_SYSTEM_BUFFER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "runtime/memcpy/host_words.h"

namespace csl::runtime {

// Words that are not cleared: whoever takes a buffer writes all of it before it is read. The system
// gives memory as it is written to, so a size alone takes none.
class Buffer {
 public:
  Buffer() = default;

  std::span<uint32_t> words() const { return {words_.get(), size_}; }
  std::span<uint8_t> bytes() const {
    return {reinterpret_cast<uint8_t*>(words_.get()), size_ * sizeof(uint32_t)};
  }

 private:
  friend class BufferPool;
  HostWords words_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

class BufferPool {
 public:
  // Keeps at most so many bytes of buffers that were given back.
  explicit BufferPool(size_t max_kept_bytes) : max_kept_bytes_(max_kept_bytes) {}

  // False when there is not so much memory.
  bool Take(size_t words, Buffer* buffer) {
    size_t best = kept_.size();
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (kept_[i].capacity_ < words) continue;
      if (best == kept_.size() || kept_[i].capacity_ < kept_[best].capacity_) best = i;
    }
    if (best < kept_.size()) {
      *buffer = std::move(kept_[best]);
      kept_bytes_ -= buffer->capacity_ * sizeof(uint32_t);
      kept_[best] = std::move(kept_.back());
      kept_.pop_back();
    } else {
      buffer->words_ = NewHostWords(words);
      buffer->capacity_ = buffer->words_ == nullptr ? 0 : words;
    }
    buffer->size_ = words;
    return buffer->words_ != nullptr;
  }
  void GiveBack(Buffer buffer) {
    const size_t bytes = buffer.capacity_ * sizeof(uint32_t);
    if (bytes == 0 || kept_bytes_ + bytes > max_kept_bytes_ || kept_.size() >= kMaxKept) return;
    kept_bytes_ += bytes;
    kept_.push_back(std::move(buffer));
  }

 private:
  static constexpr size_t kMaxKept = 16;
  const size_t max_kept_bytes_;
  size_t kept_bytes_ = 0;
  std::vector<Buffer> kept_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_SYSTEM_BUFFER_POOL_H_
