// SPDX-License-Identifier: Apache-2.0
// The statements: each value of the domain to and from its row. Prepared statements only; what
// comes from outside is always bound.
#ifndef APPLIANCE_STORE_SQLITE_ROWS_H_
#define APPLIANCE_STORE_SQLITE_ROWS_H_

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/domain/store.h"
#include "appliance/store/sqlite/database.h"

namespace csl::appliance::rows {

Status InsertJob(Database& db, const Job& job, std::string_view idempotency_key);
Status UpdateJob(Database& db, const Job& job);
StatusOr<std::optional<Job>> OneJob(Database& db, const std::string& where,
                                    std::initializer_list<SqlValue> values);
StatusOr<std::vector<Job>> ListJobs(Database& db, const JobFilter& filter);
StatusOr<std::vector<Job>> ActiveJobs(Database& db);
StatusOr<std::vector<PastUse>> UsesSince(Database& db, int64_t finished_after_ms);

StatusOr<std::vector<std::string>> JobsEndedBefore(Database& db, int64_t ms, int limit);
Status ForgetJob(Database& db, std::string_view id);
StatusOr<std::set<std::string>> BlobsOfJobs(Database& db);
StatusOr<std::map<JobState, int64_t>> CountJobs(Database& db);

Status InsertEvent(Database& db, const Event& event);
StatusOr<std::vector<Event>> EventsAfter(Database& db, std::string_view job, int64_t sequence,
                                         int limit);

StatusOr<std::vector<Event>> AllEventsAfter(Database& db,
                                            const std::vector<std::string>& namespaces,
                                            int64_t sequence, int limit);
StatusOr<int64_t> LastEvent(Database& db);

Status PutWorker(Database& db, const Worker& worker);
StatusOr<std::optional<Worker>> GetWorker(Database& db, std::string_view id);
StatusOr<std::vector<Worker>> ListWorkers(Database& db);

Status InsertAttempt(Database& db, const Attempt& attempt);
Status UpdateAttempt(Database& db, const Attempt& attempt);
StatusOr<std::optional<Attempt>> GetAttempt(Database& db, int64_t id);
StatusOr<std::vector<Attempt>> LiveAttempts(Database& db);

Status PutToken(Database& db, std::string_view hash, const Token& token);
StatusOr<std::map<std::string, Token>> AllTokens(Database& db);
StatusOr<bool> HasBlobReference(Database& db, std::string_view digest,
                                const std::vector<std::string>& namespaces);

StatusOr<int64_t> BlobBytes(Database& db, const QuotaSubject& subject);

Status PutQuota(Database& db, const QuotaSubject& subject, const Quota& quota);
StatusOr<Quotas> AllQuotas(Database& db);

Status InsertCommand(Database& db, Command& command);
Status UpdateCommand(Database& db, const Command& command);
StatusOr<std::optional<Command>> OneCommand(Database& db, const std::string& where,
                                            std::initializer_list<SqlValue> values);
StatusOr<std::vector<Command>> ListCommands(Database& db, std::string_view job);

}  // namespace csl::appliance::rows

#endif  // APPLIANCE_STORE_SQLITE_ROWS_H_
