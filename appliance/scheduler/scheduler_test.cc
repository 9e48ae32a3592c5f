// SPDX-License-Identifier: Apache-2.0
#include "appliance/scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace csl::appliance {
namespace {

using ::testing::HasSubstr;

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
  EXPECT_EQ(plan.position.at("young"), 1);
  EXPECT_THAT(plan.waits_for.at("young"), HasSubstr("busy: it wants 2000 milli-cpu"));
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
  EXPECT_THAT(late.waits_for.at("small"), HasSubstr("older job"));
}

TEST(SchedulerTest, PicksTheWorkerWithTheTightestFit) {
  const WorkerRoom big = {"big", "big", {4000, 1000, 1}, {4000, 1000, 1}};
  const Plan plan = MakePlan({0, {Job("j", 1000)}, {big, kWorker}, {}});
  EXPECT_EQ(plan.assignments.at(0).worker, "w");
}

TEST(SchedulerTest, WithoutWorkersItSaysSo) {
  EXPECT_EQ(MakePlan({0, {Job("j", 1)}, {}, {}}).waits_for.at("j"), "no worker is ready");
}

TEST(SchedulerTest, WhatFitsNowhereIsRefusedWithTheReason) {
  EXPECT_TRUE(CheckFits({4000, 100, 1}, {kWorker}).ok());
  const Status status = CheckFits({4001, 100, 1}, {kWorker});
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("4001 milli-cpu"));
  EXPECT_THAT(status.message(), HasSubstr("the largest have 4000 milli-cpu"));
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
  EXPECT_EQ(plan.position.size(), 9'992u);
}

}  // namespace
}  // namespace csl::appliance
