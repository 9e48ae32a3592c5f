// SPDX-License-Identifier: Apache-2.0
// The files of the kernel's control groups, as far as a Cgroup uses them; a test puts its own in
// their place, which answer with the errors that a kernel may give.
#ifndef WORKER_SANDBOX_CONTROL_FILES_H_
#define WORKER_SANDBOX_CONTROL_FILES_H_

#include <sys/types.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace csl::worker {

class ControlFiles {
 public:
  using Path = std::filesystem::path;

  static ControlFiles& OfKernel();
  virtual ~ControlFiles() = default;

  // Each 0, or an errno. MakeFolder fails where one is there already.
  virtual int MakeFolder(const Path& folder) = 0;
  virtual int RemoveFolder(const Path& folder) = 0;
  virtual int Write(const Path& file, const std::string& text) = 0;
  virtual int TryToOpen(const Path& file) = 0;  // for writing
  // "" where it cannot be read.
  virtual std::string Read(const Path& file) = 0;
  virtual bool Exists(const Path& path) = 0;
  virtual std::vector<std::string> FoldersIn(const Path& folder) = 0;
  // /proc/self/cgroup
  virtual std::string OwnGroups() = 0;

  virtual void Kill(pid_t process) = 0;
  // Between two looks at a group that is not empty yet.
  virtual void Pause() = 0;

  // What this process has found out, once: the group of version 2 below which it makes others.
  std::optional<Path> version2_base;
  // Groups that the kernel did not let go in time, for another try.
  std::mutex mutex;
  std::vector<Path> left_behind;
};

}  // namespace csl::worker

#endif  // WORKER_SANDBOX_CONTROL_FILES_H_
