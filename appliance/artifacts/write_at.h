// SPDX-License-Identifier: Apache-2.0
// Writes bytes to a place in a file.
#ifndef APPLIANCE_ARTIFACTS_WRITE_AT_H_
#define APPLIANCE_ARTIFACTS_WRITE_AT_H_

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace csl::appliance {

// The page cache stores a long write in large folios, made of memory that was unused for long; on a
// virtual machine the host may first have to provide it, which is several times slower.
inline constexpr size_t kMostAtOnce = 16 << 10;

// Writes all bytes to their place in a file. Returns 0 or an errno.
inline int WriteAt(int fd, uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite(fd, bytes.data(), std::min(bytes.size(), kMostAtOnce), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return 0;
}

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_WRITE_AT_H_
