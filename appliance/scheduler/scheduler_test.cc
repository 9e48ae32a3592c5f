// SPDX-License-Identifier: Apache-2.0
#include "appliance/scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace csl::appliance {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

WaitingJob Job(std::string id, int64_t cpu, std::string name_space = "a", int priority = 299) {
  static int64_t sequence = 0;
  return {std::move(id), std::move(name_space), priority, {cpu, 10, 0}, ++sequence, 0};
}

std::vector<std::string> Started(const Plan& plan) {
  std::vector<std::string> ids;
  for (const Assignment& one : plan.assignments) ids.push_back(one.job);
  return ids;
}

const WorkerRoom kWorker = {"w", "w", {4000, 100, 1}, {4000, 100, 1}};

TEST(SchedulerTest, PriorityThenAge) {
  const Plan plan = MakePlan(
      {0, {Job("old", 2000), Job("urgent", 2000, "a", 100), Job("young", 2000)}, {kWorker}, {}});
  EXPECT_EQ(Started(plan), (std::vector<std::string>{"urgent", "old"}));
  EXPECT_EQ(plan.waiting.at("young").position, 1);
  EXPECT_EQ(plan.queue, std::vector<std::string>{"young"});
  EXPECT_THAT(WhyItWaits(plan, Job("young", 2000)),
              AllOf(HasSubstr("busy: it wants 2000 milli-cpu"),
                    HasSubstr("2000 milli-cpu short on worker 'w'")));
}

TEST(SchedulerTest, NamespacesShareFairly) {
  const Plan plan = MakePlan({0,
                              {Job("a1", 1000, "a"), Job("a2", 1000, "a"), Job("a3", 1000, "a"),
                               Job("a4", 1000, "a"), Job("b1", 1000, "b"), Job("b2", 1000, "b")},
                              {kWorker},
                              {}});
  EXPECT_EQ(Started(plan), (std::vector<std::string>{"a1", "b1", "a2", "b2"}));
  const Plan after = MakePlan(
      {0, {Job("a", 1000, "a"), Job("b", 1000, "b")}, {kWorker}, {}, {{"a", 3000}, {"b", 0}}});
  EXPECT_EQ(Started(after).front(), "b");
}

TEST(SchedulerTest, ASmallJobPassesALargeOneButNotForEver) {
  WorkerRoom busy = kWorker;
  busy.free = {1000, 100, 1};
  const std::vector<WaitingJob> waiting = {Job("large", 4000), Job("small", 1000)};
  EXPECT_EQ(Started(MakePlan({kPatienceMs - 1, waiting, {busy}, {}})),
            std::vector<std::string>{"small"});
  const Plan late = MakePlan({kPatienceMs, waiting, {busy}, {}});
  EXPECT_TRUE(late.assignments.empty());
  EXPECT_THAT(WhyItWaits(late, waiting[1]), HasSubstr("older job"));
}

TEST(SchedulerTest, WhatDoesNotNeedWhatTheOldOneLacksStillPassesIt) {
  // It lacks a system; there is cpu and memory for both.
  WorkerRoom busy = kWorker;
  busy.free = {3000, 100, 0};
  WaitingJob on_system = Job("on system", 1000);
  on_system.wanted.systems = 1;
  const Plan plan =
      MakePlan({kPatienceMs, {on_system, Job("small", 1000), Job("next", 1500)}, {busy}, {}});
  EXPECT_EQ(Started(plan), std::vector<std::string>{"small"});
  EXPECT_THAT(WhyItWaits(plan, on_system), HasSubstr("1 system(s) short on worker 'w'"));
  EXPECT_THAT(WhyItWaits(plan, on_system), Not(HasSubstr("milli-cpu short")));
}

// A worker of 4,000 milli-cpu, 1,000 of which are free; 3,000 come back at 50,000.
WorkerRoom BusyUntil50() {
  WorkerRoom busy = kWorker;
  busy.free = {1000, 100, 1};
  busy.returns = {{50'000, {3000, 0, 0}}};
  return busy;
}

TEST(SchedulerTest, WhatEndsBeforeTheLargeOneCanStartIsBackfilled) {
  const WaitingJob large = Job("large", 4000);
  WaitingJob fits = Job("ends in time", 1000);
  fits.time_limit_ms = 50'000;
  WaitingJob late = Job("a moment too long", 1000);
  late.time_limit_ms = 50'001;
  const WaitingJob open = Job("without limit", 1000);
  const auto with = [&](const WaitingJob& other) {
    return MakePlan({0, {large, other}, {BusyUntil50()}, {}});
  };
  EXPECT_EQ(Started(with(fits)), std::vector<std::string>{"ends in time"});
  EXPECT_TRUE(with(late).assignments.empty());
  EXPECT_TRUE(with(open).assignments.empty());
  EXPECT_EQ(with(open).waiting.at("large").starts_ms, 50'000);
  EXPECT_EQ(with(open).waiting.at("without limit").starts_ms, std::nullopt);
  EXPECT_THAT(WhyItWaits(with(open), open), HasSubstr("older job"));
}

TEST(SchedulerTest, AShortJobIsTriedThoughALongOneOfItsSizeWasNot) {
  const WaitingJob large = Job("large", 4000);
  const WaitingJob open = Job("without limit", 1000);
  WaitingJob brief = Job("ends in time", 1000);
  brief.time_limit_ms = 50'000;
  EXPECT_EQ(Started(MakePlan({0, {large, open, brief}, {BusyUntil50()}, {}})),
            std::vector<std::string>{"ends in time"});
}

TEST(SchedulerTest, JobsBehindOneAnotherStartOneAfterTheOther) {
  std::vector<WaitingJob> jobs = {Job("first", 4000), Job("second", 2000), Job("third", 3000)};
  for (WaitingJob& job : jobs) job.time_limit_ms = 10'000;
  const Plan plan = MakePlan({0, jobs, {BusyUntil50()}, {}});
  EXPECT_EQ(plan.waiting.at("first").starts_ms, 50'000);
  EXPECT_EQ(plan.waiting.at("second").starts_ms, 60'000);
  EXPECT_EQ(plan.waiting.at("third").starts_ms, 70'000);
}

TEST(SchedulerTest, AJobPastItsLimitIsAboutToGo) {
  EXPECT_EQ(
      MakePlan({80'000, {Job("large", 4000)}, {BusyUntil50()}, {}}).waiting.at("large").starts_ms,
      80'000 + kOverdueMs);
}

TEST(SchedulerTest, WithoutLimitsNobodyKnowsWhen) {
  WorkerRoom busy = kWorker;
  busy.free = {1000, 100, 1};
  EXPECT_EQ(MakePlan({0, {Job("large", 4000)}, {busy}, {}}).waiting.at("large").starts_ms,
            std::nullopt);
}

TEST(SchedulerTest, WhatFitsOnlyWhereNothingIsTakenNowWaitsAndIsReported) {
  const WorkerRoom big = {"b", "big", {8000, 100, 1}, {8000, 100, 1}};
  const WaitingJob job = Job("j", 5000);
  const Plan drained = MakePlan({0, {job}, {kWorker}, {big}, {}, {}});
  EXPECT_TRUE(drained.assignments.empty());
  EXPECT_THAT(WhyItWaits(drained, job),
              AllOf(HasSubstr("no worker that is ready now is large enough"),
                    HasSubstr("large enough, but draining: 'big'")));
  const Plan lost = MakePlan({0, {job}, {kWorker}, {}, {}, {big}});
  EXPECT_THAT(WhyItWaits(lost, job), HasSubstr("large enough, but lost: 'big'"));
  // It keeps nobody else out.
  EXPECT_EQ(Started(MakePlan({kPatienceMs, {job, Job("k", 1000)}, {kWorker}, {big}, {}, {}})),
            std::vector<std::string>{"k"});
}

TEST(SchedulerTest, AJobForOneWorkerWaitsForThatOne) {
  const WorkerRoom other = {"o", "other", {4000, 100, 1}, {4000, 100, 1}};
  WorkerRoom busy = kWorker;
  busy.free = {0, 100, 1};
  WaitingJob job = Job("j", 1000);
  job.only_on = "w";
  const Plan plan = MakePlan({0, {job}, {other, busy}, {}});
  EXPECT_TRUE(plan.assignments.empty());
  EXPECT_THAT(WhyItWaits(plan, job), HasSubstr("the worker that it may run on is busy"));
  EXPECT_EQ(MakePlan({0, {job}, {other, kWorker}, {}}).assignments.at(0).worker, "w");
  EXPECT_THAT(WhyItWaits(MakePlan({0, {job}, {other}, {kWorker}}), job),
              AllOf(HasSubstr("worker 'w', the only one that may run it, is not ready"),
                    HasSubstr("draining: 'w'")));
}

TEST(SchedulerTest, OneMoreJobStartsOnWhatIsLeftAndPromisedToNobody) {
  Plan plan = MakePlan({0, {Job("large", 4000)}, {BusyUntil50()}, {}});
  WaitingJob job = Job("one more", 600);
  EXPECT_EQ(AddToPlan(plan, job, 0), std::nullopt);
  EXPECT_EQ(plan.waiting.at("one more").position, 2);
  job = Job("short", 600);
  job.time_limit_ms = 40'000;
  EXPECT_EQ(AddToPlan(plan, job, 10'001), std::nullopt);  // would end after 50,000
  job = Job("shorter", 600);
  job.time_limit_ms = 40'000;
  EXPECT_EQ(AddToPlan(plan, job, 10'000), "w");
  job = Job("no room beside it", 600);
  job.time_limit_ms = 100;
  EXPECT_EQ(AddToPlan(plan, job, 10'000), std::nullopt);
}

TEST(SchedulerTest, PicksTheWorkerWithTheTightestFit) {
  const WorkerRoom big = {"big", "big", {4000, 1000, 1}, {4000, 1000, 1}};
  const Plan plan = MakePlan({0, {Job("j", 1000)}, {big, kWorker}, {}});
  EXPECT_EQ(plan.assignments.at(0).worker, "w");
}

TEST(SchedulerTest, WithoutWorkersItIsReported) {
  EXPECT_EQ(WhyItWaits(MakePlan({0, {Job("j", 1)}, {}, {}}), Job("j", 1)), "no worker is ready");
}

TEST(SchedulerTest, WhatFitsNowhereIsRefusedWithTheReason) {
  EXPECT_TRUE(CheckFits({4000, 100, 1}, {kWorker}).ok());
  const Status status = CheckFits({4001, 100, 1}, {kWorker});
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("4001 milli-cpu"));
  EXPECT_THAT(status.message(), HasSubstr("the largest have 4000 milli-cpu"));
  EXPECT_EQ(LimitsThatFail({4001, 100, 2}, {kWorker}),
            (std::vector<std::string>{"cpu_milli", "systems"}));
  // Each fits somewhere, and all nowhere.
  const WorkerRoom wide = {"wide", "wide", {8000, 50, 0}, {8000, 50, 0}};
  EXPECT_EQ(LimitsThatFail({8000, 100, 0}, {kWorker, wide}),
            (std::vector<std::string>{"cpu_milli", "mem_bytes"}));
}

TEST(SchedulerTest, UnsetRequestsAreCappedToTheLargestWorker) {  // appliance-compat 9
  EXPECT_EQ(WithDefaults({0, 0, 1}, {kWorker}), (Resources{4000, 100, 1}));
  EXPECT_EQ(WithDefaults({0, 0, 0}, {}), (Resources{24'000, int64_t{67} << 30, 0}));
  EXPECT_EQ(WithDefaults({9000, 0, 0}, {kWorker}), (Resources{9000, 100, 0}));
}

TEST(SchedulerTest, TenThousandWaitingJobsTakeTurnsByShare) {
  Snapshot snapshot{0, {}, {{"w", "w", {8, 1000, 1}, {8, 1000, 1}}}, {}};
  for (int i = 0; i < 10'000; ++i) {
    WaitingJob job = Job("j" + std::to_string(i), 1, i < 9'000 ? "many" : "few");
    job.wanted = {1, 1, 0};
    job.sequence = i;
    snapshot.waiting.push_back(job);
  }
  const Plan plan = MakePlan(snapshot);
  ASSERT_EQ(plan.assignments.size(), 8u);
  EXPECT_EQ(plan.assignments[0].job, "j0");
  EXPECT_EQ(plan.assignments[1].job, "j9000");
  EXPECT_EQ(plan.assignments[2].job, "j1");
  EXPECT_EQ(plan.waiting.size(), 9'992u);
}

}  // namespace
}  // namespace csl::appliance
