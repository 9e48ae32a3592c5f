// SPDX-License-Identifier: Apache-2.0
// The age of files that are forgotten one day.
#ifndef APPLIANCE_ARTIFACTS_CHANGED_MS_H_
#define APPLIANCE_ARTIFACTS_CHANGED_MS_H_

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <limits>

namespace csl::appliance {

// When the file was written last, in milliseconds since 1970. Of one that does not exist: now or
// later.
inline int64_t ChangedMs(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::numeric_limits<int64_t>::max();
  return int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_CHANGED_MS_H_
