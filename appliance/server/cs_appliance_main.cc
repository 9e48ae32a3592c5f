// SPDX-License-Identifier: Apache-2.0
// cs-appliance: the management service. Wires store, service, API and server together.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "appliance/artifacts/blob_store.h"
#include "appliance/http/api.h"
#include "appliance/http/log_store.h"
#include "appliance/server/local_worker.h"
#include "appliance/server/retention.h"
#include "appliance/service/job_service.h"
#include "appliance/store/sqlite/sqlite_store.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/http/server.h"
#include "base/whole_number.h"

namespace csl::appliance {
namespace {

constexpr int64_t kDefaultKeepS = int64_t{30} * 24 * 3600;
constexpr int64_t kLongestKeepS = int64_t{100} * 365 * 24 * 3600;

struct Options {
  std::string state_dir;
  std::string listen;
  std::string backup_to;
  std::vector<std::string> host_names;
  bool local_worker = false;
  bool allow_no_sandbox = false;
  int idle_exit_s = 0;  // 0: never
  int64_t keep_s = kDefaultKeepS;
  ServiceOptions service;
};

// A service that was killed a moment ago may still be on its way out.
constexpr std::chrono::milliseconds kLockPatience{5'000};
constexpr int64_t kLongestTickMs = 500;
constexpr int64_t kPlanCheckMs = 25;
constexpr int64_t kTicksALease = 10;
constexpr int64_t kShortestLeaseMs = 100;
constexpr int64_t kLongestIdleS = 365 * 24 * 3600;
constexpr size_t kShortestToken = 16;
constexpr char kDatabase[] = "jobs.db";  // in the state folder

volatile sig_atomic_t g_stop = 0;
void OnSignal(int) { g_stop = 1; }

std::string Trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.pop_back();
  }
  return text;
}

Status WriteToken(const std::filesystem::path& path, const std::string& token) {
  const mode_t mask = ::umask(0177);
  const Status written = WriteFileAtomic(path, token);
  ::umask(mask);
  RETURN_IF_ERROR(written);
  return ::chmod(path.c_str(), 0600) == 0 ? OkStatus()
                                          : Unavailable("cannot protect '" + path.string() + "'");
}

// The administrator's and the workers' tokens, kept in files that only their owner can read.
StatusOr<std::string> TokenFile(JobService& service, const std::filesystem::path& path,
                                const Principal& principal) {
  const auto known = ReadTextFile(path);
  std::string token = known.ok() ? Trimmed(*known) : service.NewTokenText();
  // A service that nobody could administer, or that everybody could, must not start.
  if (token.size() < kShortestToken || token.find_first_of(" \t\r\n") != std::string::npos) {
    return FailedPrecondition("'" + path.string() +
                              "' holds no token; remove the file, and a new one is made");
  }
  if (known.ok()) {
    const Status admitted = service.AdmitToken(token, principal);
    if (admitted.code() != StatusCode::kFailedPrecondition) {
      RETURN_IF_ERROR(admitted);
      return token;
    }
    // Revoked, and somebody must be able to come in.
    std::cerr << "'" << path.string() << "' holds a token that was revoked; a new one takes its "
              << "place" << std::endl;
    token = service.NewTokenText();
  }
  RETURN_IF_ERROR(WriteToken(path, token));
  RETURN_IF_ERROR(service.AdmitToken(token, principal));
  return token;
}

// A folder that is ours is closed to others. One that holds something else stays as it is, unless
// others could put a token there.
Status TakeStateFolder(const std::filesystem::path& state) {
  std::error_code error;
  std::filesystem::create_directories(state, error);
  const bool ours = !error && (std::filesystem::exists(state / kDatabase, error) ||
                               std::filesystem::is_empty(state, error));
  struct stat info {};
  if (error || ::stat(state.c_str(), &info) != 0 || (ours && ::chmod(state.c_str(), 0700) != 0)) {
    return Unavailable("cannot make folder '" + state.string() + "': " + error.message());
  }
  if (ours || (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return OkStatus();
  return FailedPrecondition("--state-dir '" + state.string() +
                            "' holds files already, and others may write there; give an empty "
                            "folder");
}

Status Serve(const Options& options) {
  const std::filesystem::path state = options.state_dir;
  RETURN_IF_ERROR(TakeStateFolder(state));
  ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Take(state, kLockPatience));
  ASSIGN_OR_RETURN(const auto store, OpenSqliteStore(state / kDatabase));
  ASSIGN_OR_RETURN(const auto blobs, BlobStore::Open(state / "blobs"));
  ASSIGN_OR_RETURN(const auto logs, LogStore::Open(state / "logs"));
  const SystemClock clock;
  JobService service(*store, clock, options.service);
  RETURN_IF_ERROR(TokenFile(service, state / "token", {Role::kAdmin, "admin", {"*"}}).status());
  RETURN_IF_ERROR(
      TokenFile(service, state / "worker-token", {Role::kWorker, kLocalWorkerName, {}}).status());

  http::Server server;
  Api api(service, *blobs, *logs,
          {.host_names = options.host_names, .health = {.state_dir = state}});
  api.AddTo(server);
  ASSIGN_OR_RETURN(const std::string url, server.Listen(options.listen));
  RETURN_IF_ERROR(server.Start());
  std::optional<LocalWorker> worker;
  if (options.local_worker) {
    ASSIGN_OR_RETURN(worker, LocalWorker::Start(url, state, options.allow_no_sandbox));
  }
  std::optional<Retention> retention;
  retention.emplace(service, *blobs, *logs, clock, options.keep_s * 1000);
  std::cout << "listening on " << url << std::endl;

  const int64_t tick_ms = std::min(kLongestTickMs, options.service.worker_lease_ms / kTicksALease);
  int64_t next_tick_ms = clock.SteadyMs() + tick_ms;
  while (g_stop == 0) {
    ::usleep(static_cast<useconds_t>(std::min(kPlanCheckMs, tick_ms) * 1000));
    const bool is_due = clock.SteadyMs() >= next_tick_ms;
    const Status status = is_due ? service.Tick() : service.PlanIfDue();
    if (!status.ok()) std::cerr << status.ToString() << std::endl;
    if (!is_due) continue;
    next_tick_ms = clock.SteadyMs() + tick_ms;
    api.LookAtHealth(status);
    if (worker) worker->KeepRunning();
    const bool idle =
        options.idle_exit_s > 0 && api.IdleForClients() > std::chrono::seconds(options.idle_exit_s);
    if (idle && service.ActiveJobCount() == 0) break;
  }
  service.Stop();
  retention.reset();
  if (worker) worker->Stop();
  server.Stop();
  return OkStatus();
}

// The database as it is now, for its owner's eyes alone, while a service may be using it.
Status Backup(const Options& options) {
  const mode_t mask = ::umask(0177);
  Status status =
      BackUpDatabase(std::filesystem::path(options.state_dir) / kDatabase, options.backup_to);
  ::umask(mask);
  return status;
}

int Main(int argc, char** argv) {
  CLI::App app("The management service of the CSL appliance.");
  Options options;
  CLI::App* serve = app.add_subcommand("serve", "Serves the REST API until SIGTERM.");
  serve->add_option("--state-dir", options.state_dir, "Folder of database, blobs and tokens")
      ->required();
  serve->add_option("--listen", options.listen, "unix:PATH or HOST:PORT")->required();
  serve->add_option("--host-name", options.host_names, "A name by which clients call this service");
  serve->add_flag("--local-worker", options.local_worker, "Also starts one worker on this machine");
  serve->add_flag("--allow-no-sandbox", options.allow_no_sandbox,
                  "The local worker may run its owner's commands where no sandbox can be had");
  serve
      ->add_option("--keep-s", options.keep_s,
                   "Jobs that ended this long ago go, with logs and unused blobs; 0: never")
      ->check(WholeNumber(0, kLongestKeepS))
      ->capture_default_str();
  serve
      ->add_option("--idle-exit-s", options.idle_exit_s,
                   "Ends after this long without use; 0: never")
      ->check(WholeNumber(0, kLongestIdleS));
  serve
      ->add_option("--worker-lease-ms", options.service.worker_lease_ms,
                   "A worker that is silent for this long is lost")
      ->check(WholeNumber(kShortestLeaseMs, options.service.max_client_lease_ms))
      ->capture_default_str();
  serve
      ->add_option("--client-lease-ms", options.service.client_lease_ms,
                   "A job ends when its client is silent for this long, unless that asks for more")
      ->check(WholeNumber(kShortestLeaseMs, options.service.max_client_lease_ms))
      ->capture_default_str();
  CLI::App* backup = app.add_subcommand("backup", "Copies the database; the service may run.");
  backup->add_option("--state-dir", options.state_dir, "Folder of the database")->required();
  backup->add_option("--to", options.backup_to, "The copy; must not exist")->required();
  const CLI::App* openapi =
      app.add_subcommand("openapi", "Prints the OpenAPI document of the REST API.");
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  if (openapi->parsed()) {
    std::cout << OpenApiDocument();
    return 0;
  }
  if (backup->parsed()) {
    const Status copied = Backup(options);
    if (copied.ok()) return 0;
    std::cerr << "cs-appliance: " << copied.ToString() << std::endl;
    return StatusCodeToExitCode(copied.code());
  }
  if (options.local_worker) options.service.defaults = LocalJobDefaults();
  ::prctl(PR_SET_DUMPABLE, 0);  // tokens must not end in a core file

  struct sigaction action {};
  action.sa_handler = OnSignal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();
  const Status status = Serve(options);
  if (status.ok()) return 0;
  std::cerr << "cs-appliance: " << status.ToString() << std::endl;
  return StatusCodeToExitCode(status.code());
}

}  // namespace
}  // namespace csl::appliance

int main(int argc, char** argv) { return csl::appliance::Main(argc, argv); }
