// SPDX-License-Identifier: Apache-2.0
// Memory for the PEs of a shard, which lives as long as the shard: what is made one after the other
// lies side by side, in few pages of the host. Whoever puts objects with destructors into it calls
// those.
//
// Not thread safe. Throws std::bad_alloc, as `new` does, when the host has no more memory.
#ifndef FABRIC_PE_ARENA_H_
#define FABRIC_PE_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace csl::fabric::pe {

class Arena {
 public:
  static constexpr size_t kMaxAlignment = 4096;
  // Pages of the host's larger size: a fabric of some hundred PEs does not fit into what the
  // processor remembers of small pages.
  static constexpr size_t kHugePageBytes = size_t{2} << 20;

  // expected_bytes: if it is large, memory is taken in huge pages. max_bytes: of all chunks; for
  // tests.
  explicit Arena(size_t expected_bytes = 0, size_t max_bytes = SIZE_MAX)
      : uses_huge_pages_(expected_bytes >= kHugePageBytes), max_bytes_(max_bytes) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Not initialised. `alignment`: a power of two, at most kMaxAlignment.
  void* Allocate(size_t bytes, size_t alignment) {
    const uintptr_t at = (next_ + alignment - 1) & ~(alignment - 1);
    if (__builtin_expect(at > end_ || bytes > end_ - at, 0)) return AllocateInNew(bytes, alignment);
    next_ = at + bytes;
    return reinterpret_cast<void*>(at);
  }
  template <typename T, typename... Args>
  T* New(Args&&... args) {
    return new (Allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  size_t chunk_bytes() const { return taken_; }  // taken from the host

 private:
  struct Chunk {
    void* begin;
    size_t bytes;
    bool is_mapped;
  };
  static constexpr size_t kSmallChunkBytes = size_t{64} << 10;
  static constexpr size_t kHugeChunkBytes = 4 * kHugePageBytes;

  void* AllocateInNew(size_t bytes, size_t alignment);

  const bool uses_huge_pages_;
  const size_t max_bytes_;
  uintptr_t next_ = 0;
  uintptr_t end_ = 0;
  size_t taken_ = 0;
  std::vector<Chunk> chunks_;
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_ARENA_H_
