// SPDX-License-Identifier: Apache-2.0
// Quotas: what waits, what is refused, and what others do not notice of it.
#include <gmock/gmock.h>

#include "appliance/service/job_service_fixture.h"

namespace csl::appliance {
namespace {

using ::testing::HasSubstr;

const QuotaSubject kTeam{QuotaKind::kNamespace, "team-a"};
const QuotaSubject kAda{QuotaKind::kUser, "ada"};
const Principal kFriend{Role::kUser, "eve", {"team-a"}};
const std::string kOtherBlob(64, 'b');

class QuotasTest : public JobServiceTest {
 protected:
  void Set(const QuotaSubject& subject, const Quota& quota) {
    const Status status = service_->SetQuota(kAdmin, subject, quota);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  JobView SubmitAs(const Principal& who, int64_t cpu = 1000) {
    JobRequest request = Request();
    request.wanted = {cpu, 100, 0};
    const auto view = service_->Submit(who, request, "");
    EXPECT_TRUE(view.ok()) << view.status().message();
    return *view;
  }
  JobView ViewOf(const Job& job) { return *service_->Get(kAdmin, job.id); }
};

TEST_F(QuotasTest, AJobBeyondTheQuotaWaitsAndSaysSoUntilAnotherEnds) {
  const Worker worker = Join("one", 100'000);
  Set(kAda, {{QuotaLimit::kRunningJobs, 1}});
  const Job first = SubmitAs(kUser).job;
  EXPECT_EQ(first.state, JobState::kScheduled);
  const JobView second = SubmitAs(kUser);
  const JobView third = SubmitAs(kUser);
  EXPECT_EQ(second.job.state, JobState::kQueued);
  EXPECT_EQ(second.position, 1);
  EXPECT_EQ(third.position, 2);
  EXPECT_EQ(second.waits_for,
            "waits for its quota: user 'ada' may have 1 jobs that run at once, has 1 and would "
            "need 1 more; no job is before it");
  const DryRun dry = *service_->TrySubmit(kUser, Request());
  EXPECT_TRUE(dry.fits);
  EXPECT_EQ(dry.view.position, 3);
  EXPECT_THAT(dry.view.waits_for, HasSubstr("waits for its quota"));
  // A friend of the same namespace is not held.
  EXPECT_EQ(SubmitAs(kFriend).job.state, JobState::kScheduled);
  ASSERT_TRUE(service_->Cancel(kUser, first.id, "").ok());
  const auto reply = service_->Poll(Own(worker), worker.id, {}, 0);
  ASSERT_TRUE(service_->Poll(Own(worker), worker.id, {}, 0).ok());
  EXPECT_EQ(ViewOf(second.job).job.state, JobState::kScheduled);
  EXPECT_EQ(ViewOf(third.job).job.state, JobState::kQueued);
  // And a higher quota lets the last start.
  Set(kAda, {{QuotaLimit::kRunningJobs, 2}});
  EXPECT_EQ(ViewOf(third.job).job.state, JobState::kScheduled);
}

TEST_F(QuotasTest, EachLimitHoldsAndSmallerJobsPass) {
  Join("one", 100'000);
  Set(kTeam, {{QuotaLimit::kCpuMilli, 3000}});
  SubmitAs(kUser, 2000);
  const JobView large = SubmitAs(kFriend, 2000);
  EXPECT_EQ(large.job.state, JobState::kQueued);
  EXPECT_THAT(large.waits_for, HasSubstr("namespace 'team-a' may have 3000 thousandths"));
  EXPECT_EQ(SubmitAs(kUser, 1000).job.state, JobState::kScheduled);
  ASSERT_TRUE(service_->SetQuota(kAdmin, kTeam, {}).ok());
  EXPECT_EQ(ViewOf(large.job).job.state, JobState::kScheduled);
}

TEST_F(QuotasTest, WhatCouldNeverRunIsRefused) {
  Join("one", 100'000);
  Set(kTeam, {{QuotaLimit::kMemBytes, 99}, {QuotaLimit::kSystems, 0}});
  JobRequest request = Request();
  request.wanted = {1000, 100, 0};
  const auto refused = service_->Submit(kUser, request, "");
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("99 bytes of memory in jobs that run"));
  EXPECT_EQ(service_->TrySubmit(kUser, request)->limits, std::vector<std::string>{"quota"});
  request = Request(JobKind::kLaunch);
  request.wanted = {1000, 10, 0};
  request.launch.simulator = false;
  EXPECT_THAT(service_->Submit(kUser, request, "").status().message(),
              HasSubstr("0 CS systems in jobs that run"));
  request.launch.simulator = true;
  EXPECT_TRUE(service_->Submit(kUser, request, "").ok());
}

TEST_F(QuotasTest, BytesOfBlobsAreCountedForNamespaceAndUser) {
  Set(kTeam, {{QuotaLimit::kBlobBytes, 100}});
  Set(kAda, {{QuotaLimit::kBlobBytes, 50}});
  EXPECT_TRUE(service_->AddBlob(kUser, "team-a", kOtherBlob, 49).ok());  // and one byte before
  EXPECT_TRUE(service_->AddBlob(kUser, "team-a", kOtherBlob, 49).ok());  // it is there
  const std::string third(64, 'c');
  const Status refused = service_->CheckBlobRoom(kUser, "team-a", third, 2);
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("user 'ada' may have 50 bytes of blobs, has 49"));
  EXPECT_EQ(service_->AddBlob(kUser, "team-a", third, 2).code(), StatusCode::kResourceExhausted);
  EXPECT_FALSE(*service_->MayReadBlob(kUser, third));
  EXPECT_TRUE(service_->AddBlob(kFriend, "team-a", third, 50).ok());
  EXPECT_THAT(service_->CheckBlobRoom(kFriend, "team-a", std::string(64, 'd'), 1).message(),
              HasSubstr("namespace 'team-a' may have 100 bytes of blobs, has 100"));
  // What jobs make is not lost, but then nothing new is made.
  EXPECT_TRUE(service_->AddResult(kFriend, "team-a", std::string(64, 'e'), 7).ok());
  EXPECT_THAT(service_->Submit(kFriend, Request(), "").status().message(),
              HasSubstr("nothing new is compiled"));
  EXPECT_TRUE(service_->AddBlob(kOther, "team-b", third, 1 << 30).ok());
}

TEST_F(QuotasTest, QuotasAreSetByAdministratorsAndSeenByThoseTheyAreFor) {
  EXPECT_EQ(service_->SetQuota(kUser, kAda, {{QuotaLimit::kSystems, 9}}).code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(service_->SetQuota(kAdmin, kAda, {{QuotaLimit::kSystems, -1}}).code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(service_->SetQuota(kAdmin, {QuotaKind::kUser, ""}, {}).code(),
            StatusCode::kInvalidArgument);
  Set(kAda, {{QuotaLimit::kSystems, 9}});
  Set(kTeam, {{QuotaLimit::kRunningJobs, 5}});
  Join("one", 100'000);
  SubmitAs(kUser);
  JobService again(*store_, clock_);
  for (JobService* service : {service_.get(), &again}) {
    const auto own = *service->ListQuotas(kUser);
    ASSERT_EQ(own.size(), 2u);
    EXPECT_EQ(own[0].subject, kTeam);
    EXPECT_EQ(own[0].quota.at(QuotaLimit::kRunningJobs), 5);
    EXPECT_EQ(own[0].used[QuotaLimit::kRunningJobs], 1);
    EXPECT_EQ(own[0].used[QuotaLimit::kBlobBytes], 1);
    EXPECT_EQ(service->ListQuotas(kFriend)->size(), 1u);
    EXPECT_EQ(service->ListQuotas(kOther)->size(), 0u);
    EXPECT_EQ(service->ListQuotas(kAdmin)->size(), 2u);
  }
}

}  // namespace
}  // namespace csl::appliance
