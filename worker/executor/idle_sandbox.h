// SPDX-License-Identifier: Apache-2.0
// A session's sandbox in which nothing of a job is yet: a user and a control group of its own, an
// empty folder, and the runner, which waits to be told whose it is. One job gets it, and no other
// after that one.
//
// It is made on the way to a job while the job's files are fetched, or before the job comes
// (spare_sandboxes.h). Its control group has no limits until the job sets its own, so that making
// it takes nothing of what the job may use.
#ifndef WORKER_EXECUTOR_IDLE_SANDBOX_H_
#define WORKER_EXECUTOR_IDLE_SANDBOX_H_

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "worker/runner/protocol.h"
#include "worker/sandbox/sandbox.h"

namespace csl::worker {

class IdleSandbox {
 public:
  // In `folder`, which gets root/, tmp/, output/ and system/ where it does not have them. `name`:
  // of its control group, new on this machine. Returns while the sandbox is still being made. It
  // ends with the thread that calls this.
  static StatusOr<std::unique_ptr<IdleSandbox>> Start(const std::filesystem::path& folder,
                                                      const std::string& name,
                                                      const Sandbox& sandbox);
  ~IdleSandbox();  // ends its processes and removes its control group; the folder stays
  IdleSandbox(const IdleSandbox&) = delete;
  IdleSandbox& operator=(const IdleSandbox&) = delete;

  // Returns when the runner stands. `stop`, if set, is asked meanwhile and ends it with kCancelled.
  Status AwaitReady(const std::function<bool()>& stop = nullptr);
  // Tells the runner whose it is and where commands start, a path inside. After AwaitReady.
  Status Begin(const std::string& job, const std::filesystem::path& working_folder);
  // Whether a job could begin in it: its processes live and the installation that it shows is the
  // one that is there now.
  bool IsGood() const;
  // Renames its folder. What is mounted stays mounted.
  Status MoveTo(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  pid_t process() const { return runner_; }  // outside of the sandbox
  // What its processes see. Of a job's own: nothing.
  SandboxSpec Inside() const;

 private:
  friend class Session;  // which takes it over, part by part

  IdleSandbox(std::filesystem::path folder, const Sandbox& sandbox);
  Status Make(const std::string& name);

  std::filesystem::path folder_;
  const Sandbox sandbox_;
  JobUser user_;
  Cgroup group_;
  pid_t runner_ = -1;
  int socket_ = -1;
  bool is_ready_ = false;
  uint64_t prefix_inode_ = 0;
};

// Waits for the one message the runner owes, for as long as a slow machine may need.
StatusOr<Message> ExpectMessage(int socket, pid_t runner, MessageKind kind,
                                const std::function<bool()>& stop = nullptr);
// Ends a session's process with its process group, and reaps it.
void EndAndReap(pid_t& pid);

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_IDLE_SANDBOX_H_
