// SPDX-License-Identifier: Apache-2.0
// The words of the service: jobs, events, workers, attempts, principals. Plain values; they know
// neither the database nor HTTP.
#ifndef APPLIANCE_DOMAIN_JOB_H_
#define APPLIANCE_DOMAIN_JOB_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proto/job_words.h"

namespace csl::appliance {

// The words that are sent and stored.
using csl::EndReason;
using csl::JobKind;
using csl::JobState;

struct Resources {
  int64_t cpu_milli = 0;
  int64_t mem_bytes = 0;
  int64_t systems = 0;  // simulated CS systems

  friend bool operator==(const Resources&, const Resources&) = default;
  bool FitsIn(const Resources& room) const {
    return cpu_milli <= room.cpu_milli && mem_bytes <= room.mem_bytes && systems <= room.systems;
  }
  Resources operator-(const Resources& other) const {
    return {cpu_milli - other.cpu_milli, mem_bytes - other.mem_bytes, systems - other.systems};
  }
  Resources operator+(const Resources& other) const {
    return {cpu_milli + other.cpu_milli, mem_bytes + other.mem_bytes, systems + other.systems};
  }
};

// What a job asks for when it does not say, capped to the largest worker (documented defaults).
inline constexpr int64_t kDefaultCpuMilli = 24'000;
inline constexpr int64_t kDefaultMemBytes = int64_t{67} << 30;
inline constexpr char kDefaultNamespace[] = "job-operator";
inline constexpr int kDefaultPriority = 299;  // smaller runs first; 0-99 is for administrators
inline constexpr int kMaxPriority = 399;

struct CompileSpec {
  std::string source;  // digest of the blob with the source folder
  std::string csl_main;
  std::vector<std::string> args;
};

struct LaunchSpec {
  std::string artifact;  // digest of the blob with the artifact
  bool simulator = false;
  std::string worker;  // by name: runs there or waits; empty: anywhere
};

struct JobResult {
  std::string artifact;  // digest; empty if there is none
  std::optional<int> exit_code;
};

struct Job {
  std::string id;        // "wsjob-" and 20 of [a-z0-9]
  std::string workflow;  // "wflow-" and 20 of [a-z0-9]
  JobKind kind = JobKind::kCompile;
  std::string name;
  std::string name_space;
  std::string user;
  std::map<std::string, std::string> labels;
  int priority = kDefaultPriority;
  Resources wanted;
  int64_t time_limit_ms = 0;  // of RUNNING; 0: none
  CompileSpec compile;        // of kCompile
  LaunchSpec launch;          // of kLaunch

  JobState state = JobState::kQueued;
  EndReason reason = EndReason::kNone;  // kNone while all is well
  std::string message;                  // a sentence for people
  JobResult result;

  int64_t sequence = 0;  // order of submission
  int64_t created_ms = 0;
  int64_t scheduled_ms = 0;  // 0: not yet
  int64_t started_ms = 0;
  int64_t finished_ms = 0;
  // The client renews this lease while it lives; past it the job ends. 0: no lease (automation
  // that polls).
  int64_t client_lease_until_ms = 0;
  std::string worker;          // name of the worker of the latest attempt
  std::string unprotected;     // what that worker lacks to protect or limit it; empty: nothing
  std::string request_digest;  // of what was submitted, beside its idempotency key
  int64_t attempt = 0;         // of the latest attempt; 0: none
};

struct Event {
  int64_t sequence = 0;  // grows over all jobs
  std::string job;
  int64_t time_ms = 0;
  std::string type;  // "state" or "note"
  std::optional<JobState> from;
  std::optional<JobState> to;
  std::string message;
};

enum class WorkerState { kReady, kDraining, kLost };
std::string_view WorkerStateText(WorkerState state);

struct Worker {
  std::string id;  // "worker-" and 12 of [a-z0-9]
  std::string name;
  Resources total;
  std::string endpoint;  // where the service reaches its sessions: "unix:PATH" or "HOST:PORT"
  std::string sandbox;   // what its sandbox can do, as the worker said it (JSON text)
  std::string version;
  int64_t lost_ms = 0;  // when it was lost; 0: it was not
  std::string missing;  // "sandbox", or limits of a job that it does not hold: names with commas
  WorkerState state = WorkerState::kReady;
  int64_t lease_until_ms = 0;
};

// One try of a job on a worker. The fence grows with every attempt of any job; a report with an
// older one is refused.
struct Attempt {
  int64_t id = 0;
  std::string job;
  std::string worker;  // id
  int64_t fence = 0;
  std::string secret;  // shared by service and worker, signs the tickets of the data plane
  bool is_live = true;
  bool cancel_wanted = false;
  std::string end_state;  // how the service wants a live attempt to end when it is cancelled
};

enum class Role { kAdmin, kUser, kWorker, kMonitor };
std::string_view RoleText(Role role);
StatusOr<Role> ParseRole(std::string_view text);

// Who asks. Made from a token by the one gate that every request passes.
struct Principal {
  Role role = Role::kUser;
  std::string user;
  std::vector<std::string> namespaces;  // "*": every one

  bool MaySee(std::string_view name_space) const;
};

// A command of a session. Written before it is sent on; never run twice.
enum class CommandState { kAccepted, kDispatched, kStarted, kExited, kLost };
std::string_view CommandStateText(CommandState state);
StatusOr<CommandState> ParseCommandState(std::string_view text);

struct Command {
  std::string job;
  int64_t index = 0;  // counts from 0 in its job
  std::string key;    // idempotency key of the request that made it
  std::string user;   // who made it
  std::string text;
  CommandState state = CommandState::kAccepted;
  std::optional<int> exit_code;
  std::string failure;  // one word, where a limit ended it or its end is not its own; see rest.md
  std::string message;
  int64_t created_ms = 0;
};

// "wsjob-" and 20 random letters and digits, and so on.
std::string NewId(std::string_view prefix, int length);

}  // namespace csl::appliance

#endif  // APPLIANCE_DOMAIN_JOB_H_
