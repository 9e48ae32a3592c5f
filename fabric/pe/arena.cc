// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/arena.h"

#include <sys/mman.h>

#include <algorithm>

namespace csl::fabric::pe {
namespace {

uintptr_t RoundUp(uintptr_t value, size_t to) { return (value + to - 1) & ~(to - 1); }

// `bytes`, a multiple of the huge page, aligned to it. Null if the host has none left.
void* MapHuge(size_t bytes) {
  constexpr size_t kHuge = Arena::kHugePageBytes;
  void* const mapped = mmap(nullptr, bytes + kHuge, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = RoundUp(begin, kHuge);
  const uintptr_t end = aligned + bytes;
  if (aligned != begin) munmap(mapped, aligned - begin);
  if (const size_t rest = begin + bytes + kHuge - end; rest != 0) {
    munmap(reinterpret_cast<void*>(end), rest);
  }
  // Where the host has no huge pages small ones do as well.
  (void)madvise(reinterpret_cast<void*>(aligned), bytes, MADV_HUGEPAGE);
  return reinterpret_cast<void*>(aligned);
}

}  // namespace

Arena::~Arena() {
  for (const Chunk& chunk : chunks_) {
    if (chunk.is_mapped) {
      munmap(chunk.begin, chunk.bytes);
    } else {
      ::operator delete (chunk.begin, std::align_val_t{kMaxAlignment});
    }
  }
}

void* Arena::AllocateInNew(size_t bytes, size_t alignment) {
  const bool huge = uses_huge_pages_;
  const size_t usual = huge ? kHugeChunkBytes : kSmallChunkBytes;
  const size_t size = std::max(usual, RoundUp(bytes, huge ? kHugePageBytes : kMaxAlignment));
  if (size < bytes || size > max_bytes_ - std::min(max_bytes_, taken_)) throw std::bad_alloc();
  chunks_.reserve(chunks_.size() + 1);
  void* const begin = huge ? MapHuge(size) : ::operator new (size, std::align_val_t{kMaxAlignment});
  if (begin == nullptr) throw std::bad_alloc();
  chunks_.push_back({begin, size, huge});
  taken_ += size;
  next_ = reinterpret_cast<uintptr_t>(begin);
  end_ = next_ + size;
  return Allocate(bytes, alignment);
}

}  // namespace csl::fabric::pe
