// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/own_mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace csl::worker {
namespace {

// A folder that every system has, and that bubblewrap covers in the same way.
constexpr char kBase[] = "/tmp";
constexpr size_t kMaxMounts = 16;

// "/proc/self/fd/N" without the C library's formatting.
void DescriptorPath(int fd, char* text) {
  constexpr char kFolder[] = "/proc/self/fd/";
  size_t at = 0;
  for (; kFolder[at] != '\0'; ++at) text[at] = kFolder[at];
  char digits[12];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + fd % 10);
    fd /= 10;
  } while (fd > 0);
  while (count > 0) text[at++] = digits[--count];
  text[at] = '\0';
}

}  // namespace

std::string OwnMountPath(size_t n) { return std::string(kBase) + "/" + std::to_string(n); }

bool EnterOwnMounts(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  if (from.size() > kMaxMounts || ::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return false;
  }
  // Opened before the base is covered: they may lie below it.
  int folders[kMaxMounts];
  for (size_t i = 0; i < from.size(); ++i) {
    folders[i] = ::open(from[i].c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folders[i] < 0) return false;
  }
  if (::mount("tmpfs", kBase, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") != 0) {
    return false;
  }
  for (size_t i = 0; i < from.size(); ++i) {
    char source[64];
    DescriptorPath(folders[i], source);
    if (::mkdir(to[i].c_str(), 0755) != 0 ||
        ::mount(source, to[i].c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
      return false;
    }
    ::close(folders[i]);
  }
  return true;
}

bool BecomeUser(uint32_t id) {
  // The system calls themselves: the C library's functions want to tell other threads.
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, id, id, id) == 0 &&
         ::syscall(SYS_setresuid, id, id, id) == 0;
}

}  // namespace csl::worker
