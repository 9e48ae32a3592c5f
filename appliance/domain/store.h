// SPDX-License-Identifier: Apache-2.0
// Store: where the service keeps what must survive it. One implementation is SQLite
// (appliance/store/sqlite).
//
// Not thread safe: the service calls it under its own lock. Changes become durable when the
// outermost InTransaction returns ok; outside of one, each call is its own transaction. Getters
// return nullopt for what does not exist and a Status only when the store itself fails.
#ifndef APPLIANCE_DOMAIN_STORE_H_
#define APPLIANCE_DOMAIN_STORE_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/domain/job.h"
#include "appliance/domain/quota.h"
#include "appliance/domain/token.h"
#include "base/status.h"

namespace csl::appliance {

struct JobFilter {
  std::vector<std::string> namespaces;  // "*" for all
  bool only_active = false;
  std::vector<JobState> states;  // empty: any
  int64_t before_sequence = 0;   // 0: from the newest
  int limit = 100;
};

// What a job that has ended took of the cluster.
struct PastUse {
  std::string name_space;
  int64_t cpu_milli = 0;
  int64_t from_ms = 0;
  int64_t to_ms = 0;
};

// What is written outlives the process at once, and the machine's end when AwaitDurable of a mark
// that was taken afterwards has returned. Calls are for one thread at a time, but for AwaitDurable.
class Store {
 public:
  virtual ~Store() = default;

  // A number for all that has been written up to now.
  virtual int64_t WriteMark() = 0;
  // Returns when all of that is durable. Any thread.
  virtual void AwaitDurable(int64_t mark) = 0;

  // Runs `body` and keeps all of its changes, or none when it returns an error. Not nested.
  virtual Status InTransaction(const std::function<Status()>& body) = 0;

  // Jobs. InsertJob fills in the sequence. A key is unique in its namespace; empty: none.
  virtual Status InsertJob(Job& job, std::string_view idempotency_key) = 0;
  virtual Status UpdateJob(const Job& job) = 0;
  virtual StatusOr<std::optional<Job>> GetJob(std::string_view id) = 0;
  virtual StatusOr<std::optional<Job>> FindJobByKey(std::string_view name_space,
                                                    std::string_view idempotency_key) = 0;
  virtual StatusOr<std::vector<Job>> ListJobs(const JobFilter& filter) = 0;  // newest first
  virtual StatusOr<std::vector<Job>> ActiveJobs() = 0;                       // oldest first
  virtual StatusOr<std::map<JobState, int64_t>> CountJobs() = 0;  // those there are none of absent
  // Jobs that a worker had and that ended after this, in the order of their ends.
  virtual StatusOr<std::vector<PastUse>> UsesSince(int64_t finished_after_ms) = 0;

  // Jobs that ended before this, the first to end first; and forgetting one with all that is its
  // own: events, attempts, commands.
  virtual StatusOr<std::vector<std::string>> JobsEndedBefore(int64_t ms, int limit) = 0;
  virtual Status ForgetJob(std::string_view id) = 0;

  // Events. AppendEvent fills in the sequence.
  virtual Status AppendEvent(Event& event) = 0;
  virtual StatusOr<std::vector<Event>> EventsAfter(std::string_view job, int64_t sequence,
                                                   int limit) = 0;
  // Of all jobs of these namespaces; "*" for all.
  virtual StatusOr<std::vector<Event>> AllEventsAfter(const std::vector<std::string>& namespaces,
                                                      int64_t sequence, int limit) = 0;
  virtual StatusOr<int64_t> LastEvent() = 0;  // its sequence; 0: there is none

  virtual Status PutWorker(const Worker& worker) = 0;
  virtual StatusOr<std::optional<Worker>> GetWorker(std::string_view id) = 0;
  virtual StatusOr<std::vector<Worker>> ListWorkers() = 0;
  // Those that were lost before this and that no job had that is still known.
  virtual Status ForgetLostWorkers(int64_t lost_before_ms) = 0;
  // By name: workers that get nothing new, whether they are there or not.
  virtual Status SetDrained(std::string_view name, bool drained) = 0;
  virtual StatusOr<bool> IsDrained(std::string_view name) = 0;

  // Attempts. InsertAttempt fills in id and fence.
  virtual Status InsertAttempt(Attempt& attempt) = 0;
  virtual Status UpdateAttempt(const Attempt& attempt) = 0;
  virtual StatusOr<std::optional<Attempt>> GetAttempt(int64_t id) = 0;
  virtual StatusOr<std::vector<Attempt>> LiveAttempts() = 0;

  // Tokens are kept as the SHA-256 of their text. PutToken adds one, or replaces what is known of
  // it.
  virtual Status PutToken(std::string_view hash, const Token& token) = 0;
  virtual StatusOr<std::map<std::string, Token>> AllTokens() = 0;  // by hash

  // Blobs: a namespace may read what it uploaded or what its jobs made.
  virtual Status AddBlobReference(std::string_view digest, std::string_view name_space,
                                  int64_t size_bytes, std::string_view user) = 0;
  virtual StatusOr<bool> HasBlobReference(std::string_view digest,
                                          const std::vector<std::string>& namespaces) = 0;

  // The digests that jobs were given or have made.
  virtual StatusOr<std::set<std::string>> BlobsOfJobs() = 0;
  virtual Status DropBlobReferences(std::string_view digest) = 0;
  // The bytes of all that a namespace may read, or that a user brought.
  virtual StatusOr<int64_t> BlobBytes(const QuotaSubject& subject) = 0;

  // Quotas. An empty one is none.
  virtual Status PutQuota(const QuotaSubject& subject, const Quota& quota) = 0;
  virtual StatusOr<Quotas> AllQuotas() = 0;

  // Commands of a session. InsertCommand fills in the index.
  virtual Status InsertCommand(Command& command) = 0;
  virtual Status UpdateCommand(const Command& command) = 0;
  virtual StatusOr<std::optional<Command>> GetCommand(std::string_view job, int64_t index) = 0;
  virtual StatusOr<std::optional<Command>> FindCommandByKey(std::string_view job,
                                                            std::string_view key) = 0;
  virtual StatusOr<std::vector<Command>> ListCommands(std::string_view job) = 0;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_DOMAIN_STORE_H_
