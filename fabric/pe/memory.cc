// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/memory.h"

#include <algorithm>

namespace csl::fabric::pe {
namespace {

constexpr uint8_t kZeroPage[kPageBytes] = {};

bool InRange(uint32_t address, size_t size) {
  return address <= kMemoryBytes && size <= kMemoryBytes - address;
}

}  // namespace

uint8_t* PagePool::Allocate() {
  auto* page = static_cast<uint8_t*>(arena_->Allocate(kPageBytes, 64));
  ++used_;
  return page;
}

InitialMemory::InitialMemory() { pages_.fill(kZeroPage); }

bool InitialMemory::Write(uint32_t address, std::span<const uint8_t> bytes) {
  if (!InRange(address, bytes.size())) return false;
  while (!bytes.empty()) {
    const uint32_t index = address >> kPageShift;
    const uint32_t offset = address & (kPageBytes - 1);
    const size_t count = std::min<size_t>(bytes.size(), kPageBytes - offset);
    if (own_[index] == nullptr) {
      own_[index] = std::make_unique<uint8_t[]>(kPageBytes);
      pages_[index] = own_[index].get();
    }
    std::memcpy(own_[index].get() + offset, bytes.data(), count);
    bytes = bytes.subspan(count);
    address += static_cast<uint32_t>(count);
  }
  return true;
}

void Memory::Reset(const InitialMemory& initial, PagePool* pool) {
  for (uint32_t i = 0; i < kNumPages; ++i) pages_[i] = initial.page(i);
  owned_ = 0;
  pool_ = pool;
}

uint8_t* Memory::OwnPage(uint32_t index) {
  if (((owned_ >> index) & 1) == 0) {
    uint8_t* page = pool_->Allocate();
    std::memcpy(page, pages_[index], kPageBytes);
    pages_[index] = page;
    owned_ |= uint64_t{1} << index;
  }
  return const_cast<uint8_t*>(pages_[index]);
}

bool Memory::LoadSlow(uint32_t address, uint8_t* out, uint32_t size) const {
  return Read(address, {out, size});
}

bool Memory::StoreSlow(uint32_t address, const uint8_t* in, uint32_t size) {
  return Write(address, {in, size});
}

bool Memory::Read(uint32_t address, std::span<uint8_t> out) const {
  if (!InRange(address, out.size())) return false;
  while (!out.empty()) {
    const uint32_t offset = address & (kPageBytes - 1);
    const size_t count = std::min<size_t>(out.size(), kPageBytes - offset);
    std::memcpy(out.data(), pages_[address >> kPageShift] + offset, count);
    out = out.subspan(count);
    address += static_cast<uint32_t>(count);
  }
  return true;
}

bool Memory::Write(uint32_t address, std::span<const uint8_t> bytes) {
  if (!InRange(address, bytes.size())) return false;
  while (!bytes.empty()) {
    const uint32_t offset = address & (kPageBytes - 1);
    const size_t count = std::min<size_t>(bytes.size(), kPageBytes - offset);
    std::memcpy(OwnPage(address >> kPageShift) + offset, bytes.data(), count);
    bytes = bytes.subspan(count);
    address += static_cast<uint32_t>(count);
  }
  return true;
}

}  // namespace csl::fabric::pe
