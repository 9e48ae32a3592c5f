// SPDX-License-Identifier: Apache-2.0
#include "base/database_folder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/file.h"

namespace csl {
namespace {

namespace fs = std::filesystem;

// Of file systems that other machines write to as well (statfs(2) and the kernel's magic.h).
struct NetworkType {
  uint32_t type;
  const char* name;
};
constexpr NetworkType kNetworkTypes[] = {
    {0x6969, "NFS"},      {0x517B, "SMB"},        {0xFF534D42, "CIFS"},
    {0xFE534D42, "SMB2"}, {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"},
    {0x00C36400, "Ceph"}, {0x19830326, "BeeGFS"}, {0x01021997, "9P"},
};

constexpr size_t kSharedBytes = 32 << 10;  // one piece of SQLite's shared memory

// Descriptor and file of the trial, both gone at its end.
struct Trial {
  fs::path path;
  int fd = -1;

  ~Trial() {
    if (fd < 0) return;
    ::close(fd);
    ::unlink(path.c_str());
  }
};

Status CannotShare(const fs::path& folder, const std::string& what) {
  return FailedPrecondition("'" + folder.string() + "' is on a file system where " + what + " (" +
                            std::strerror(errno) + "), which the database needs");
}

}  // namespace

std::string NetworkFileSystem(const fs::path& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return "";
  for (const NetworkType& one : kNetworkTypes) {
    if (static_cast<uint32_t>(info.f_type) == one.type) return one.name;
  }
  return "";
}

Status CheckHoldsDatabase(const fs::path& folder) {
  if (const std::string name = NetworkFileSystem(folder); !name.empty()) {
    return FailedPrecondition("'" + folder.string() + "' is on a network file system (" + name +
                              "), where the database's log does not work");
  }
  struct statvfs space {};
  if (::statvfs(folder.c_str(), &space) == 0 &&
      uint64_t{space.f_bavail} * space.f_frsize < kDatabaseBytes) {
    return ResourceExhausted(
        "'" + folder.string() + "' has " + std::to_string(space.f_bavail * space.f_frsize) +
        " bytes free, at least " + std::to_string(kDatabaseBytes) + " are needed");
  }
  Trial trial{.path = folder / (".trial-" + std::to_string(::getpid()))};
  ::unlink(trial.path.c_str());
  trial.fd = ::open(trial.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (trial.fd < 0) return DiskFailure("cannot make a file in '" + folder.string() + "'", errno);
  if (::ftruncate(trial.fd, kSharedBytes) != 0) {
    return DiskFailure("cannot write a file in '" + folder.string() + "'", errno);
  }
  void* shared = ::mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, trial.fd, 0);
  if (shared == MAP_FAILED) return CannotShare(folder, "files cannot be mapped as shared memory");
  ::munmap(shared, kSharedBytes);
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = 120;  // where SQLite locks
  range.l_len = 1;
  if (::fcntl(trial.fd, F_SETLK, &range) != 0) {
    return CannotShare(folder, "parts of files cannot be locked");
  }
  return OkStatus();
}

}  // namespace csl
