// SPDX-License-Identifier: Apache-2.0
#include "base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

namespace csl {
namespace {

constexpr std::chrono::milliseconds kPause{20};

}  // namespace

StatusOr<FolderLock> FolderLock::Take(const std::filesystem::path& folder,
                                      std::chrono::milliseconds patience) {
  const std::filesystem::path path = folder / kFileName;
  // Close-on-exec: a child that outlives its parent must not keep the lock.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return Unavailable("cannot open '" + path.string() + "': " + std::strerror(errno));
  }
  FolderLock lock(fd);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return Unavailable("cannot lock '" + path.string() + "': " + std::strerror(errno));
    }
    if (std::chrono::steady_clock::now() > until) {
      return AlreadyExists("another process uses the folder '" + folder.string() + "'");
    }
    std::this_thread::sleep_for(kPause);
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace csl
