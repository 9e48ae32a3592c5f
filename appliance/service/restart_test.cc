// SPDX-License-Identifier: Apache-2.0
// A service that is started anew has what the one before it had: whatever was done, every record is
// the same before and after, and every answer too.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <functional>
#include <random>
#include <vector>

#include "appliance/service/job_service_fixture.h"

namespace csl::appliance {
namespace {

using Lines = std::vector<std::string>;

class RestartTest : public JobServiceTest {
 protected:
  std::filesystem::path Path() const {
    return std::filesystem::path(::testing::TempDir()) /
           (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".db");
  }

  Lines Ask(sqlite3* db, const std::string& sql) {
    Lines lines;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      lines.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    }
    sqlite3_finalize(statement);
    return lines;
  }
  // Every row of every table. Leases begin anew, since nobody could renew them meanwhile.
  Lines Records() {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(Path().c_str(), &db), SQLITE_OK);
    Lines all;
    for (const std::string& table :
         Ask(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
      std::string columns;
      for (const std::string& column :
           Ask(db, "SELECT name FROM pragma_table_info('" + table + "')")) {
        if (column.ends_with("lease_until_ms")) continue;
        columns += (columns.empty() ? "quote(" : " || ',' || quote(") + column + ")";
      }
      if (columns.empty()) continue;
      for (std::string& row :
           Ask(db, "SELECT " + columns + " AS r FROM " + table + " ORDER BY r")) {
        all.push_back(table + ": " + std::move(row));
      }
    }
    sqlite3_close(db);
    return all;
  }
  // What a client and an operator can ask for.
  Lines Answers() {
    Lines all;
    JobFilter filter;
    filter.namespaces = {"*"};
    filter.limit = 1000;
    const auto views = *service_->List(kAdmin, filter);
    for (const JobView& view : views) {
      std::string line = view.job.id + " " + std::string(JobStateText(view.job.state)) + " " +
                         std::string(EndReasonText(view.job.reason)) + " " + view.job.message +
                         " " + view.job.worker + " " + std::to_string(view.position) + " " +
                         view.waits_for + " " + std::to_string(view.starts_ms.value_or(-1)) + " " +
                         std::to_string(view.job.priority);
      for (const auto& [key, value] : view.job.labels) line += " " + key + "=" + value;
      const auto events = *service_->WaitEvents(kAdmin, view.job.id, 0, 0);
      for (const Event& event : events) {
        line += " | " + event.message;
      }
      all.push_back(std::move(line));
    }
    const ClusterView cluster = *service_->Cluster(kAdmin);
    for (const WorkerLoad& load : cluster.workers) {
      all.push_back(load.worker.id + " " + std::string(WorkerStateText(load.worker.state)) + " " +
                    std::to_string(load.used.cpu_milli) + " " + std::to_string(load.jobs));
    }
    return all;
  }
  void Restart() {
    service_.reset();
    store_.reset();
    store_ = std::move(OpenSqliteStore(Path())).value();
    service_ = std::make_unique<JobService>(*store_, clock_);
  }

  void DoSomething(std::mt19937_64& random);
  std::string SomeJob(std::mt19937_64& random) {
    return jobs_.empty() ? "none" : jobs_[random() % jobs_.size()];
  }
  void RunOnWorker(const Worker& worker, std::mt19937_64& random);

  std::vector<std::string> jobs_;
  std::map<std::string, Worker> workers_;
};

// Takes what there is and moves some of it on.
void RestartTest::RunOnWorker(const Worker& worker, std::mt19937_64& random) {
  static const std::vector<JobState> kNext = {JobState::kStarting, JobState::kRunning,
                                              JobState::kSucceeded, JobState::kFailed};
  std::vector<int64_t> running;
  const auto attempts = *store_->LiveAttempts();
  for (const Attempt& attempt : attempts) {
    const auto job = *store_->GetJob(attempt.job);
    if (attempt.worker == worker.id && job->state != JobState::kScheduled) {
      running.push_back(attempt.id);
    }
  }
  const auto reply = service_->Poll(Own(worker), worker.id, running, 0);
  if (!reply.ok()) return;  // it was given up
  for (const AssignedAttempt& one : reply->assignments) {
    for (uint64_t i = 0; i <= random() % kNext.size() && i < kNext.size(); ++i) {
      (void)ReportState(one, kNext[i], i == 3 ? EndReason::kWorkerError : EndReason::kNone);
    }
  }
}

void RestartTest::DoSomething(std::mt19937_64& random) {
  clock_.Advance(static_cast<int64_t>(random() % 2'000));
  const auto choice = random() % 12;
  if (choice < 4) {
    JobRequest request = Request(random() % 2 == 0 ? JobKind::kCompile : JobKind::kLaunch);
    request.wanted.cpu_milli = static_cast<int64_t>(random() % 2'000) + 1;
    request.time_limit_ms = static_cast<int64_t>(random() % 2) * 30'000;
    request.client_lease = random() % 2 == 0;
    request.labels = {{"n", std::to_string(random() % 9)}};
    const auto view = service_->Submit(kUser, request, std::to_string(random() % 1'000));
    if (view.ok()) jobs_.push_back(view->job.id);
  } else if (choice < 7) {
    const std::string name = random() % 2 == 0 ? "one" : "two";
    if (!workers_.contains(name)) workers_[name] = Join(name, 3'000);
    RunOnWorker(workers_[name], random);
  } else if (choice == 7) {
    (void)service_->Cancel(kUser, SomeJob(random), "");
  } else if (choice == 8) {
    (void)service_->SetPriority(kUser, SomeJob(random), static_cast<int>(random() % 300) + 100);
    (void)service_->SetLabels(kUser, SomeJob(random), {{"k", "v"}}, {"n"});
  } else if (choice == 9) {
    (void)service_->AcceptCommand(kUser, SomeJob(random), std::to_string(random() % 50), "make");
  } else if (choice == 10) {
    for (const auto& [name, worker] : workers_) {
      (void)service_->SetDraining(kAdmin, worker.id, random() % 3 == 0);
    }
  } else if (!workers_.empty() && random() % 3 == 0) {
    const std::string name = workers_.begin()->first;
    (void)service_->Leave(Own(workers_[name]), workers_[name].id);
    workers_.erase(name);
  }
}

TEST_F(RestartTest, EveryRecordAndAnswerIsTheSame) {
  std::map<JobState, int> seen;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    std::mt19937_64 random(seed);
    for (int step = 0; step < 60; ++step) DoSomething(random);
    ASSERT_TRUE(service_->Tick().ok());
    clock_.Advance(3'000);  // old enough for a plan
    ASSERT_TRUE(service_->Tick().ok());
    const Lines records = Records();
    const Lines answers = Answers();
    Restart();
    EXPECT_EQ(Records(), records) << "seed " << seed;
    ASSERT_TRUE(service_->Tick().ok());
    EXPECT_EQ(Records(), records) << "seed " << seed;
    EXPECT_EQ(Answers(), answers) << "seed " << seed;
    JobFilter filter;
    filter.namespaces = {"*"};
    filter.limit = 1000;
    const auto jobs = *store_->ListJobs(filter);
    for (const Job& job : jobs) ++seen[job.state];
  }
  // All that can be was there.
  for (const JobState state : AllJobStates()) EXPECT_GT(seen[state], 0) << JobStateText(state);
}

}  // namespace
}  // namespace csl::appliance
