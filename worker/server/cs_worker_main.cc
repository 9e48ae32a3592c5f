// SPDX-License-Identifier: Apache-2.0
// cs-worker: runs the jobs that a service gives it, on this machine.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <optional>

#include "base/archive/beneath.h"
#include "base/config_file.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/http/client.h"
#include "base/http/server.h"
#include "base/http/url.h"
#include "base/log.h"
#include "base/tls/certificate.h"
#include "base/version.h"
#include "base/whole_number.h"
#include "proto/worker_messages.h"
#include "worker/agent/agent.h"
#include "worker/sandbox/job_user.h"
#include "worker/server/end_signals.h"
#include "worker/server/join.h"
#include "worker/server/spread_folders.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLockPatience{20'000};
constexpr int64_t kMost = int64_t{1} << 60;
constexpr int64_t kMaxRetentionS = 7 * 24 * 3600;
constexpr int64_t kMaxSpares = 64;
// Of the room that is free at the start blobs of jobs that were here take one part in so many.
constexpr int64_t kBlobsPart = 16;
constexpr int64_t kMaxBlobBytes = int64_t{4} << 30;

std::string HostName() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "worker";
}

constexpr char kMark[] = ".csl-worker";  // in a work folder: what lies there is ours to remove

struct Options {
  std::string service;
  std::string token_file;
  std::string work_dir;
  std::string listen;
  std::string advertise;
  std::string pin;
  std::string ca_file;
  std::string tls = "auto";
  std::string log_format = "text";
  std::string name = HostName();  // a second worker of a name takes the place of the first
  std::optional<int64_t> cpu_milli;
  std::optional<int64_t> mem_bytes;
  std::optional<int64_t> systems;
  std::optional<int64_t> job_disk;
  int64_t retention_s = 300;
  int64_t spare_sandboxes = 2;
  bool allow_no_sandbox = false;
};

int64_t MachineMemory() {
  struct sysinfo info {};
  ::sysinfo(&info);
  return static_cast<int64_t>(info.totalram) * info.mem_unit;
}

// What the service is told of this machine: what it has, where the operator did not say.
messages::WorkerRequest DescriptionOf(const Options& options) {
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  messages::WorkerRequest description;
  description.name = options.name;
  description.cpu_milli = options.cpu_milli.value_or(cores * 1000);
  description.mem_bytes = options.mem_bytes.value_or(MachineMemory());
  description.systems = options.systems.value_or(cores);
  description.version = kVersion;
  return description;
}

// Whether what lies in the folder may be removed: nothing does, or a worker's mark.
Status CheckWorkDir(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / kMark, error)) return OkStatus();
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name == FolderLock::kFileName) continue;
    return FailedPrecondition("--work-dir '" + folder.string() + "' holds '" + name +
                              "', which no worker put there; give an empty folder");
  }
  if (error) return Unavailable("cannot list '" + folder.string() + "': " + error.message());
  return WriteFileAtomic(folder / kMark, "What lies here belongs to cs-worker and is removed.\n");
}

StatusOr<std::string> ReadToken(const fs::path& file) {
  ASSIGN_OR_RETURN(std::string token, ReadTextFile(file));
  while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back())) != 0) {
    token.pop_back();
  }
  const bool plain =
      std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (token.empty() || !plain) {
    return InvalidArgument("--token-file '" + file.string() + "' must hold one token");
  }
  return token;
}

// An empty folder of its own: what a worker before this one left there belongs to nobody.
Status CleanWorkDir(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::chmod(folder.c_str(), 0700) != 0) {
    return Unavailable("cannot make folder '" + folder.string() + "': " + error.message());
  }
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name == FolderLock::kFileName || name == kMark) continue;
    Cgroup::RemoveRecorded(entry.path());
    RETURN_IF_ERROR(archive::RemoveTree(entry.path()));
  }
  (void)SpreadFolders(folder);  // a hint
  fs::create_directories(folder / "scratch", error);
  return OkStatus();
}

// What of a job's limits and walls this machine lacks; empty: nothing. An error if that must not
// be.
StatusOr<std::vector<std::string>> WhatIsMissing(const Options& options, const Status& probe) {
  const Cgroup tried = Cgroup::TryHere(fs::path(options.work_dir) / "scratch");
  std::vector<std::string> missing = tried.missing();
  if (!missing.empty()) {
    const std::string why = tried.why().empty() ? "" : " (" + tried.why() + ")";
    const std::string what = "no control group limits " + JoinNames(missing) + " of a job" + why;
    if (!options.allow_no_sandbox) {
      return Unavailable(what +
                         ": give the worker a group that it may write below, with the controllers "
                         "memory, pids and cpu (systemd: Delegate=yes), or run it as root; "
                         "docs/operators.md says more");
    }
    Log(LogLevel::kWarning, what);
  }
  if (!probe.ok()) {
    if (!options.allow_no_sandbox) return probe;
    Log(LogLevel::kWarning, "no sandbox: " + probe.message());
    missing.insert(missing.begin(), "sandbox");
  }
  return missing;
}

// Whether the service's calls to this worker are encrypted: where others could read them, if the
// service's own connections are.
StatusOr<bool> SpeaksTls(const Options& options) {
  const bool is_unix = options.listen.starts_with("unix:");
  if (options.tls == "on" && is_unix) {
    return InvalidArgument("--tls is on, but --listen is '" + options.listen +
                           "'; TLS wants HOST:PORT");
  }
  if (options.tls != "auto" || is_unix) return options.tls == "on";
  const auto place = http::SplitHostPort(options.listen, 0);
  return options.service.starts_with("https://") && place && !http::IsLoopback(place->host);
}

// What the service is told to call, and whether that fits.
StatusOr<std::string> EndpointOf(const Options& options, const std::string& listens) {
  if (options.advertise.empty()) return listens;
  if (listens.starts_with("https://") && !options.advertise.starts_with("https://")) {
    return InvalidArgument("--advertise is '" + options.advertise +
                           "', but this worker speaks TLS: it must begin with https://, or --tls "
                           "be off");
  }
  return options.advertise;
}

// The key lives in memory alone: a worker that starts anew has a new one.
Status Certify(ServiceClient& service, http::Server& server) {
  ASSIGN_OR_RETURN(tls::SigningRequest asked, tls::MakeRequest());
  ASSIGN_OR_RETURN(std::string chain, service.Certify(asked.request));
  return server.SetIdentity({std::move(chain), std::move(asked.key)});
}

// Urls and pins, before anything is made.
Status CheckOptions(const Options& options) {
  ASSIGN_OR_RETURN(const http::Url service, http::ParseUrl(options.service));
  if (!options.advertise.empty()) RETURN_IF_ERROR(http::CheckUrl(options.advertise));
  if (options.pin.empty()) return OkStatus();
  RETURN_IF_ERROR(tls::CheckPin(options.pin));
  if (service.scheme == http::Url::Scheme::kHttps) return OkStatus();
  return InvalidArgument("--pin is given, but --service is '" + options.service +
                         "'; a pin holds for https://HOST:PORT");
}

Status Work(const Options& options, const std::string& job_users) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(const std::string token, ReadToken(options.token_file));
  ASSIGN_OR_RETURN(const fs::path prefix, InstallPrefix());
  std::error_code error;
  fs::create_directories(options.work_dir, error);
  RETURN_IF_ERROR(CheckWorkDir(options.work_dir));
  // A worker before this one may still be ending its jobs, whose files these are.
  ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Take(options.work_dir, kLockPatience));
  RETURN_IF_ERROR(CleanWorkDir(options.work_dir));
  messages::WorkerRequest description = DescriptionOf(options);
  messages::WorkerSandbox& told = description.sandbox.emplace();
  const Status probe = ProbeSandbox(prefix);
  ASSIGN_OR_RETURN(told.missing, WhatIsMissing(options, probe));
  told.full = told.missing.empty();
  told.note = probe.ok() ? "cgroups " + Cgroup::Kind() + ", " + job_users : probe.message();
  const Sandbox sandbox(prefix, probe.ok() ? Protection::kFull : Protection::kNone,
                        options.allow_no_sandbox ? Limits::kAsFarAsPossible : Limits::kEnforced);

  http::Server server;
  SessionApi api(fs::path(options.work_dir) / "scratch");
  api.AddTo(server);
  ASSIGN_OR_RETURN(const bool speaks_tls, SpeaksTls(options));
  if (speaks_tls) server.RequireTls();
  ASSIGN_OR_RETURN(const std::string listens, server.Listen(options.listen));
  ASSIGN_OR_RETURN(description.endpoint, EndpointOf(options, listens));
  RETURN_IF_ERROR(server.Start());
  Log(LogLevel::kInfo,
      "worker '" + options.name + "' of " + options.service + " listens on " + listens);
  ServiceClient service(
      {.url = options.service, .bearer = token, .ca_file = options.ca_file, .pin = options.pin});
  Disposal disposal;
  DiskKeeper disk(options.work_dir, options.job_disk.value_or(HalfOfFreeBytes(options.work_dir)));
  KeptSessions kept(api, disposal, std::chrono::seconds(options.retention_s));
  // Without walls a job could write to what the next one gets.
  const int64_t blob_bytes =
      probe.ok() ? std::min(2 * HalfOfFreeBytes(options.work_dir) / kBlobsPart, kMaxBlobBytes) : 0;
  BlobCache blobs(fs::path(options.work_dir) / "blobs", static_cast<uint64_t>(blob_bytes));
  SpareSandboxes spares(options.work_dir, sandbox, static_cast<size_t>(options.spare_sandboxes));
  const std::function<Status()> certify = [&] { return Certify(service, server); };
  Agent agent({service, api, sandbox, options.work_dir, kept, disposal, disk, spares, blobs,
               MachineMemory()},
              description, speaks_tls ? certify : nullptr);
  // Goes before the agent does, which a signal may be stopping at this moment.
  const EndSignals signals([&agent] { agent.Stop(); });
  const Status status = agent.Run();
  server.Stop();  // before what its handlers use goes
  return status;
}

// What jobs run as, in words. A plain user's worker becomes root among its subordinate ids, if it
// has some.
std::string FindJobUsers() {
  if (::geteuid() == 0) {
    return JobIdRange() ? "a user for each job" : "no ids to give: jobs run as the worker does";
  }
  const Status entered = EnterSubordinateIds();
  if (entered.ok()) return "a user for each job, of the subordinate ids";
  return "jobs run as the worker does, in user namespaces: " + entered.message();
}

void AddOptions(CLI::App& app, Options& options) {
  AddConfigOption(app);
  app.add_option("--service", options.service, "unix:PATH or http(s)://HOST:PORT")->required();
  app.add_option("--token-file", options.token_file, "File with the worker's token")->required();
  app.add_option("--work-dir", options.work_dir,
                 "Folder for jobs, empty or of an earlier worker; it is emptied at startup")
      ->required();
  app.add_option("--listen", options.listen, "Where the service reaches its sessions")->required();
  app.add_option("--advertise", options.advertise,
                 "URL at which the service reaches it, if it is not the address of --listen");
  app.add_option("--pin", options.pin,
                 "For https: the pin of the service's authority, from the join line");
  app.add_option("--ca-file", options.ca_file,
                 "For https: the authorities that may have signed the service's certificate; "
                 "default, without a pin: the system's");
  app.add_option("--tls", options.tls,
                 "For the service's calls to this worker: on, off, or auto, which is on if the "
                 "service has https and other machines can connect")
      ->check(http::TlsModeProblem)
      ->capture_default_str();
  app.add_option("--log-format", options.log_format, "text, or json: one object a line")
      ->check(LogFormatProblem)
      ->capture_default_str();
  app.add_option("--name", options.name, "Name of this worker")->capture_default_str();
  app.add_option("--cpu", options.cpu_milli, "Milli-cpus for jobs; default: all")
      ->check(WholeNumber(1, kMost));
  app.add_option("--mem", options.mem_bytes, "Bytes of memory for jobs; default: all")
      ->check(WholeNumber(1, kMost));
  app.add_option("--systems", options.systems,
                 "Simulated CS systems at once; default: one per core")
      ->check(WholeNumber(0, kMost));
  app.add_option("--job-disk", options.job_disk,
                 "Bytes that the files of one job may take; default: half of what is free at "
                 "startup; 0: no limit")
      ->check(WholeNumber(0, kMost));
  app.add_option("--retention-s", options.retention_s,
                 "Seconds that the files of a session stay readable after its end; 0: none")
      ->check(WholeNumber(0, kMaxRetentionS))
      ->capture_default_str();
  app.add_option("--spare-sandboxes", options.spare_sandboxes,
                 "Sandboxes to keep ready, so that a session starts at once")
      ->check(WholeNumber(0, kMaxSpares))
      ->capture_default_str();
  app.add_flag("--allow-no-sandbox", options.allow_no_sandbox,
               "Run jobs unprotected if there is no sandbox: only for your own jobs");
}

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "join") return JoinMain(argc - 1, argv + 1);
  CLI::App app("Runs the jobs that a service gives it, on this machine.");
  app.set_version_flag("--version", std::string("cs-worker ") + kVersion);
  app.footer("'cs-worker join LINE' makes a configuration file.");
  Options options;
  AddOptions(app, options);
  if (const int code = ParseWithConfigFile(app, app, argc, argv); code >= 0) return code;

  SetLog("cs-worker", ParseLogFormat(options.log_format));
  ::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();
  const std::string job_users = FindJobUsers();
  ::prctl(PR_SET_DUMPABLE, 0);
  BlockEndSignals();
  const Status status = Work(options, job_users);
  if (status.ok()) return 0;
  Log(LogLevel::kError, status.ToString());
  return StatusCodeToExitCode(status.code());
}

}  // namespace
}  // namespace csl::worker

int main(int argc, char** argv) { return csl::worker::Main(argc, argv); }
