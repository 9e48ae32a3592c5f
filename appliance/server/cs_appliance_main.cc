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
#include "appliance/server/certificates.h"
#include "appliance/server/local_worker.h"
#include "appliance/server/retention.h"
#include "appliance/server/site.h"
#include "appliance/service/job_service.h"
#include "appliance/store/sqlite/sqlite_store.h"
#include "base/config_file.h"
#include "base/database_folder.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/http/server.h"
#include "base/http/url.h"
#include "base/join_line.h"
#include "base/log.h"
#include "base/secret_file.h"
#include "base/version.h"
#include "base/whole_number.h"

namespace csl::appliance {
namespace {

constexpr int64_t kDefaultKeepS = int64_t{30} * 24 * 3600;
constexpr int64_t kLongestKeepS = int64_t{100} * 365 * 24 * 3600;

struct Options {
  std::string state_dir;
  Site site;
  std::string backup_to;
  std::string worker = "worker-1";  // that a line is made for
  std::string log_format = "text";
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
constexpr int64_t kCertificateCheckMs = int64_t{24} * 3600 * 1000;
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
    Log(LogLevel::kWarning,
        "'" + path.string() + "' holds a token that was revoked; a new one takes its place");
    token = service.NewTokenText();
  }
  RETURN_IF_ERROR(WriteSecretFile(path, token));
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
  if (!std::filesystem::exists(state / kDatabase, error)) {
    RETURN_IF_ERROR(CheckHoldsDatabase(state));
  } else if (const std::string network = NetworkFileSystem(state); !network.empty()) {
    return FailedPrecondition("--state-dir '" + state.string() + "' is on a network file system (" +
                              network + "), where the database's log does not work");
  }
  if (ours || (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return OkStatus();
  return FailedPrecondition("--state-dir '" + state.string() +
                            "' holds files already, and others may write there; give an empty "
                            "folder");
}

// The certificate that the server shows from now on: a new one when the old one nears its end.
Status Certify(http::Server& server, const std::filesystem::path& state, const Site& site) {
  ASSIGN_OR_RETURN(const tls::Identity identity, IdentityOf(state, site));
  server.RequireTls();
  return server.SetIdentity(identity);
}

StatusOr<LocalWorker> StartLocalWorker(const Options& options, const std::string& url) {
  std::vector<std::string> more = {"--log-format", options.log_format};
  if (options.allow_no_sandbox) more.push_back("--allow-no-sandbox");
  ASSIGN_OR_RETURN(const std::string pin, PinOf(options.state_dir, options.site));
  if (!pin.empty()) more.insert(more.end(), {"--pin", pin});
  return LocalWorker::Start(UrlFromHere(url), options.state_dir, more);
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
  ASSIGN_OR_RETURN(const bool speaks_tls, SpeaksTls(options.site));
  const Certificates certificates(state);
  const auto sign = [&certificates](const std::string& request, const std::string& name) {
    return certificates.SignWorker(request, name);
  };
  Api api(service, *blobs, *logs,
          {.host_names = NamesOf(options.site),
           .version = kVersion,
           .health = {.state_dir = state},
           .ca_file = certificates.ca_file().string(),
           .sign = sign});
  api.AddTo(server);
  if (speaks_tls) RETURN_IF_ERROR(Certify(server, state, options.site));
  ASSIGN_OR_RETURN(const std::string url, server.Listen(options.site.listen));
  RETURN_IF_ERROR(server.Start());
  std::optional<LocalWorker> worker;
  if (options.local_worker) {
    ASSIGN_OR_RETURN(worker, StartLocalWorker(options, url));
  }
  if (ParseLogFormat(options.log_format) == LogFormat::kText) {
    std::cout << "listening on " << url << std::endl;
  } else {
    Log(LogLevel::kInfo, "listening on " + url);
  }
  std::optional<Retention> retention;
  retention.emplace(service, *blobs, *logs, clock, options.keep_s * 1000);

  const int64_t tick_ms = std::min(kLongestTickMs, options.service.worker_lease_ms / kTicksALease);
  int64_t next_tick_ms = clock.SteadyMs() + tick_ms;
  int64_t next_certificate_ms = clock.SteadyMs() + kCertificateCheckMs;
  while (g_stop == 0) {
    ::usleep(static_cast<useconds_t>(std::min(kPlanCheckMs, tick_ms) * 1000));
    const bool is_due = clock.SteadyMs() >= next_tick_ms;
    const Status status = is_due ? service.Tick() : service.PlanIfDue();
    if (!status.ok()) Log(LogLevel::kError, status.ToString());
    if (!is_due) continue;
    next_tick_ms = clock.SteadyMs() + tick_ms;
    api.LookAtHealth(status);
    if (worker) worker->KeepRunning();
    if (speaks_tls && clock.SteadyMs() >= next_certificate_ms) {
      next_certificate_ms = clock.SteadyMs() + kCertificateCheckMs;
      if (const Status renewed = Certify(server, state, options.site); !renewed.ok()) {
        Log(LogLevel::kError, renewed.ToString());
      }
    }
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

void PrintLine(const JoinLine& line, const std::string& pin) {
  std::cout << "cs-worker join " << FormatJoinLine(line) << (pin.empty() ? "" : " --pin " + pin)
            << std::endl;
}

// A state folder with tokens and a configuration file, and the line for a first worker.
Status Init(const Options& options) {
  RETURN_IF_ERROR(CheckWorkerName(options.worker));
  const std::filesystem::path state = std::filesystem::absolute(options.state_dir);
  Site site = options.site;
  if (site.listen.empty()) site.listen = "unix:" + (state / "api.sock").string();
  ASSIGN_OR_RETURN(const std::string url, UrlOf(site));
  std::error_code error;
  if (std::filesystem::exists(ConfigIn(state), error)) {
    return {StatusCode::kAlreadyExists,
            "'" + ConfigIn(state).string() +
                "' is there already; 'cs-appliance invite' makes a line for another worker"};
  }
  RETURN_IF_ERROR(TakeStateFolder(state));
  ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Take(state, kLockPatience));
  ASSIGN_OR_RETURN(const auto store, OpenSqliteStore(state / kDatabase));
  const SystemClock clock;
  JobService service(*store, clock, options.service);
  const Principal admin{Role::kAdmin, "admin", {"*"}};
  RETURN_IF_ERROR(TokenFile(service, state / "token", admin).status());
  RETURN_IF_ERROR(
      TokenFile(service, state / "worker-token", {Role::kWorker, kLocalWorkerName, {}}).status());
  ASSIGN_OR_RETURN(const NewToken made,
                   service.CreateToken(admin, {Role::kWorker, options.worker, {}}));
  RETURN_IF_ERROR(WriteSite(state, site));
  ASSIGN_OR_RETURN(const std::string pin, PinOf(state, site));
  std::cerr << "The service starts with: cs-appliance serve --config " << ConfigIn(state).string()
            << "\nThe administrator's token is in: " << (state / "token").string()
            << (pin.empty() ? "" : "\nIts pin is: " + pin)
            << "\nA worker joins with this line, which holds its token:" << std::endl;
  PrintLine({url, options.worker, made.text}, pin);
  return OkStatus();
}

// The line for one more worker, whether the service runs or not.
Status Invite(const Options& options) {
  RETURN_IF_ERROR(CheckWorkerName(options.worker));
  const std::filesystem::path state = std::filesystem::absolute(options.state_dir);
  ASSIGN_OR_RETURN(const Site site, ReadSite(state));
  ASSIGN_OR_RETURN(const std::string url, UrlOf(site));
  ASSIGN_OR_RETURN(const std::string pin, PinOf(state, site));
  const auto lock = FolderLock::Take(state, std::chrono::milliseconds(0));
  if (!lock.ok()) {
    ASSIGN_OR_RETURN(const std::string token, AskForWorkerToken(state, site, options.worker));
    PrintLine({url, options.worker, token}, pin);
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const auto store, OpenSqliteStore(state / kDatabase));
  const SystemClock clock;
  JobService service(*store, clock, options.service);
  ASSIGN_OR_RETURN(const NewToken made, service.CreateToken({Role::kAdmin, "admin", {"*"}},
                                                            {Role::kWorker, options.worker, {}}));
  PrintLine({url, options.worker, made.text}, pin);
  return OkStatus();
}

// The database as it is now, for its owner's eyes alone, while a service may be using it.
Status Backup(const Options& options) {
  const OwnersOnly owners_only;
  return BackUpDatabase(std::filesystem::path(options.state_dir) / kDatabase, options.backup_to);
}

int ExitCode(const Status& status) {
  if (status.ok()) return 0;
  Log(LogLevel::kError, status.ToString());
  return StatusCodeToExitCode(status.code());
}

void AddTls(CLI::App& app, Site& site) {
  app.add_option("--tls", site.tls, "on, off, or auto: encrypted if other machines can reach it")
      ->check(http::TlsModeProblem)
      ->capture_default_str();
  app.add_option("--tls-cert", site.tls_cert,
                 "Certificates in PEM form, the service's first; default: from its own authority");
  app.add_option("--tls-key", site.tls_key, "The key of the first");
}

CLI::App* AddServe(CLI::App& app, Options& options) {
  CLI::App* serve = app.add_subcommand("serve", "Serves the REST API until SIGTERM.");
  AddConfigOption(*serve);
  serve->add_option("--log-format", options.log_format, "text, or json: one object a line")
      ->check(LogFormatProblem)
      ->capture_default_str();
  serve->add_option("--state-dir", options.state_dir, "Folder of database, blobs and tokens")
      ->required();
  serve->add_option("--listen", options.site.listen, "unix:PATH or HOST:PORT")->required();
  serve->add_option("--host-name", options.site.host_names,
                    "A name by which clients call this service");
  AddTls(*serve, options.site);
  serve->add_flag("--local-worker", options.local_worker, "Also starts one worker on this machine");
  serve->add_flag("--allow-no-sandbox", options.allow_no_sandbox,
                  "The local worker may run its owner's commands if there is no sandbox");
  serve
      ->add_option("--keep-s", options.keep_s,
                   "Deletes jobs that ended this long ago, with logs and unused blobs; 0: never")
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
                   "A job ends when its client is silent for this long, unless it asked for more")
      ->check(WholeNumber(kShortestLeaseMs, options.service.max_client_lease_ms))
      ->capture_default_str();
  return serve;
}

CLI::App* AddInit(CLI::App& app, Options& options) {
  CLI::App* init = app.add_subcommand(
      "init", "Creates state folder, tokens and configuration, and prints a worker's line.");
  init->add_option("--state-dir", options.state_dir, "Folder of database, blobs and tokens")
      ->required();
  init->add_option("--listen", options.site.listen,
                   "HOST:PORT or unix:PATH; default: the socket api.sock in the state folder");
  init->add_option("--host-name", options.site.host_names,
                   "A name by which others call this service");
  AddTls(*init, options.site);
  init->add_option("--worker", options.worker, "Name of the worker that the line is for")
      ->capture_default_str();
  return init;
}

CLI::App* AddInvite(CLI::App& app, Options& options) {
  CLI::App* invite = app.add_subcommand("invite", "Prints the line for another worker.");
  invite->add_option("--state-dir", options.state_dir, "Folder that init created")->required();
  invite->add_option("--worker", options.worker, "Name of the worker that the line is for")
      ->required();
  return invite;
}

int Main(int argc, char** argv) {
  CLI::App app("The management service of the CSL appliance.");
  Options options;
  CLI::App* serve = AddServe(app, options);
  const CLI::App* init = AddInit(app, options);
  const CLI::App* invite = AddInvite(app, options);
  CLI::App* backup = app.add_subcommand("backup", "Copies the database; the service may run.");
  backup->add_option("--state-dir", options.state_dir, "Folder of the database")->required();
  backup->add_option("--to", options.backup_to, "The copy; must not exist")->required();
  const CLI::App* openapi =
      app.add_subcommand("openapi", "Prints the OpenAPI document of the REST API.");
  app.set_version_flag("--version", std::string("cs-appliance ") + kVersion);
  app.require_subcommand(1);
  if (const int code = ParseWithConfigFile(app, *serve, argc, argv); code >= 0) return code;
  if (openapi->parsed()) {
    std::cout << OpenApiDocument();
    return 0;
  }
  SetLog("cs-appliance", ParseLogFormat(options.log_format));
  if (backup->parsed()) return ExitCode(Backup(options));
  if (init->parsed()) return ExitCode(Init(options));
  if (invite->parsed()) return ExitCode(Invite(options));
  if (options.local_worker) options.service.defaults = LocalJobDefaults();
  ::prctl(PR_SET_DUMPABLE, 0);  // tokens must not end in a core file

  struct sigaction action {};
  action.sa_handler = OnSignal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();
  return ExitCode(Serve(options));
}

}  // namespace
}  // namespace csl::appliance

int main(int argc, char** argv) { return csl::appliance::Main(argc, argv); }
