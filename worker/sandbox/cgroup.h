// SPDX-License-Identifier: Apache-2.0
// A control group for one job: memory, processes and cpu limited, everything in it killed at once.
// Works with version 2, with the per-controller hierarchies of version 1, and not at all (then
// available() is false and rlimits are all there is).
#ifndef WORKER_SANDBOX_CGROUP_H_
#define WORKER_SANDBOX_CGROUP_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "worker/sandbox/control_files.h"

namespace csl::worker {

struct CgroupLimits {
  int64_t mem_bytes = 0;  // 0: none
  int64_t cpu_milli = 0;  // 0: none
  int64_t max_pids = 0;   // 0: none
};

class Cgroup {
 public:
  // A group below the caller's own; `name` must be new. Never fails where there are no cgroups:
  // available(), missing() and why() tell. What is made is written down in the folder `records`
  // first, if one is given, so that a worker after this one can remove what a crash leaves behind;
  // what cannot be written down is not made.
  static Cgroup Create(const std::string& name, const CgroupLimits& limits,
                       const std::filesystem::path& records,
                       ControlFiles& files = ControlFiles::OfKernel());
  // Sets these limits in place of those that it was made with; missing() tells of these.
  void SetLimits(const CgroupLimits& limits);
  // Ends and removes the groups that are written down in `records`.
  static void RemoveRecorded(const std::filesystem::path& records,
                             ControlFiles& files = ControlFiles::OfKernel());
  Cgroup() = default;
  Cgroup(Cgroup&&) noexcept = default;
  Cgroup& operator=(Cgroup&&) noexcept = default;
  ~Cgroup() { Remove(); }

  bool available() const { return !folders_.empty(); }
  // The limits that were asked for and that the kernel does not hold here: "memory", "processes",
  // "cpu". Empty: all are held.
  const std::vector<std::string>& missing() const { return missing_; }
  // What the kernel said to the first step that failed, as "cannot write 'FILE': No space left on
  // device"; empty where none did, or where there are no groups at all.
  const std::string& why() const { return why_; }
  // What could not be written down found no room on the worker's disk.
  bool has_full_disk() const { return has_full_disk_; }
  // What a group with all limits would miss on this machine, and why: made, and removed again.
  static Cgroup TryHere(const std::filesystem::path& records,
                        ControlFiles& files = ControlFiles::OfKernel());
  // Moves the calling process into the group; for the child between fork and exec. Async-signal
  // safe once EntryFiles() was taken before the fork.
  std::vector<std::string> EntryFiles() const;

  // Ends every process in the group and waits until it is empty.
  void Kill();
  // Whether the kernel ended a process for the memory limit.
  bool HadOutOfMemory() const { return MemoryKills() > 0; }
  // How many processes it ended for that.
  int64_t MemoryKills() const;
  int64_t PeakMemoryBytes() const;
  // Kills what is left and removes the group; one that the kernel keeps is tried again when the
  // next is made.
  void Remove();

  // What this machine offers, in words for people: "v2", "v1", "none".
  static std::string Kind(ControlFiles& files = ControlFiles::OfKernel());

 private:
  explicit Cgroup(ControlFiles& files) : files_(&files) {}
  void Note(std::string why);
  static void RetryLeftBehind(ControlFiles& files);

  ControlFiles* files_ = nullptr;
  std::string why_;
  bool has_full_disk_ = false;
  std::vector<std::string> missing_;
  std::vector<std::filesystem::path> folders_;  // one (version 2) or one a controller (version 1)
  std::vector<std::string> hierarchies_;        // of each: its controller; "" is version 2
  std::vector<std::filesystem::path> kill_files_;  // count what was ended for want of memory
};

}  // namespace csl::worker

#endif  // WORKER_SANDBOX_CGROUP_H_
