// SPDX-License-Identifier: Apache-2.0
// The one worker that an embedded service keeps on its own machine: a child process that is started
// anew when it ends and dies with the service.
#ifndef APPLIANCE_SERVER_LOCAL_WORKER_H_
#define APPLIANCE_SERVER_LOCAL_WORKER_H_

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "appliance/domain/job.h"
#include "base/status.h"

namespace csl::appliance {

// The name that the state folder's own worker token is good for.
inline constexpr char kLocalWorkerName[] = "local";

// What a job of an embedded service gets that does not say: the documented defaults, and no more
// memory than this machine has.
Resources LocalJobDefaults();

class LocalWorker {
 public:
  // Starts PREFIX/bin/cs-worker for the service at `url`, its files below `state`, with `more`
  // options.
  static StatusOr<LocalWorker> Start(const std::string& url, const std::filesystem::path& state,
                                     const std::vector<std::string>& more);
  LocalWorker(LocalWorker&& other) noexcept;
  LocalWorker& operator=(LocalWorker&& other) noexcept;
  ~LocalWorker() { Stop(); }

  // Starts it again if it has ended.
  void KeepRunning();
  // Asks it to end its jobs, and waits.
  void Stop();

 private:
  explicit LocalWorker(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}
  Status Spawn();

  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVER_LOCAL_WORKER_H_
