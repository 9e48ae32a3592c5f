// SPDX-License-Identifier: Apache-2.0
// Dry runs, priorities and labels that are set later, and the cluster as a whole.
#include <gmock/gmock.h>

#include "appliance/service/job_service_fixture.h"

namespace csl::appliance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Principal kFriend{Role::kUser, "eve", {"team-a"}};

class JobChangesTest : public JobServiceTest {
 protected:
  JobRequest Of(int64_t cpu, int64_t limit_ms = 0) {
    JobRequest request = Request();
    request.wanted.cpu_milli = cpu;
    request.time_limit_ms = limit_ms;
    return request;
  }
  size_t JobsThere() {
    JobFilter filter;
    filter.namespaces = {"*"};
    return store_->ListJobs(filter)->size();
  }
};

TEST_F(JobChangesTest, ADryRunSaysWhatWouldBeAndStoresNothing) {
  const Worker worker = Join("one", 4000);
  const auto now = service_->TrySubmit(kUser, Of(4000));
  ASSERT_TRUE(now.ok()) << now.status().message();
  EXPECT_TRUE(now->fits);
  EXPECT_EQ(now->worker, worker.id);
  EXPECT_EQ(now->view.position, 0);

  const auto too_large = service_->TrySubmit(kUser, Of(5000));
  EXPECT_FALSE(too_large->fits);
  EXPECT_THAT(too_large->limits, ElementsAre("cpu_milli"));
  EXPECT_THAT(too_large->message, HasSubstr("the job wants 5000 milli-cpu"));
  EXPECT_EQ(JobsThere(), 0u);

  Submit(Of(4000, 60'000));
  Submit(Of(3000, 60'000));
  const auto later = service_->TrySubmit(kUser, Of(2000));
  EXPECT_TRUE(later->fits);
  EXPECT_EQ(later->worker, "");
  EXPECT_EQ(later->view.position, 2);
  EXPECT_EQ(later->view.starts_ms, 1'000'000 + 120'000);
  EXPECT_THAT(later->view.waits_for, HasSubstr("milli-cpu short on worker 'one'"));
  JobRequest urgent = Of(2000);
  urgent.priority = 100;
  EXPECT_EQ(service_->TrySubmit(kUser, urgent)->view.position, 1);
  EXPECT_EQ(JobsThere(), 2u);
}

TEST_F(JobChangesTest, ADryRunNeedsNoBlobAndIsHeldToTheRestOfTheRules) {
  Join();
  JobRequest request = Of(1000);
  request.compile.source = "";
  EXPECT_TRUE(service_->TrySubmit(kUser, request)->fits);
  request.compile.source = std::string(64, 'c');
  EXPECT_EQ(service_->TrySubmit(kUser, request).status().code(), StatusCode::kNotFound);
  request = Of(1000);
  request.priority = 99;
  EXPECT_EQ(service_->TrySubmit(kUser, request).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(service_->TrySubmit(kOther, Of(1000)).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(service_->TrySubmit(kWorker, Of(1000)).status().code(), StatusCode::kPermissionDenied);
}

TEST_F(JobChangesTest, ADryRunKnowsTheQuota) {
  JobService service(*store_, clock_, {.max_jobs_each = 1});
  ASSERT_TRUE(service.Submit(kUser, Of(1000), "").ok());
  const auto full = service.TrySubmit(kUser, Of(1000));
  EXPECT_FALSE(full->fits);
  EXPECT_THAT(full->limits, ElementsAre("jobs"));
}

TEST_F(JobChangesTest, APriorityIsSetWhileAJobWaits) {
  const Worker worker = Join();
  const Job runs = Submit(Of(1000));
  const Job first = Submit(Of(1000));
  const Job second = Submit(Of(1000));
  const auto changed = service_->SetPriority(kUser, second.id, 200);
  ASSERT_TRUE(changed.ok()) << changed.status().message();
  EXPECT_EQ(changed->position, 1);
  EXPECT_EQ(service_->Get(kUser, first.id)->position, 2);
  const auto events = *service_->WaitEvents(kUser, second.id, 0, 0);
  EXPECT_EQ(events.back().type, "note");
  EXPECT_EQ(events.back().message, "priority 299 set to 200 by ada");
  EXPECT_EQ(service_->SetPriority(kUser, runs.id, 200).status().code(),
            StatusCode::kFailedPrecondition);
  // It is kept.
  service_ = std::make_unique<JobService>(*store_, clock_);
  EXPECT_EQ(Now(second).priority, 200);
}

TEST_F(JobChangesTest, APriorityBelow100IsForAdministrators) {
  const Job job = Submit(Of(1000));
  for (const int wrong : {-1, 0, 99, 400}) {
    EXPECT_EQ(service_->SetPriority(kUser, job.id, wrong).status().code(),
              StatusCode::kInvalidArgument)
        << wrong;
  }
  for (const int right : {100, 399}) {
    EXPECT_TRUE(service_->SetPriority(kUser, job.id, right).ok()) << right;
  }
  EXPECT_TRUE(service_->SetPriority(kAdmin, job.id, 0).ok());
  EXPECT_EQ(service_->SetPriority(kAdmin, job.id, -1).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(JobChangesTest, AJobIsChangedByItsOwnerOrAnAdministrator) {
  const Job job = Submit(Of(1000));
  EXPECT_EQ(service_->SetPriority(kFriend, job.id, 200).status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(service_->SetLabels(kFriend, job.id, {{"a", "b"}}, {}).status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(service_->SetPriority(kOther, job.id, 200).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(service_->SetLabels(kOther, job.id, {{"a", "b"}}, {}).status().code(),
            StatusCode::kNotFound);
  EXPECT_TRUE(service_->SetLabels(kAdmin, job.id, {{"a", "b"}}, {}).ok());
}

TEST_F(JobChangesTest, LabelsAreSetAndRemovedAlsoAfterTheEnd) {
  const Job job = Submit(Of(1000));
  ASSERT_TRUE(service_->SetLabels(kUser, job.id, {{"a", "1"}, {"b", "2"}}, {}).ok());
  ASSERT_TRUE(service_->Cancel(kUser, job.id, "").ok());
  const auto after = service_->SetLabels(kUser, job.id, {{"a", "3"}}, {"b", "none"});
  ASSERT_TRUE(after.ok());
  using Labels = std::map<std::string, std::string>;
  EXPECT_EQ(after->job.labels, (Labels{{"a", "3"}}));
  EXPECT_EQ(Now(job).labels, (Labels{{"a", "3"}}));
  EXPECT_EQ(Now(job).state, JobState::kCancelled);
  EXPECT_EQ(service_->SetLabels(kUser, job.id, {{"", "x"}}, {}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(service_->SetLabels(kUser, job.id, {{"k", std::string(256, 'x')}}, {}).status().code(),
            StatusCode::kInvalidArgument);
  Labels many;
  for (int i = 0; i < 64; ++i) many[std::to_string(i)] = "";
  EXPECT_FALSE(service_->SetLabels(kUser, job.id, many, {}).ok());
  EXPECT_TRUE(service_->SetLabels(kUser, job.id, many, {"a"}).ok());
}

TEST_F(JobChangesTest, TheClusterIsCountedByState) {
  const Worker one = Join("one", 4000);
  const Worker two = Join("two", 2000);
  const Worker gone = Join("gone", 1000);
  Submit(Of(3000));
  Submit(Of(3000));
  ASSERT_TRUE(service_->SetDraining(kAdmin, two.id, true).ok());
  ASSERT_TRUE(service_->Leave(Own(gone), gone.id).ok());
  const auto view = service_->Cluster(kUser);
  ASSERT_TRUE(view.ok());
  ASSERT_EQ(view->workers.size(), 3u);
  for (const WorkerLoad& load : view->workers) {
    const bool is_one = load.worker.id == one.id;
    EXPECT_EQ(load.used.cpu_milli, is_one ? 3000 : 0) << load.worker.name;
    EXPECT_EQ(load.jobs, is_one ? 1 : 0) << load.worker.name;
  }
  EXPECT_EQ(view->jobs.at(JobState::kQueued), 1);
  EXPECT_EQ(view->jobs.at(JobState::kScheduled), 1);
}

}  // namespace
}  // namespace csl::appliance
