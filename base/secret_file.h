// SPDX-License-Identifier: Apache-2.0
// Files that only their owner may read, such as tokens and keys.
#ifndef BASE_SECRET_FILE_H_
#define BASE_SECRET_FILE_H_

#include <sys/stat.h>

#include <filesystem>
#include <string_view>

#include "base/status.h"

namespace csl {

// As WriteFileAtomic; the file has mode 0600, whatever one before it had.
Status WriteSecretFile(const std::filesystem::path& path, std::string_view text);

// While it lives, what this process makes is for its owner alone. For files that a library makes;
// the mask is the whole process's.
class OwnersOnly {
 public:
  OwnersOnly() : mask_(::umask(0177)) {}
  ~OwnersOnly() { ::umask(mask_); }
  OwnersOnly(const OwnersOnly&) = delete;
  OwnersOnly& operator=(const OwnersOnly&) = delete;

 private:
  const mode_t mask_;
};

}  // namespace csl

#endif  // BASE_SECRET_FILE_H_
