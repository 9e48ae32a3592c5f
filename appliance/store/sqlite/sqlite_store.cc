// SPDX-License-Identifier: Apache-2.0
#include "appliance/store/sqlite/sqlite_store.h"

#include "appliance/store/sqlite/database.h"
#include "appliance/store/sqlite/group_sync.h"
#include "appliance/store/sqlite/migrate.h"
#include "appliance/store/sqlite/rows.h"

namespace csl::appliance {
namespace {

class SqliteStore : public Store {
 public:
  SqliteStore(std::unique_ptr<Database> db, const std::filesystem::path& path)
      : db_(std::move(db)), sync_(path.string() + "-wal") {}

  int64_t WriteMark() override {
    const int64_t mark = db_->AllChangedRows();
    sync_.Wrote(mark);
    return mark;
  }
  void AwaitDurable(int64_t mark) override { sync_.Await(mark); }

  Status InTransaction(const std::function<Status()>& body) override {
    RETURN_IF_ERROR(db_->Do("BEGIN IMMEDIATE"));
    Status status = body();
    if (status.ok()) status = db_->Do("COMMIT");
    if (!status.ok()) (void)db_->Do("ROLLBACK");
    return status;
  }

  Status InsertJob(Job& job, std::string_view idempotency_key) override {
    RETURN_IF_ERROR(rows::InsertJob(*db_, job, idempotency_key));
    job.sequence = db_->LastRowId();
    return OkStatus();
  }
  Status UpdateJob(const Job& job) override { return rows::UpdateJob(*db_, job); }
  StatusOr<std::optional<Job>> GetJob(std::string_view id) override {
    return rows::OneJob(*db_, "WHERE id = ?1", {SqlText(id)});
  }
  StatusOr<std::optional<Job>> FindJobByKey(std::string_view name_space,
                                            std::string_view key) override {
    return rows::OneJob(*db_, "WHERE namespace = ?1 AND idempotency_key = ?2",
                        {SqlText(name_space), SqlText(key)});
  }
  StatusOr<std::vector<Job>> ListJobs(const JobFilter& filter) override {
    return rows::ListJobs(*db_, filter);
  }
  StatusOr<std::vector<Job>> ActiveJobs() override { return rows::ActiveJobs(*db_); }
  StatusOr<std::vector<PastUse>> UsesSince(int64_t finished_after_ms) override {
    return rows::UsesSince(*db_, finished_after_ms);
  }

  StatusOr<std::vector<std::string>> JobsEndedBefore(int64_t ms, int limit) override {
    return rows::JobsEndedBefore(*db_, ms, limit);
  }
  Status ForgetJob(std::string_view id) override { return rows::ForgetJob(*db_, id); }
  StatusOr<std::map<JobState, int64_t>> CountJobs() override { return rows::CountJobs(*db_); }

  Status AppendEvent(Event& event) override {
    RETURN_IF_ERROR(rows::InsertEvent(*db_, event));
    event.sequence = db_->LastRowId();
    return OkStatus();
  }
  StatusOr<std::vector<Event>> EventsAfter(std::string_view job, int64_t sequence,
                                           int limit) override {
    return rows::EventsAfter(*db_, job, sequence, limit);
  }

  StatusOr<std::vector<Event>> AllEventsAfter(const std::vector<std::string>& namespaces,
                                              int64_t sequence, int limit) override {
    return rows::AllEventsAfter(*db_, namespaces, sequence, limit);
  }
  StatusOr<int64_t> LastEvent() override { return rows::LastEvent(*db_); }

  Status PutWorker(const Worker& worker) override { return rows::PutWorker(*db_, worker); }
  StatusOr<std::optional<Worker>> GetWorker(std::string_view id) override {
    return rows::GetWorker(*db_, id);
  }
  StatusOr<std::vector<Worker>> ListWorkers() override { return rows::ListWorkers(*db_); }
  Status ForgetLostWorkers(int64_t lost_before_ms) override {
    return db_->Do(
        "DELETE FROM workers WHERE state = ? AND lost_ms < ? AND NOT EXISTS "
        "(SELECT 1 FROM attempts WHERE attempts.worker = workers.id)",
        {static_cast<int64_t>(WorkerState::kLost), lost_before_ms});
  }
  Status SetDrained(std::string_view name, bool drained) override {
    return db_->Do(drained ? "INSERT OR IGNORE INTO drained_workers VALUES (?)"
                           : "DELETE FROM drained_workers WHERE name = ?",
                   {SqlText(name)});
  }
  StatusOr<bool> IsDrained(std::string_view name) override {
    ASSIGN_OR_RETURN(Query query,
                     db_->Run("SELECT 1 FROM drained_workers WHERE name = ?", {SqlText(name)}));
    return query.Step();
  }

  Status InsertAttempt(Attempt& attempt) override {
    RETURN_IF_ERROR(rows::InsertAttempt(*db_, attempt));
    attempt.id = attempt.fence = db_->LastRowId();
    return OkStatus();
  }
  Status UpdateAttempt(const Attempt& attempt) override {
    return rows::UpdateAttempt(*db_, attempt);
  }
  StatusOr<std::optional<Attempt>> GetAttempt(int64_t id) override {
    return rows::GetAttempt(*db_, id);
  }
  StatusOr<std::vector<Attempt>> LiveAttempts() override { return rows::LiveAttempts(*db_); }

  Status PutToken(std::string_view hash, const Token& token) override {
    return rows::PutToken(*db_, hash, token);
  }
  StatusOr<std::map<std::string, Token>> AllTokens() override { return rows::AllTokens(*db_); }

  Status AddBlobReference(std::string_view digest, std::string_view name_space, int64_t size_bytes,
                          std::string_view user) override {
    return db_->Do(
        "INSERT OR IGNORE INTO blob_references (digest, namespace, size_bytes, user) VALUES "
        "(?, ?, ?, ?)",
        {SqlText(digest), SqlText(name_space), size_bytes, SqlText(user)});
  }
  StatusOr<int64_t> BlobBytes(const QuotaSubject& subject) override {
    return rows::BlobBytes(*db_, subject);
  }

  Status PutQuota(const QuotaSubject& subject, const Quota& quota) override {
    return rows::PutQuota(*db_, subject, quota);
  }
  StatusOr<Quotas> AllQuotas() override { return rows::AllQuotas(*db_); }
  StatusOr<bool> HasBlobReference(std::string_view digest,
                                  const std::vector<std::string>& namespaces) override {
    return rows::HasBlobReference(*db_, digest, namespaces);
  }

  StatusOr<std::set<std::string>> BlobsOfJobs() override { return rows::BlobsOfJobs(*db_); }
  Status DropBlobReferences(std::string_view digest) override {
    return db_->Do("DELETE FROM blob_references WHERE digest = ?", {SqlText(digest)});
  }

  Status InsertCommand(Command& command) override { return rows::InsertCommand(*db_, command); }
  Status UpdateCommand(const Command& command) override {
    return rows::UpdateCommand(*db_, command);
  }
  StatusOr<std::optional<Command>> GetCommand(std::string_view job, int64_t index) override {
    return rows::OneCommand(*db_, "WHERE job = ?1 AND number = ?2", {SqlText(job), index});
  }
  StatusOr<std::optional<Command>> FindCommandByKey(std::string_view job,
                                                    std::string_view key) override {
    return rows::OneCommand(*db_, "WHERE job = ?1 AND key = ?2", {SqlText(job), SqlText(key)});
  }
  StatusOr<std::vector<Command>> ListCommands(std::string_view job) override {
    return rows::ListCommands(*db_, job);
  }

 private:
  std::unique_ptr<Database> db_;
  GroupSync sync_;
};

}  // namespace

Status BackUpDatabase(const std::filesystem::path& path, const std::filesystem::path& to) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return NotFound("there is no database '" + path.string() + "'");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> db, Database::Open(path));
  return db->Do("VACUUM INTO ?", {to.string()});
}

StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<Database> db, Database::Open(path));
  RETURN_IF_ERROR(Migrate(*db));
  // From here on a commit does not wait for the disk: AwaitDurable does, for many at once.
  RETURN_IF_ERROR(db->Script("PRAGMA synchronous = NORMAL;"));
  auto store = std::make_unique<SqliteStore>(std::move(db), path);
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace csl::appliance
