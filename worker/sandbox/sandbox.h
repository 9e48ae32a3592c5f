// SPDX-License-Identifier: Apache-2.0
// What a job may see and do, and starting a process that way.
//
// The sandbox is bubblewrap: own user, mount, pid, ipc, uts, cgroup and network namespaces
// (loopback only), a read-only system, no capabilities, no new privileges, a seccomp filter, an own
// session; around it a control group and rlimits. Start never runs anything with less than Probe
// promised.
#ifndef WORKER_SANDBOX_SANDBOX_H_
#define WORKER_SANDBOX_SANDBOX_H_

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "worker/sandbox/cgroup.h"
#include "worker/sandbox/job_user.h"

namespace csl::worker {

// Limits of one process tree that the kernel holds by rlimit, beside the control group's.
struct ProcessLimits {
  int64_t max_file_bytes = int64_t{64} << 30;  // of one file
  int64_t max_open_files = 4096;
};

struct Mount {
  std::filesystem::path from;  // on the host
  std::filesystem::path to;    // inside
  bool writable = false;
};

struct SandboxSpec {
  std::vector<Mount> mounts;                       // beside the read-only system
  std::filesystem::path working_folder;            // inside
  std::map<std::string, std::string> environment;  // all of it: nothing is inherited
  ProcessLimits limits;
  std::optional<uint32_t> user;  // JobUser::id(): on the host; a root worker must give one
};

// What a process gets in place of its standard streams, and what it keeps beside them; numbers on
// the caller's side. Everything else is closed.
struct Descriptors {
  int in = -1;  // -1: /dev/null
  int out = -1;
  int err = -1;
  std::vector<int> keep;  // keep[i] becomes descriptor 3 + i
};

// Inside: an empty folder for HOME, and the installation, which finds its parts from its own path.
inline constexpr char kHome[] = "/home";
inline constexpr char kInsidePrefix[] = "/opt/csl";

enum class Protection { kFull, kNone };
// Whether a job starts where the kernel does not hold one of its limits.
enum class Limits { kEnforced, kAsFarAsPossible };

// Tries the sandbox out once. kUnavailable says what is missing on this machine.
Status ProbeSandbox(const std::filesystem::path& prefix);

class Sandbox {
 public:
  // `prefix` is the installation, visible read-only at kInsidePrefix. kNone runs as the caller
  // does, in a process group of its own; for an embedded service where no sandbox is available.
  Sandbox(std::filesystem::path prefix, Protection protection, Limits limits = Limits::kEnforced)
      : prefix_(std::move(prefix)), protection_(protection), limits_(limits) {}

  // Starts `argv` in the group. The caller reaps the process; killing it ends all it started.
  StatusOr<pid_t> Start(const SandboxSpec& spec, const std::vector<std::string>& argv,
                        const Descriptors& descriptors, const Cgroup& group) const;

  // The same for a program of the installation that would not learn of the caller's end by itself:
  // it does not run if the caller ends before the sandbox stands and is bound to its life. It sees
  // less of the system than a user's command does: libraries, the mounts of `spec` and an empty
  // /tmp, but no /proc, /dev or /etc. Fewer mounts also make a short program start faster.
  StatusOr<pid_t> StartTool(const SandboxSpec& spec, const std::string& name,
                            const std::vector<std::string>& args, Descriptors descriptors,
                            const Cgroup& group) const;

  // kUnavailable if a job with this group must not run here, naming the limits that are missing.
  Status CheckLimits(const Cgroup& group) const;

  Protection protection() const { return protection_; }
  // Where the installation shows inside.
  std::filesystem::path prefix() const {
    return protection_ == Protection::kFull ? std::filesystem::path(kInsidePrefix) : prefix_;
  }
  // And where it lies on the host.
  const std::filesystem::path& host_prefix() const { return prefix_; }
  // Where a host folder that is mounted shows inside: itself where there is no sandbox.
  std::filesystem::path Inside(const SandboxSpec& spec, const std::filesystem::path& host) const;

 private:
  // `tool`: the program of the installation that runs, by its name; "" for any other.
  StatusOr<pid_t> StartAs(const std::string& tool, const SandboxSpec& spec,
                          const std::vector<std::string>& argv, const Descriptors& descriptors,
                          const Cgroup& group) const;
  // `at`: where the installation and then each mount lie for the process that becomes bubblewrap.
  std::vector<std::string> Wrap(const std::string& tool, const SandboxSpec& spec,
                                const std::vector<std::string>& at,
                                const std::vector<std::string>& argv, int seccomp_fd) const;

  std::filesystem::path prefix_;
  Protection protection_;
  Limits limits_;
};

// "memory, cpu": a list for people.
std::string JoinNames(const std::vector<std::string>& names);

}  // namespace csl::worker

#endif  // WORKER_SANDBOX_SANDBOX_H_
