// SPDX-License-Identifier: Apache-2.0
// A folder for one process at a time: a lock that the kernel lets go when its holder ends, however
// that is.
#ifndef BASE_FOLDER_LOCK_H_
#define BASE_FOLDER_LOCK_H_

#include <chrono>
#include <filesystem>

#include "base/status.h"

namespace csl {

class FolderLock {
 public:
  // The file in the folder that the lock is on; it stays there.
  static constexpr char kFileName[] = ".lock";

  // Waits for another holder up to `patience`; then kAlreadyExists.
  static StatusOr<FolderLock> Take(const std::filesystem::path& folder,
                                   std::chrono::milliseconds patience);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace csl

#endif  // BASE_FOLDER_LOCK_H_
