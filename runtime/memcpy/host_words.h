// SPDX-License-Identifier: Apache-2.0
// Memory for host data on its way: words that are not cleared.
#ifndef RUNTIME_MEMCPY_HOST_WORDS_H_
#define RUNTIME_MEMCPY_HOST_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace csl::runtime {

struct FreeHostWords {
  void operator()(uint32_t* words) const { std::free(words); }
};
using HostWords = std::unique_ptr<uint32_t[], FreeHostWords>;

// In the host's large pages where they fill some: words that are moved lie far apart, and each page
// costs a look-up. Null where there is not so much memory.
HostWords NewHostWords(size_t words);

}  // namespace csl::runtime

#endif  // RUNTIME_MEMCPY_HOST_WORDS_H_
