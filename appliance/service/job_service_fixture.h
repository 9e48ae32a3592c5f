// SPDX-License-Identifier: Apache-2.0
// A service on a database of its own, with users and a worker, for tests.
#ifndef APPLIANCE_SERVICE_JOB_SERVICE_FIXTURE_H_
#define APPLIANCE_SERVICE_JOB_SERVICE_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "appliance/service/job_service.h"
#include "appliance/store/sqlite/sqlite_store.h"

namespace csl::appliance {

inline const Principal kUser{Role::kUser, "ada", {"team-a"}};
inline const Principal kOther{Role::kUser, "bob", {"team-b"}};
inline const Principal kAdmin{Role::kAdmin, "root", {"*"}};
inline const Principal kWorker{Role::kWorker, "one", {}};
inline const std::string kBlob(64, 'a');

inline Principal Own(const Worker& worker) { return {Role::kWorker, worker.name, {}}; }
inline Principal Own(const AssignedAttempt& taken) { return {Role::kWorker, taken.job.worker, {}}; }

class JobServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path =
        std::filesystem::path(::testing::TempDir()) /
        (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".db");
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
    store_ = std::move(OpenSqliteStore(path)).value();
    ASSERT_TRUE(store_->AddBlobReference(kBlob, "team-a", 1, "").ok());
    service_ = std::make_unique<JobService>(*store_, clock_);
  }

  JobRequest Request(JobKind kind = JobKind::kCompile) {
    JobRequest request;
    request.kind = kind;
    request.name_space = "team-a";
    request.wanted = {1000, 1000, 0};
    request.compile = {kBlob, "layout.csl", {}};
    request.launch = {kBlob, true};
    return request;
  }
  Worker Join(const std::string& name = "one", int64_t cpu = 1000) {
    Worker worker;
    worker.name = name;
    worker.total = {cpu, 4000, 1};
    worker.endpoint = "unix:/w";
    auto joined = service_->Register({Role::kWorker, name, {}}, worker);
    EXPECT_TRUE(joined.ok()) << joined.status().message();
    return *joined;
  }
  Job Submit(const JobRequest& request) {
    auto view = service_->Submit(kUser, request, "");
    EXPECT_TRUE(view.ok()) << view.status().message();
    return view->job;
  }
  Job Now(const Job& job) { return service_->Get(kUser, job.id)->job; }
  // Takes the only pending assignment and reports up to RUNNING.
  AssignedAttempt Take(const Worker& worker) {
    auto reply = service_->Poll(Own(worker), worker.id, {}, 0);
    EXPECT_TRUE(reply.ok() && reply->assignments.size() == 1);
    const AssignedAttempt taken = reply->assignments.at(0);
    for (const JobState to : {JobState::kStarting, JobState::kRunning})
      EXPECT_TRUE(ReportState(taken, to).ok());
    return taken;
  }
  Status ReportState(const AssignedAttempt& taken, JobState to,
                     EndReason reason = EndReason::kNone) {
    return service_->Accept(Own(taken),
                            {taken.attempt.id, taken.attempt.fence, to, reason, "", {}});
  }

  FakeClock clock_{1'000'000};
  std::unique_ptr<Store> store_;
  std::unique_ptr<JobService> service_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVICE_JOB_SERVICE_FIXTURE_H_
