// SPDX-License-Identifier: Apache-2.0
#include "appliance/store/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>

namespace csl::appliance {
namespace {

class SqliteStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(::testing::TempDir()) /
            (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".db");
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(path_.string() + suffix);
    }
    Reopen();
  }
  void Reopen() {
    store_.reset();
    auto opened = OpenSqliteStore(path_);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    store_ = std::move(opened).value();
  }
  Job NewJob(const std::string& name_space = "team-a") {
    Job job;
    job.id = NewId("wsjob-", 20);
    job.workflow = NewId("wflow-", 20);
    job.name_space = name_space;
    job.user = "u";
    job.labels = {{"k", "v"}};
    job.wanted = {1000, 1 << 20, 0};
    job.compile = {"abc", "layout.csl", {"-o", "a b"}};
    return job;
  }

  std::filesystem::path path_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStoreTest, AJobSurvivesTheProcess) {
  Job job = NewJob();
  ASSERT_TRUE(store_->InsertJob(job, "key").ok());
  job.state = JobState::kScheduled;
  job.result = {"digest", 3};
  ASSERT_TRUE(store_->UpdateJob(job).ok());
  Reopen();
  const auto found = *store_->GetJob(job.id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->state, JobState::kScheduled);
  EXPECT_EQ(found->compile.args, (std::vector<std::string>{"-o", "a b"}));
  EXPECT_EQ(found->labels.at("k"), "v");
  EXPECT_EQ(found->result.exit_code, 3);
  EXPECT_EQ((*store_->FindJobByKey("team-a", "key"))->id, job.id);
  EXPECT_FALSE((*store_->FindJobByKey("team-b", "key")).has_value());
}

TEST_F(SqliteStoreTest, AKeyNamesOneJobOfItsNamespace) {
  Job one = NewJob();
  Job two = NewJob();
  Job other = NewJob("team-b");
  ASSERT_TRUE(store_->InsertJob(one, "key").ok());
  EXPECT_EQ(store_->InsertJob(two, "key").code(), StatusCode::kAlreadyExists);
  EXPECT_TRUE(store_->InsertJob(other, "key").ok());
  EXPECT_TRUE(store_->InsertJob(two, "").ok());
}

TEST_F(SqliteStoreTest, AFailedTransactionLeavesNothing) {
  Job job = NewJob();
  const Status status = store_->InTransaction([&] {
    RETURN_IF_ERROR(store_->InsertJob(job, ""));
    return Aborted("no");
  });
  EXPECT_EQ(status, Aborted("no"));
  EXPECT_FALSE((*store_->GetJob(job.id)).has_value());
}

TEST_F(SqliteStoreTest, ListsByNamespaceNewestFirstInPages) {
  Job a1 = NewJob("team-a");
  Job b = NewJob("team-b");
  Job a2 = NewJob("team-a");
  for (Job* job : {&a1, &b, &a2}) ASSERT_TRUE(store_->InsertJob(*job, "").ok());
  const auto page = *store_->ListJobs({.namespaces = {"team-a"}, .limit = 1});
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].id, a2.id);
  const auto rest =
      *store_->ListJobs({.namespaces = {"team-a"}, .before_sequence = page[0].sequence});
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].id, a1.id);
  EXPECT_EQ(store_->ListJobs({.namespaces = {"*"}})->size(), 3u);
  EXPECT_EQ(store_->ListJobs({.namespaces = {"team-a' OR 1=1 --"}})->size(), 0u);
}

TEST_F(SqliteStoreTest, ActiveJobsAreThoseWithoutAnEnd) {
  Job open = NewJob();
  Job ended = NewJob();
  ended.state = JobState::kCancelled;
  ASSERT_TRUE(store_->InsertJob(open, "").ok());
  ASSERT_TRUE(store_->InsertJob(ended, "").ok());
  const auto active = *store_->ActiveJobs();
  ASSERT_EQ(active.size(), 1u);
  EXPECT_EQ(active[0].id, open.id);
  EXPECT_EQ(store_->ListJobs({.namespaces = {"*"}, .states = {JobState::kCancelled}})->size(), 1u);
}

TEST_F(SqliteStoreTest, EventsContinueAfterASequence) {
  Job job = NewJob();
  ASSERT_TRUE(store_->InsertJob(job, "").ok());
  Event first{0, job.id, 1, "state", {}, JobState::kQueued, "accepted"};
  Event second{0, job.id, 2, "state", JobState::kQueued, JobState::kScheduled, ""};
  ASSERT_TRUE(store_->AppendEvent(first).ok());
  ASSERT_TRUE(store_->AppendEvent(second).ok());
  const auto after = *store_->EventsAfter(job.id, first.sequence, 10);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].from, JobState::kQueued);
  EXPECT_EQ(after[0].to, JobState::kScheduled);
}

TEST_F(SqliteStoreTest, FencesGrowOverAllJobs) {
  Worker worker{.id = "w1", .name = "one", .total = {1, 2, 3}};
  ASSERT_TRUE(store_->PutWorker(worker).ok());
  Job job = NewJob();
  ASSERT_TRUE(store_->InsertJob(job, "").ok());
  Attempt first{.job = job.id, .worker = "w1", .secret = "s"};
  Attempt second = first;
  ASSERT_TRUE(store_->InsertAttempt(first).ok());
  ASSERT_TRUE(store_->InsertAttempt(second).ok());
  EXPECT_GT(second.fence, first.fence);
  first.is_live = false;
  ASSERT_TRUE(store_->UpdateAttempt(first).ok());
  const auto live = *store_->LiveAttempts();
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0].id, second.id);
  Attempt foreign{.job = "no such job", .worker = "w1"};
  EXPECT_FALSE(store_->InsertAttempt(foreign).ok());
}

TEST_F(SqliteStoreTest, TokensAndBlobsBelongToNamespaces) {
  Token token{"token-1", {Role::kUser, "u", {"team-a"}}, 1, 2, 3, 0};
  ASSERT_TRUE(store_->PutToken("hash", token).ok());
  token.revoked_ms = 4;
  ASSERT_TRUE(store_->PutToken("hash", token).ok());
  const auto tokens = *store_->AllTokens();
  ASSERT_EQ(tokens.size(), 1u);
  const Token& known = tokens.at("hash");
  EXPECT_TRUE(known.principal.MaySee("team-a"));
  EXPECT_EQ(known.id, "token-1");
  EXPECT_EQ(known.created_ms, 1);
  EXPECT_EQ(known.expires_ms, 2);
  EXPECT_EQ(known.last_used_ms, 3);
  EXPECT_EQ(known.revoked_ms, 4);
  ASSERT_TRUE(store_->AddBlobReference("d", "team-a", 5, "u").ok());
  ASSERT_TRUE(store_->AddBlobReference("d", "team-a", 5, "u").ok());
  EXPECT_TRUE(*store_->HasBlobReference("d", {"team-a"}));
  EXPECT_FALSE(*store_->HasBlobReference("d", {"team-b"}));
  EXPECT_TRUE(*store_->HasBlobReference("d", {"*"}));
  ASSERT_TRUE(store_->AddBlobReference("e", "team-a", 2, "v").ok());
  EXPECT_EQ(*store_->BlobBytes({QuotaKind::kNamespace, "team-a"}), 7);
  EXPECT_EQ(*store_->BlobBytes({QuotaKind::kNamespace, "team-b"}), 0);
  EXPECT_EQ(*store_->BlobBytes({QuotaKind::kUser, "u"}), 5);
}

TEST_F(SqliteStoreTest, CommandsCountUpAndAKeyNamesOne) {
  Job job = NewJob();
  ASSERT_TRUE(store_->InsertJob(job, "").ok());
  Command first{.job = job.id, .key = "k", .text = "true"};
  Command second{.job = job.id, .text = "false"};
  ASSERT_TRUE(store_->InsertCommand(first).ok());
  ASSERT_TRUE(store_->InsertCommand(second).ok());
  EXPECT_EQ(second.index, 1);
  Command again{.job = job.id, .key = "k", .text = "true"};
  EXPECT_EQ(store_->InsertCommand(again).code(), StatusCode::kAlreadyExists);
  second.state = CommandState::kExited;
  second.exit_code = 1;
  ASSERT_TRUE(store_->UpdateCommand(second).ok());
  EXPECT_EQ((*store_->GetCommand(job.id, 1))->exit_code, 1);
  EXPECT_EQ((*store_->FindCommandByKey(job.id, "k"))->index, 0);
  EXPECT_EQ(store_->ListCommands(job.id)->size(), 2u);
}

TEST_F(SqliteStoreTest, TheFileIsPrivateAndANewerOneIsRefused) {
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  store_.reset();
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  EXPECT_EQ(OpenSqliteStore(path_).status().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace csl::appliance
