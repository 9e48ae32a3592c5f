// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "appliance/service/job_service_fixture.h"

namespace csl::appliance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RetentionTest : public JobServiceTest {
 protected:
  Job Ended() {
    const Job job = Submit(Request());
    EXPECT_TRUE(service_->Cancel(kUser, job.id, "").ok());
    clock_.Advance(1'000);
    return job;
  }
  bool IsKnown(const Job& job) { return *service_->KnowsJob(job.id); }
};

TEST_F(RetentionTest, OldJobsAreForgottenWithAllThatIsTheirs) {
  const Worker worker = Join();
  const Job ran = Submit(Request(JobKind::kLaunch));
  const AssignedAttempt taken = Take(worker);
  ASSERT_TRUE(service_->AcceptCommand(kUser, ran.id, "k", "make").ok());
  ASSERT_TRUE(ReportState(taken, JobState::kFailed).ok());
  ASSERT_TRUE(service_->Leave(Own(worker), worker.id).ok());
  clock_.Advance(1'000);
  const Job first = Ended();
  const Job waits = Submit(Request());
  const int64_t now = clock_.NowMs();
  clock_.Advance(1'000);
  const Job late = Ended();
  EXPECT_THAT(*service_->ForgetJobs(now, 1), ElementsAre(ran.id));
  EXPECT_THAT(*service_->ForgetJobs(now, 100), ElementsAre(first.id));
  EXPECT_THAT(*service_->ForgetJobs(now, 100), IsEmpty());
  EXPECT_FALSE(IsKnown(ran) || IsKnown(first));
  EXPECT_TRUE(IsKnown(waits) && IsKnown(late));
  EXPECT_EQ(service_->Get(kUser, ran.id).status().code(), StatusCode::kNotFound);
  EXPECT_THAT(*store_->EventsAfter(ran.id, 0, 10), IsEmpty());
  EXPECT_THAT(*store_->ListCommands(ran.id), IsEmpty());
  EXPECT_FALSE((*store_->GetAttempt(taken.attempt.id)).has_value());
  EXPECT_FALSE((*store_->GetWorker(worker.id)).has_value());
}

TEST_F(RetentionTest, AWorkerIsKnownWhileItIsThereOrAJobOfItIs) {
  const Worker there = Join("there");
  const Worker gone = Join("gone");
  ASSERT_TRUE(service_->Leave(Own(gone), gone.id).ok());
  Submit(Request());
  const Job kept = Take(there).job;
  ASSERT_TRUE(service_->Leave(Own(there), there.id).ok());
  Join("ready");
  clock_.Advance(1'000);
  ASSERT_TRUE(service_->ForgetJobs(clock_.NowMs(), 100).ok());
  EXPECT_FALSE((*store_->GetWorker(gone.id)).has_value());
  EXPECT_TRUE((*store_->GetWorker(there.id)).has_value());
  EXPECT_EQ(store_->ListWorkers()->size(), 2u);
  EXPECT_TRUE(IsKnown(kept));
}

TEST_F(RetentionTest, BlobsThatNoJobKnowsAreNobodys) {
  const std::string unused(64, 'b');
  const std::string made(64, 'c');
  for (const std::string& one : {unused, made}) {
    ASSERT_TRUE(service_->AddBlob(kUser, "team-a", one, 1).ok());
  }
  const Worker worker = Join();
  Submit(Request());
  const AssignedAttempt taken = Take(worker);
  Report report{taken.attempt.id, taken.attempt.fence, JobState::kSucceeded, {}, "", {made, 0}};
  ASSERT_TRUE(service_->Accept(Own(taken), report).ok());
  std::vector<std::string> removed;
  const auto forget = [&] {
    return service_->ForgetBlobs({kBlob, unused, made},
                                 [&](const std::string& digest) { removed.push_back(digest); });
  };
  ASSERT_TRUE(forget().ok());
  EXPECT_THAT(removed, ElementsAre(unused));
  EXPECT_FALSE(*service_->MayReadBlob(kUser, unused));
  EXPECT_TRUE(*service_->MayReadBlob(kUser, made));
  clock_.Advance(1'000);
  ASSERT_TRUE(service_->ForgetJobs(clock_.NowMs(), 100).ok());
  removed.clear();
  ASSERT_TRUE(forget().ok());
  EXPECT_THAT(removed, ElementsAre(kBlob, unused, made));
  EXPECT_EQ(service_->Submit(kUser, Request(), "").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace csl::appliance
