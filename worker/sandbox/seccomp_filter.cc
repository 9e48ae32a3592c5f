// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <mutex>

namespace csl::worker {
namespace {

constexpr const char* kRefused[] = {
#define REFUSED_CALL(name) #name,
#include "worker/sandbox/refused_calls.def"
#undef REFUSED_CALL
};

int AddRules(scmp_filter_ctx context) {
  for (const char* name : kRefused) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;  // not on this architecture
    const int result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), number, 0);
    if (result != 0) return result;
  }
  // A user namespace of its own would give a job capabilities inside it.
  int result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
  // clone3's flags lie in memory where a filter cannot look; the C library falls back to clone.
  if (result == 0) {
    result = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  }
  // Unix, IPv4 and IPv6, and netlink, by which a program learns of its own loopback; no other.
  for (unsigned family = 0; result == 0 && family <= AF_NETLINK; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) {
      continue;
    }
    result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_EQ, family));
  }
  if (result == 0) {
    result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
  }
  // Typing into the terminal of whoever looks on.
  if (result == 0) {
    result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI));
  }
  return result;
}

#if defined(__x86_64__)
constexpr uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kMachine = AUDIT_ARCH_AARCH64;
#else
#error "name this machine's AUDIT_ARCH"
#endif
// The first call that the table was not made for; all machines number calls alike from 424 on.
constexpr uint32_t kFirstUnknown = 451;
constexpr uint32_t kOtherTables = 0x40000000;  // x32, which the rest of the filter refuses

// A list of what is refused says nothing of calls that kernels learn later: behind this filter
// they do not exist. Goes before what libseccomp makes, which knows no "from this number on".
bool WriteUnknownCalls(int fd) {
  const sock_filter refuse_unknown[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kMachine, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kOtherTables, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kFirstUnknown, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  return ::write(fd, refuse_unknown, sizeof refuse_unknown) == sizeof refuse_unknown;
}

// The complete filter, in the kernel's format.
StatusOr<std::string> CompileFilter() {
  const scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
  CHECK(context != nullptr);
  const int fd = ::memfd_create("seccomp", MFD_CLOEXEC);
  int result = fd < 0 ? -errno : AddRules(context);
  if (result == 0 && !WriteUnknownCalls(fd)) result = -errno;
  if (result == 0) result = seccomp_export_bpf(context, fd);
  seccomp_release(context);
  std::string filter;
  if (result == 0) {
    const off_t size = ::lseek(fd, 0, SEEK_END);
    filter.resize(static_cast<size_t>(std::max<off_t>(size, 0)));
    if (::pread(fd, filter.data(), filter.size(), 0) != size) result = -EIO;
  }
  if (fd >= 0) ::close(fd);
  if (result == 0) return filter;
  return Unavailable(std::string("cannot make a seccomp filter: ") + std::strerror(-result));
}

}  // namespace

std::vector<std::string_view> RefusedSystemCalls() {
  return {std::begin(kRefused), std::end(kRefused)};
}

StatusOr<int> MakeSeccompFilter() {
  // Every process gets the same filter. Compiling it takes as long as starting a process.
  static std::mutex mutex;
  static std::string filter;
  {
    const std::lock_guard lock(mutex);
    if (filter.empty()) {
      ASSIGN_OR_RETURN(filter, CompileFilter());
    }
  }
  const int fd = ::memfd_create("seccomp", MFD_CLOEXEC);
  const auto size = static_cast<ssize_t>(filter.size());
  if (fd >= 0 && ::write(fd, filter.data(), filter.size()) == size &&
      ::lseek(fd, 0, SEEK_SET) == 0) {
    return fd;
  }
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return Unavailable(std::string("no memory for a seccomp filter: ") + std::strerror(error));
}

}  // namespace csl::worker
