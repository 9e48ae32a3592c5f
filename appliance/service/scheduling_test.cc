// SPDX-License-Identifier: Apache-2.0
// Which job starts when, as clients see it, and what planning costs.
#include <gmock/gmock.h>

#include "appliance/service/job_service_fixture.h"

namespace csl::appliance {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SchedulingTest : public JobServiceTest {
 protected:
  void SetUp() override {
    JobServiceTest::SetUp();
    ASSERT_TRUE(store_->AddBlobReference(kBlob, "team-b", 1, "").ok());
  }
  JobRequest Of(const std::string& name_space, int64_t cpu = 1000) {
    JobRequest request = Request();
    request.name_space = name_space;
    request.wanted.cpu_milli = cpu;
    return request;
  }
  JobView See(const Principal& who, const Job& job) { return *service_->Get(who, job.id); }
};

TEST_F(SchedulingTest, AWaitingJobNamesTheLimitAndWhoIsBeforeIt) {
  Join();
  JobRequest limited = Of("team-a");
  limited.time_limit_ms = 90'000;
  Submit(limited);
  const Job first = Submit(limited);
  const Job theirs = service_->Submit(kOther, Of("team-b"), "")->job;
  const Job last = Submit(Of("team-a"));
  EXPECT_THAT(See(kUser, first).waits_for, AllOf(HasSubstr("it wants 1000 milli-cpu"),
                                                 HasSubstr("1000 milli-cpu short on worker 'one'"),
                                                 HasSubstr("no job is before it")));
  EXPECT_EQ(See(kUser, last).position, 3);
  // A job of another namespace is counted and has no name.
  EXPECT_THAT(See(kUser, last).waits_for,
              AllOf(HasSubstr("; " + first.id + " and 1 other are before it"),
                    Not(HasSubstr(theirs.id)), HasSubstr("when it starts is not known")));
  EXPECT_THAT(See(kAdmin, last).waits_for, HasSubstr(theirs.id));
  EXPECT_THAT(See(kOther, theirs).waits_for, HasSubstr("1 job is before it"));
}

TEST_F(SchedulingTest, TimeLimitsSayWhenItStarts) {
  Join();
  JobRequest limited = Of("team-a");
  limited.time_limit_ms = 90'000;
  Submit(limited);
  const Job next = Submit(limited);
  const Job behind = Submit(limited);
  clock_.Advance(3'000);
  ASSERT_TRUE(service_->Tick().ok());
  EXPECT_EQ(See(kUser, next).starts_ms, 1'000'000 + 90'000);
  EXPECT_EQ(See(kUser, behind).starts_ms, 1'000'000 + 180'000);
  EXPECT_THAT(See(kUser, next).waits_for, HasSubstr("it starts within 87 s"));
}

TEST_F(SchedulingTest, AJobThatFitsOnlyALostWorkerWaitsForItADay) {
  Join("one", 1000);
  const Worker large = Join("large", 8000);
  clock_.Jump(25 * 3600 * 1000);
  ASSERT_TRUE(service_->Leave(Own(large), large.id).ok());
  const Job job = Submit(Of("team-a", 5000));
  EXPECT_THAT(See(kUser, job).waits_for, HasSubstr("large enough, but lost: 'large'"));
  EXPECT_EQ(service_->Submit(kUser, Of("team-a", 9000), "").status().code(),
            StatusCode::kResourceExhausted);
  Join("large", 8000);
  EXPECT_EQ(Now(job).state, JobState::kScheduled);

  const Worker again = Join("large", 8000);
  ASSERT_TRUE(service_->Leave(Own(again), again.id).ok());
  clock_.Jump(24 * 3600 * 1000);
  Join("one", 1000);
  EXPECT_EQ(service_->Submit(kUser, Of("team-a", 5000), "").status().code(),
            StatusCode::kResourceExhausted);
}

// Team a had the cluster for an hour: now team b goes first, though it came later.
TEST_F(SchedulingTest, WhoHadTheClusterLatelyLetsOthersGoFirst) {
  const auto next_of = [](JobService& service, const Worker& worker) {
    const auto reply = service.Poll(Own(worker), worker.id, {}, 0);
    return reply->assignments.at(0).job.name_space;
  };
  const Worker worker = Join();
  Submit(Of("team-a"));
  const AssignedAttempt taken = Take(worker);
  clock_.Jump(3'600'000);
  const Job a = Submit(Of("team-a"));
  const Job b = service_->Submit(kOther, Of("team-b"), "")->job;
  ASSERT_TRUE(ReportState(taken, JobState::kSucceeded).ok());
  EXPECT_EQ(next_of(*service_, worker), "team-b");

  // A service that starts anew knows that, too: what team b has used is far less.
  const AssignedAttempt theirs = Take(worker);
  ASSERT_EQ(theirs.job.id, b.id);
  const Job b2 = service_->Submit(kOther, Of("team-b"), "")->job;
  service_ = std::make_unique<JobService>(*store_, clock_);
  ASSERT_TRUE(ReportState(theirs, JobState::kSucceeded).ok());
  EXPECT_EQ(next_of(*service_, worker), "team-b");
  EXPECT_EQ(Now(a).state, JobState::kQueued);
}

TEST_F(SchedulingTest, ASubmissionMakesNoPlanAnew) {
  Join("one", 10'000);
  const auto of = [this](int64_t cpu) {
    JobRequest request = Of("team-a", cpu);
    request.wanted.mem_bytes = 10;
    return request;
  };
  Submit(of(8'000));
  for (int i = 0; i < 50; ++i) Submit(of(3'000));
  const int64_t before = service_->PlansMade();
  for (int i = 0; i < 20; ++i) {
    // What fits on what is left over starts all the same.
    EXPECT_EQ(Submit(of(100)).state, JobState::kScheduled);
    EXPECT_EQ(Submit(of(3'000)).state, JobState::kQueued);
  }
  EXPECT_EQ(Submit(of(100)).state, JobState::kQueued);
  EXPECT_EQ(service_->PlansMade(), before);
}

// Each look takes a millisecond, as with a long queue.
class SlowClock : public Clock {
 public:
  int64_t NowMs() const override { return now_ms_; }
  int64_t SteadyMs() const override { return now_ms_++; }
  void Advance(int64_t ms) { now_ms_ += ms; }

 private:
  mutable std::atomic<int64_t> now_ms_{1'000'000};
};

TEST_F(SchedulingTest, WhenPlansTakeLongManyEndsShareOne) {
  SlowClock clock;
  JobService service(*store_, clock);
  Worker worker;
  worker.name = "one";
  worker.total = {100'000, 1 << 30, 1};
  worker = *service.Register({Role::kWorker, "one", {}}, worker);
  std::vector<Job> running;
  for (int i = 0; i < 50; ++i)
    running.push_back(service.Submit(kUser, Of("team-a", 2'000), "")->job);
  const Job waiting = service.Submit(kUser, Of("team-a", 100'000), "")->job;
  ASSERT_EQ(waiting.state, JobState::kQueued);
  std::vector<AssignedAttempt> taken = service.Poll(Own(worker), worker.id, {}, 0)->assignments;
  ASSERT_EQ(taken.size(), 50u);
  const int64_t before = service.PlansMade();
  for (const AssignedAttempt& one : taken) {
    const Report report{one.attempt.id, one.attempt.fence, JobState::kStarting, {}, "", {}};
    ASSERT_TRUE(service.Accept(Own(one), report).ok());
    ASSERT_TRUE(service.Cancel(kUser, one.job.id, "").ok());
    Report end = report;
    end.to = JobState::kCancelled;
    ASSERT_TRUE(service.Accept(Own(one), end).ok());
  }
  EXPECT_LT(service.PlansMade() - before, 50);
  // Nothing is forgotten over that.
  for (int i = 0; i < 3; ++i) {
    clock.Advance(10);
    ASSERT_TRUE(service.PlanIfDue().ok());
  }
  EXPECT_EQ(service.Get(kUser, waiting.id)->job.state, JobState::kScheduled);
  const int64_t after = service.PlansMade();
  clock.Advance(100);
  ASSERT_TRUE(service.PlanIfDue().ok());
  EXPECT_EQ(service.PlansMade(), after);
}

TEST_F(SchedulingTest, AnUrgentJobIsPutBeforeOthersSoon) {
  Join();
  Submit(Of("team-a"));
  const Job old = Submit(Of("team-a"));
  JobRequest urgent = Of("team-a");
  urgent.priority = 150;
  const Job job = Submit(urgent);
  ASSERT_TRUE(service_->PlanIfDue().ok());
  EXPECT_EQ(See(kUser, job).position, 1);
  EXPECT_EQ(See(kUser, old).position, 2);
}

TEST(UsageTest, FadesByHalfInAnHourAndCountsInAnyOrder) {
  const int64_t hour = kUseHalvesMs;
  Usage usage;
  EXPECT_EQ(usage.Average("a", 0), 0);
  usage.Add({"a", 1000, 0, hour});
  const int64_t now = usage.Average("a", hour);
  EXPECT_NEAR(static_cast<double>(usage.Average("a", 2 * hour)), static_cast<double>(now) / 2, 1);
  EXPECT_NEAR(static_cast<double>(usage.Average("a", 11 * hour)), 0, 1);
  EXPECT_EQ(usage.Average("b", hour), 0);
  Usage one;
  Usage other;
  const PastUse first{"a", 1000, 0, hour};
  const PastUse second{"a", 500, hour, 3 * hour};
  one.Add(first);
  one.Add(second);
  other.Add(second);
  other.Add(first);
  EXPECT_EQ(one.Average("a", 4 * hour), other.Average("a", 4 * hour));
}

}  // namespace
}  // namespace csl::appliance
