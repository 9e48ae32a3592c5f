// SPDX-License-Identifier: Apache-2.0
// JobService: what can be done with jobs, workers and sessions, whoever asks over whatever wire.
//
// Every change of a job's state goes through one function, which checks it against the table of
// transitions and writes the event in the same transaction. A principal sees its namespaces alone:
// what lies in others does not exist for it (kNotFound). Thread safe; calls that wait hold no lock
// while they do, and return early when Stop is called.
#ifndef APPLIANCE_SERVICE_JOB_SERVICE_H_
#define APPLIANCE_SERVICE_JOB_SERVICE_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "appliance/domain/job.h"
#include "appliance/domain/quota.h"
#include "appliance/domain/store.h"
#include "appliance/domain/token.h"
#include "appliance/scheduler/scheduler.h"
#include "appliance/service/known_tokens.h"
#include "appliance/service/usage.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "base/status.h"

namespace csl::appliance {

struct ServiceOptions {
  // A worker whose latest poll began this long ago is lost; it ends its own jobs a third earlier.
  int64_t worker_lease_ms = 15'000;
  // A client's lease, unless it asks for another: a SIGKILLed client's job goes after this.
  int64_t client_lease_ms = 60'000;
  int64_t max_client_lease_ms = 24 * 3600 * 1000;
  // A compile whose worker is lost this often is not tried again.
  int max_compile_attempts = 3;
  // What a job gets that does not say.
  Resources defaults{kDefaultCpuMilli, kDefaultMemBytes, 0};
  size_t max_jobs_each = 20'000;         // that wait or run, of one user
  size_t max_job_bytes_each = 64 << 20;  // of what these say
};

struct JobRequest {
  JobKind kind = JobKind::kCompile;
  std::string name;
  std::string name_space = kDefaultNamespace;
  std::string user;
  std::map<std::string, std::string> labels;
  int priority = kDefaultPriority;
  Resources wanted;  // 0: the default
  int64_t time_limit_ms = 0;
  bool client_lease = true;  // ends the job when its client stops renewing
  CompileSpec compile;
  LaunchSpec launch;
};

// A job with what only the scheduler knows about it.
struct JobView {
  Job job;
  int position = 0;                  // in the queue, from 1; 0: not queued
  std::string waits_for;             // a sentence; empty: not queued
  std::optional<int64_t> starts_ms;  // of a queued one, at the latest; nothing: not known
};

struct DryRun {
  bool fits = false;
  std::vector<std::string> limits;  // that fail: fields of a request, or "jobs", the user's quota
  std::string message;              // why it would be refused
  std::string worker;               // id; empty: it would wait
  JobView view;                     // of the job as it would be
};

// A worker with what is used of it, now or by jobs that are about to start.
struct WorkerLoad {
  Worker worker;
  Resources used;
  int64_t jobs = 0;
};

struct ClusterView {
  std::vector<WorkerLoad> workers;   // those that were lost not long ago, too
  std::map<JobState, int64_t> jobs;  // that have not ended
};

struct AssignedAttempt {
  Attempt attempt;
  Job job;
};

struct PollReply {
  std::vector<AssignedAttempt> assignments;  // not yet taken by the worker
  std::vector<int64_t> cancel;  // attempts to end: their owner wants it, or they are stale
  bool is_over = false;         // a later poll took its place, or the service ends

  bool HasNews() const { return is_over || !assignments.empty() || !cancel.empty(); }
};

struct Report {
  int64_t attempt = 0;
  int64_t fence = 0;
  JobState to = JobState::kStarting;
  EndReason reason = EndReason::kNone;
  std::string message;
  JobResult result;
};

struct QuotaView {
  QuotaSubject subject;
  Quota quota;
  Amounts used;
};

struct Statistics {
  std::map<JobState, int64_t> jobs;        // all that are known
  std::map<WorkerState, int64_t> workers;  // each name once
  Resources total;                         // of workers that are not lost
  Resources used;                          // of jobs on them
  // From submission to the first assignment, of jobs since this process began.
  Histogram queue_wait_seconds{{0.01, 0.1, 1, 10, 60, 300, 1800, 7200, 86400}};
};

// A token that was just made. Its text is in no other place.
struct NewToken {
  std::string text;
  Token token;
};

// Where a running session's files and commands are.
struct SessionRoute {
  std::string endpoint;
  int64_t attempt = 0;
  std::string ticket;  // proves to the worker that the service sent the request
  bool has_ended = false;
  std::string worker;  // its name
};

class JobService {
 public:
  JobService(Store& store, const Clock& clock, ServiceOptions options = {});

  // Told the channels on which something may be new, after every change: "job:ID", "worker:ID", or
  // kTokensChannel when a token's time is over.
  // Set before the first request; called with the lock held, so that it must not call back.
  void OnChange(std::function<void(const std::string& channel)> callback) {
    on_change_ = std::move(callback);
  }
  static std::string JobChannel(const std::string& job) { return "job:" + job; }
  static std::string WorkerChannel(const std::string& worker) { return "worker:" + worker; }
  static constexpr char kTokensChannel[] = "tokens";
  static constexpr char kEventsChannel[] = "events";  // something happened to any job

  // The one gate: who holds this token. kUnauthenticated for none that is known. Waits for nobody:
  // strangers' tokens cost the database nothing.
  StatusOr<Principal> Authenticate(const std::string& token);
  // A new token for `principal`, good for `expires_s` seconds of the wall clock; 0: for ever. Only
  // an administrator may make, list and revoke tokens.
  StatusOr<NewToken> CreateToken(const Principal& who, const Principal& principal,
                                 int64_t expires_s = 0);
  static std::string NewTokenText();
  // All that there ever were, oldest first.
  StatusOr<std::vector<Token>> Tokens(const Principal& who) const;
  // From now on it opens nothing. Revoking it again changes nothing.
  StatusOr<Token> RevokeToken(const Principal& who, const std::string& id);
  // Makes a token known that was made elsewhere (the embedded service's own).
  // kFailedPrecondition: it was revoked.
  Status AdmitToken(const std::string& token, const Principal& principal);

  // Blobs: what a namespace uploaded or its jobs made is its own; for others it does not exist.
  Status AddBlob(const Principal& who, const std::string& name_space, const std::string& digest,
                 uint64_t size_bytes);
  // The same for what a job has made, which no quota refuses.
  Status AddResult(const Principal& owner, const std::string& name_space, const std::string& digest,
                   uint64_t size_bytes);
  // kResourceExhausted: the blob would be refused.
  Status CheckBlobRoom(const Principal& who, const std::string& name_space,
                       const std::string& digest, uint64_t size_bytes);
  StatusOr<bool> MayReadBlob(const Principal& who, const std::string& digest);

  // Quotas. A job that would break one waits; one that could never run, and a blob, are refused.
  // Those that `who` may know: an administrator all, a user its own and its namespaces'.
  StatusOr<std::vector<QuotaView>> ListQuotas(const Principal& who);
  // In place of the one before; an empty one removes it. Administrators only.
  Status SetQuota(const Principal& who, const QuotaSubject& subject, const Quota& quota);

  // Clients.
  StatusOr<JobView> Submit(const Principal& who, const JobRequest& request,
                           const std::string& idempotency_key);
  // What Submit would do now; nothing is stored. What is wrong with the request is an error as
  // there; what does not fit is an answer.
  StatusOr<DryRun> TrySubmit(const Principal& who, const JobRequest& request);
  StatusOr<JobView> Get(const Principal& who, const std::string& id);
  // Only the job's user and administrators may change these. A priority is a waiting job's.
  StatusOr<JobView> SetPriority(const Principal& who, const std::string& id, int priority);
  StatusOr<JobView> SetLabels(const Principal& who, const std::string& id,
                              const std::map<std::string, std::string>& set,
                              const std::vector<std::string>& remove);
  StatusOr<std::vector<JobView>> List(const Principal& who, JobFilter filter);
  Status Cancel(const Principal& who, const std::string& id, const std::string& by);
  Status RenewClientLease(const Principal& who, const std::string& id, int64_t ttl_ms);
  // The client is done with its session.
  Status Finish(const Principal& who, const std::string& id, bool succeeded,
                const std::string& message);
  // Events after `sequence`, kMaxEvents at most, waiting up to wait_ms for the first.
  static constexpr int kMaxEvents = 1000;
  StatusOr<std::vector<Event>> WaitEvents(const Principal& who, const std::string& id,
                                          int64_t sequence, int64_t wait_ms);
  // Those of all jobs that `who` may see.
  StatusOr<std::vector<Event>> AllEvents(const Principal& who, int64_t sequence);
  StatusOr<int64_t> LastEvent();
  // kFailedPrecondition while the job does not run; to read, also where it has ended and its worker
  // is still there, which keeps a session's files for a while.
  StatusOr<SessionRoute> RouteToSession(const Principal& who, const std::string& id,
                                        bool only_to_read = false);

  // Commands of a session. The record is durable before anybody learns of it, with what became of
  // the command if that comes at once; and before it is sent on it is written, so that it outlives
  // this process. A key that is known gives its record and false.
  StatusOr<std::pair<Command, bool>> AcceptCommand(const Principal& who, const std::string& job,
                                                   const std::string& key, const std::string& text);
  StatusOr<Command> GetCommand(const Principal& who, const std::string& job, int64_t index);
  // The same for this process alone: it may not be durable yet.
  StatusOr<Command> PeekCommand(const Principal& who, const std::string& job, int64_t index);
  Status SetCommand(const Command& command);

  // Workers. A worker's token is for the worker whose name it bears as its user: another one's id
  // or attempt does not exist for it.
  StatusOr<Worker> Register(const Principal& who, Worker worker);
  // Waits up to wait_ms on the caller's thread.
  StatusOr<PollReply> Poll(const Principal& who, const std::string& worker,
                           const std::vector<int64_t>& running, int64_t wait_ms);
  // The same in steps: the first renews the lease and gives the poll's number, which the later ones
  // name. An empty reply whose poll is not over means: nothing yet, look again on WorkerChannel.
  StatusOr<PollReply> PollStep(const Principal& who, const std::string& worker,
                               const std::vector<int64_t>& running, uint64_t& turn);
  // The worker has ended all it ran and goes.
  Status Leave(const Principal& who, const std::string& worker);
  // kAborted: the fence is old, the worker must end what it runs for this attempt.
  Status Accept(const Principal& who, const Report& report);
  // Whether `ticket` is the one of this attempt, which only its worker was given: attempts are
  // numbered, and a worker must not reach another one's by counting. kNotFound if it is not.
  Status CheckTicket(int64_t attempt, const std::string& ticket);
  // The job of a live attempt, for what its worker may read and write.
  StatusOr<Job> JobOfAttempt(const Principal& who, int64_t attempt, int64_t fence);
  StatusOr<std::vector<Worker>> Workers(const Principal& who);
  StatusOr<ClusterView> Cluster(const Principal& who);
  Status SetDraining(const Principal& who, const std::string& worker, bool draining);

  // Forgets jobs that ended before this, `limit` of them at most, with all that is their own, and
  // workers that were lost before and had none of those left; the ids of the jobs.
  StatusOr<std::vector<std::string>> ForgetJobs(int64_t ended_before_ms, int limit);
  // Of these blobs those that no job knows: they belong to nobody any more, and `remove` is called
  // for each, while no job can be submitted that would want it.
  Status ForgetBlobs(const std::vector<std::string>& digests,
                     const std::function<void(const std::string&)>& remove);
  StatusOr<bool> KnowsJob(const std::string& id);

  // Ends what ran out of time and starts what now fits; call it about once a second.
  Status Tick();
  // Plans if something has ended that a long queue left no time to plan for; cheap if not.
  Status PlanIfDue();
  // Wakes everybody who waits.
  void Stop();
  int64_t ActiveJobCount();
  // Since it began.
  int64_t PlansMade();
  // Workers whose latest poll is younger than their lease.
  StatusOr<int64_t> PollingWorkers();
  StatusOr<Statistics> GetStatistics();
  const ServiceOptions& options() const { return options_; }

 private:
  // Held while a call looks and writes. When it goes, all that the call saw or wrote is durable:
  // nobody learns of what a machine's end could take back. Others work while the disk does.
  class Lock : public std::unique_lock<std::mutex> {
   public:
    Lock(std::mutex& mutex, Store& store) : unique_lock(mutex), store_(&store) {}
    ~Lock() {
      const int64_t mark = store_->WriteMark();
      unlock();
      if (awaits_disk_) store_->AwaitDurable(mark);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    void LeaveForLater() { awaits_disk_ = false; }

   private:
    Store* store_;
    bool awaits_disk_ = true;
  };

  // All of these want the lock held.
  StatusOr<Job> Find(const Principal& who, const std::string& id);
  StatusOr<Command> CommandOf(const Principal& who, const std::string& id, int64_t index);
  Status Transition(Job& job, JobState to, EndReason reason, const std::string& message);
  enum class Tell { kItsWorker, kNobody };
  Status EndAttempt(int64_t attempt, Tell whom = Tell::kItsWorker);
  Status RequestEnd(Job& job, JobState end, EndReason reason, const std::string& message);
  Status LoseAttempt(const Attempt& attempt, const std::string& why);
  Status LoseWorker(Worker worker, const std::string& why);
  Status RenewLeases();
  // Finds tokens whose time is over, and writes now and then which were used.
  Status MaintainTokens();
  Status RecordTokenUse();
  Status ExpireClients();
  Status ExpireWorkers();
  Status Schedule();
  Status StartOrQueue(const Job& job);
  Status Assign(const std::string& job, const std::string& worker);
  bool has_plan() const { return planned_ms_ != 0; }
  bool MayPlanAgain() const;
  StatusOr<Snapshot> TakeRooms();
  Status TakeAway(std::vector<WorkerRoom>& rooms);
  StatusOr<Snapshot> TakeSnapshot();
  Status FillInDefaults(Snapshot& snapshot);
  using HeldJobs = std::vector<std::pair<std::string, std::string>>;  // id, and why
  StatusOr<HeldJobs> HoldByQuotas(Snapshot& snapshot);
  // Why a job must wait for others of its namespace or user to end; empty: it need not.
  StatusOr<std::string> WhyHeld(const Job& job);
  // At the end of the plan's queue, where it is not looked at.
  void Hold(const std::string& id, const std::string& why);
  Status CheckQuotas(const Job& job);
  Status CheckBlobQuotas(const Principal& who, const std::string& name_space,
                         const std::string& digest, int64_t size_bytes);
  StatusOr<std::map<QuotaSubject, Amounts>> UsedByRunning();
  static bool IsFor(const QuotaSubject& subject, const std::string& name_space,
                    const std::string& user);
  StatusOr<PollReply> LookForNews(const Principal& who, const std::string& id,
                                  const std::vector<int64_t>& running, uint64_t& turn);
  StatusOr<Worker> OwnWorker(const Principal& who, const std::string& id);
  // The SteadyMs at which the worker counts as lost unless it polls again.
  int64_t LeaseUntil(const Worker& worker) const;
  StatusOr<PollReply> PendingFor(const Worker& worker, const std::vector<int64_t>& running);
  Status EndForgotten(const Worker& worker, const std::vector<int64_t>& running);
  StatusOr<Attempt> LiveAttempt(int64_t attempt, int64_t fence);
  StatusOr<Job> FindOwn(const Principal& who, const std::string& id);
  Status CheckRequest(const Principal& who, const JobRequest& request, bool needs_blob = true);
  Job NewJob(const JobRequest& request, const std::string& user, const std::string& digest) const;
  JobView View(const Principal& who, Job job) const;
  void Describe(const Principal& who, const Plan& plan, const Waiting& waiting,
                JobView& view) const;
  std::string WhoIsBefore(const Principal& who, const Plan& plan, int position) const;
  static WaitingJob AsWaiting(const Job& job);
  // The jobs that have not ended, as the store has them.
  using ActiveJobs = std::map<std::string, Job>;
  StatusOr<const ActiveJobs*> Active();
  Status Insert(Job& job, const std::string& idempotency_key);
  Status Update(const Job& job);
  StatusOr<std::optional<Job>> JobById(const std::string& id);
  void Touch(const std::string& channel) { touched_.insert(channel); }
  void NotifyTouched();
  // Whether a change lets waiting jobs start: not; when there is time, since it frees room; at
  // once, since it changes which workers there are.
  enum class Planning { kNo, kSoon, kNow };
  // Runs body in a transaction, then schedules if asked and wakes waiters.
  Status Transact(Planning planning, const std::function<Status()>& body);

  Store& store_;
  const Clock& clock_;
  const ServiceOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::function<void(const std::string&)> on_change_;
  std::set<std::string> touched_;  // channels, since the last change was told
  // Read from the store once and kept in step with it: a queue may be long.
  std::optional<ActiveJobs> active_;
  KnownTokens tokens_;
  Quotas quotas_;
  std::map<std::string, std::string> held_;  // jobs that wait for a quota, and why
  int64_t recorded_use_ms_ = 0;
  Histogram queue_wait_seconds_ = Statistics().queue_wait_seconds;
  std::map<std::string, uint64_t> poll_turns_;  // by worker: the number of its latest poll
  // By worker; each poll renews one. Not stored: a service that starts renews all leases.
  std::map<std::string, int64_t> worker_leases_;
  // By worker: attempts whose end it reported but that its latest poll still listed as running.
  std::map<std::string, std::set<int64_t>> reported_ends_;
  Plan plan_;                            // of the latest scheduling, for positions and reasons
  std::vector<WorkerRoom> known_rooms_;  // of the latest scheduling, drained ones too
  int64_t planned_ms_ = 0;               // 0: never
  int64_t plan_took_ms_ = 0;
  int64_t plans_made_ = 0;
  bool must_plan_ = false;
  bool has_assigned_ = false;  // in the change that is being made
  Usage usage_;
  bool must_renew_leases_ = false;  // those that the process before this one gave
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVICE_JOB_SERVICE_H_
