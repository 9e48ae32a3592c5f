// SPDX-License-Identifier: Apache-2.0
#include "appliance/server/local_worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "appliance/domain/job.h"
#include "base/file.h"

namespace csl::appliance {
namespace {

// The owner shares his own machine with himself: sixteen jobs of the default size fit at once, so
// that nested and parallel sessions never wait for each other, and a script that asks for the
// machines of a cluster runs. More cpus than there are limit nothing.
constexpr int64_t kJobsAtOnce = 16;
constexpr int64_t kForTheRest = 16;  // one part in so many of the memory is not for jobs
constexpr std::chrono::seconds kStopPatience{15};
constexpr std::chrono::milliseconds kStopCheck{10};

}  // namespace

Resources LocalJobDefaults() {
  struct sysinfo info {};
  ::sysinfo(&info);
  const int64_t memory = static_cast<int64_t>(info.totalram) * info.mem_unit;
  return {kDefaultCpuMilli, std::min(kDefaultMemBytes, memory - memory / kForTheRest), 0};
}

StatusOr<LocalWorker> LocalWorker::Start(const std::string& url, const std::filesystem::path& state,
                                         const std::vector<std::string>& more) {
  ASSIGN_OR_RETURN(const auto prefix, InstallPrefix());
  std::vector<std::string> arguments = {(prefix / "bin" / "cs-worker").string(),
                                        "--service",
                                        url,
                                        "--token-file",
                                        (state / "worker-token").string(),
                                        "--work-dir",
                                        (state / "work").string(),
                                        "--listen",
                                        "unix:" + (state / "worker.sock").string(),
                                        "--name",
                                        kLocalWorkerName,
                                        "--cpu",
                                        std::to_string(kJobsAtOnce * LocalJobDefaults().cpu_milli),
                                        "--mem",
                                        std::to_string(kJobsAtOnce * LocalJobDefaults().mem_bytes),
                                        "--systems",
                                        std::to_string(kJobsAtOnce)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  LocalWorker worker(std::move(arguments));
  RETURN_IF_ERROR(worker.Spawn());
  return worker;
}

LocalWorker::LocalWorker(LocalWorker&& other) noexcept
    : arguments_(std::move(other.arguments_)), pid_(std::exchange(other.pid_, -1)) {}

LocalWorker& LocalWorker::operator=(LocalWorker&& other) noexcept {
  if (this != &other) {
    Stop();
    arguments_ = std::move(other.arguments_);
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}

Status LocalWorker::Spawn() {
  std::vector<char*> argv;
  for (std::string& argument : arguments_) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) return Unavailable(std::string("cannot start a worker: ") + std::strerror(errno));
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return OkStatus();
}

void LocalWorker::KeepRunning() {
  int how = 0;
  if (pid_ > 0 && ::waitpid(pid_, &how, WNOHANG) == pid_) {
    pid_ = -1;
    (void)Spawn();
  }
}

void LocalWorker::Stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + kStopPatience;
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) ::kill(pid_, SIGKILL);  // hung, or stopped
    std::this_thread::sleep_for(kStopCheck);
  }
  pid_ = -1;
}

}  // namespace csl::appliance
