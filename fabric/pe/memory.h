// SPDX-License-Identifier: Apache-2.0
// A PE's 48 KB of memory, kept by page: a page is shared with the program image until it is
// written.
//
// Addresses are byte addresses 0..0xBFFF. An access that leaves this range fails; it is the caller
// who turns that into a fault. Any alignment works; values are little endian.
#ifndef FABRIC_PE_MEMORY_H_
#define FABRIC_PE_MEMORY_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "fabric/pe/arena.h"

namespace csl::fabric::pe {

inline constexpr uint32_t kMemoryBytes = 48 * 1024;
inline constexpr uint32_t kPageShift = 10;
inline constexpr uint32_t kPageBytes = 1u << kPageShift;
inline constexpr uint32_t kNumPages = kMemoryBytes / kPageBytes;
static_assert(kNumPages <= 64, "owned pages are one 64-bit mask");

// Hands out pages of an arena and counts them. One a shard: not thread safe.
class PagePool {
 public:
  explicit PagePool(Arena* arena) : arena_(arena) {}
  uint8_t* Allocate();
  size_t num_pages() const { return used_; }

 private:
  Arena* const arena_;
  size_t used_ = 0;
};

// The initial pages of one program image. Immutable, shared by all its PEs.
class InitialMemory {
 public:
  InitialMemory();
  // False when [address, address + bytes.size()) leaves the memory.
  bool Write(uint32_t address, std::span<const uint8_t> bytes);
  const uint8_t* page(uint32_t index) const { return pages_[index]; }

 private:
  std::array<const uint8_t*, kNumPages> pages_;
  std::array<std::unique_ptr<uint8_t[]>, kNumPages> own_;
};

class Memory {
 public:
  Memory() { pages_.fill(nullptr); }
  void Reset(const InitialMemory& initial, PagePool* pool);

  template <typename T>
  bool Load(uint32_t address, T* value) const {
    const uint32_t offset = address & (kPageBytes - 1);
    if (__builtin_expect(address >= kMemoryBytes || offset > kPageBytes - sizeof(T), 0)) {
      return LoadSlow(address, reinterpret_cast<uint8_t*>(value), sizeof(T));
    }
    std::memcpy(value, pages_[address >> kPageShift] + offset, sizeof(T));
    return true;
  }

  template <typename T>
  bool Store(uint32_t address, T value) {
    const uint32_t offset = address & (kPageBytes - 1);
    const uint32_t index = address >> kPageShift;
    if (__builtin_expect(address >= kMemoryBytes || offset > kPageBytes - sizeof(T) ||
                             ((owned_ >> index) & 1) == 0,
                         0)) {
      return StoreSlow(address, reinterpret_cast<const uint8_t*>(&value), sizeof(T));
    }
    std::memcpy(const_cast<uint8_t*>(pages_[index]) + offset, &value, sizeof(T));
    return true;
  }

  // The host address of a byte of the memory, good to the end of its page and until something is
  // written; the other one becomes the PE's own page, to be written.
  const uint8_t* PageAt(uint32_t address) const {
    return pages_[address >> kPageShift] + (address & (kPageBytes - 1));
  }
  uint8_t* OwnPageAt(uint32_t address) {
    return OwnPage(address >> kPageShift) + (address & (kPageBytes - 1));
  }

  // Whole ranges; all or nothing.
  bool Read(uint32_t address, std::span<uint8_t> out) const;
  bool Write(uint32_t address, std::span<const uint8_t> bytes);

  int num_owned_pages() const { return __builtin_popcountll(owned_); }

 private:
  bool LoadSlow(uint32_t address, uint8_t* out, uint32_t size) const;
  bool StoreSlow(uint32_t address, const uint8_t* in, uint32_t size);
  uint8_t* OwnPage(uint32_t index);

  std::array<const uint8_t*, kNumPages> pages_;
  uint64_t owned_ = 0;
  PagePool* pool_ = nullptr;
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_MEMORY_H_
