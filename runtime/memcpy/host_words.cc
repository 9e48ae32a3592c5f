// SPDX-License-Identifier: Apache-2.0
#include "runtime/memcpy/host_words.h"

#include <sys/mman.h>

namespace csl::runtime {
namespace {

constexpr size_t kLargePageBytes = size_t{2} << 20;

}  // namespace

HostWords NewHostWords(size_t words) {
  if (words > SIZE_MAX / sizeof(uint32_t) - kLargePageBytes) return nullptr;
  const size_t bytes = words * sizeof(uint32_t);
  if (bytes < kLargePageBytes) return HostWords(static_cast<uint32_t*>(std::malloc(bytes)));
  const size_t whole = (bytes + kLargePageBytes - 1) / kLargePageBytes * kLargePageBytes;
  void* const memory = std::aligned_alloc(kLargePageBytes, whole);
  // Where it does not do that, the words are there all the same.
  if (memory != nullptr) (void)madvise(memory, whole, MADV_HUGEPAGE);
  return HostWords(static_cast<uint32_t*>(memory));
}

}  // namespace csl::runtime
