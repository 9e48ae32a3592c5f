// SPDX-License-Identifier: Apache-2.0
// cs-worker: runs the jobs that a service gives it, on this machine.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/archive/beneath.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/http/server.h"
#include "worker/agent/agent.h"
#include "worker/server/end_signals.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLockPatience{20'000};
constexpr int64_t kMaxRetentionS = 7 * 24 * 3600;

std::string HostName() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "worker";
}

struct Options {
  std::string service;
  std::string token_file;
  std::string work_dir;
  std::string listen;
  std::string name = HostName();  // a second worker of a name takes the place of the first
  int64_t cpu_milli = 0;
  int64_t mem_bytes = 0;
  int64_t systems = 0;
  int64_t retention_s = 300;
  bool allow_no_sandbox = false;
};

// What this machine has, where the operator did not say.
WorkerResources ResourcesOf(const Options& options) {
  struct sysinfo info {};
  ::sysinfo(&info);
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  return {options.cpu_milli > 0 ? options.cpu_milli : cores * 1000,
          options.mem_bytes > 0 ? options.mem_bytes
                                : static_cast<int64_t>(info.totalram) * info.mem_unit,
          options.systems > 0 ? options.systems : cores};
}

// An empty folder of its own: what a worker before this one left there belongs to nobody.
Status CleanWorkDir(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::chmod(folder.c_str(), 0700) != 0) {
    return Unavailable("cannot make folder '" + folder.string() + "': " + error.message());
  }
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() == FolderLock::kFileName) continue;
    Cgroup::RemoveRecorded(entry.path());
    RETURN_IF_ERROR(archive::RemoveTree(entry.path()));
  }
  fs::create_directories(folder / "scratch", error);
  return OkStatus();
}

// What of a job's limits and walls this machine lacks; empty: nothing. An error if that must not
// be.
StatusOr<std::vector<std::string>> WhatIsMissing(const Options& options, const Status& probe) {
  std::vector<std::string> missing = Cgroup::MissingHere();
  if (!missing.empty()) {
    const std::string what = "no control group limits " + JoinNames(missing) + " of a job";
    if (!options.allow_no_sandbox) {
      return Unavailable(what +
                         ": give the worker a group that it may write below, with the controllers "
                         "memory, pids and cpu (systemd: Delegate=yes), or run it as root; "
                         "docs/operators.md says more");
    }
    std::cerr << "cs-worker: WARNING: " << what << std::endl;
  }
  if (!probe.ok()) {
    if (!options.allow_no_sandbox) return probe;
    std::cerr << "cs-worker: WARNING: no sandbox: " << probe.message() << std::endl;
    missing.insert(missing.begin(), "sandbox");
  }
  return missing;
}

Status Work(const Options& options) {
  ASSIGN_OR_RETURN(const std::string token, ReadTextFile(options.token_file));
  ASSIGN_OR_RETURN(const fs::path prefix, InstallPrefix());
  std::error_code error;
  fs::create_directories(options.work_dir, error);
  // A worker before this one may still be ending its jobs, whose files these are.
  ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Take(options.work_dir, kLockPatience));
  RETURN_IF_ERROR(CleanWorkDir(options.work_dir));
  WorkerDescription description;
  description.name = options.name;
  description.total = ResourcesOf(options);
  const Status probe = ProbeSandbox(prefix);
  ASSIGN_OR_RETURN(description.missing, WhatIsMissing(options, probe));
  description.sandbox_note =
      probe.ok() ? "cgroups " + Cgroup::Kind() + (JobIdRange() ? ", a user for each job" : "")
                 : probe.message();
  const Sandbox sandbox(prefix, probe.ok() ? Protection::kFull : Protection::kNone,
                        options.allow_no_sandbox ? Limits::kAsFarAsPossible : Limits::kEnforced);

  http::Server server;
  SessionApi api(fs::path(options.work_dir) / "scratch");
  api.AddTo(server);
  ASSIGN_OR_RETURN(description.endpoint, server.Listen(options.listen));
  RETURN_IF_ERROR(server.Start());
  ServiceClient service(options.service, token);
  KeptSessions kept(api, std::chrono::seconds(options.retention_s));
  Agent agent({service, api, sandbox, options.work_dir, kept}, description);
  // Goes before the agent does, which a signal may be stopping at this moment.
  const EndSignals signals([&agent] { agent.Stop(); });
  return agent.Run();
}

int Main(int argc, char** argv) {
  CLI::App app("Runs the jobs that a service gives it, on this machine.");
  Options options;
  app.add_option("--service", options.service, "unix:PATH or http(s)://HOST:PORT")->required();
  app.add_option("--token-file", options.token_file, "File with the worker's token")->required();
  app.add_option("--work-dir", options.work_dir, "Folder for jobs; emptied at the start")
      ->required();
  app.add_option("--listen", options.listen, "Where the service reaches its sessions")->required();
  app.add_option("--name", options.name, "Name of this worker")->capture_default_str();
  app.add_option("--cpu", options.cpu_milli, "Milli-cpus to give away; default: all");
  app.add_option("--mem", options.mem_bytes, "Bytes of memory to give away; default: all");
  app.add_option("--systems", options.systems, "Simulated CS systems at once; default: one a core");
  app.add_option("--retention-s", options.retention_s,
                 "How long the files of a session can be read after its end; 0: not at all")
      ->check(CLI::Range(int64_t{0}, kMaxRetentionS))
      ->capture_default_str();
  app.add_flag("--allow-no-sandbox", options.allow_no_sandbox,
               "Run jobs unprotected where no sandbox can be had: for one's own only");
  CLI11_PARSE(app, argc, argv);

  ::prctl(PR_SET_DUMPABLE, 0);
  ::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();
  BlockEndSignals();
  const Status status = Work(options);
  if (status.ok()) return 0;
  std::cerr << "cs-worker: " << status.ToString() << std::endl;
  return StatusCodeToExitCode(status.code());
}

}  // namespace
}  // namespace csl::worker

int main(int argc, char** argv) { return csl::worker::Main(argc, argv); }
