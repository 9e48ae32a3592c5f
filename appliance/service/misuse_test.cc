// SPDX-License-Identifier: Apache-2.0
// What careless or hostile callers do, and clocks that are set.
#include <gmock/gmock.h>

#include "appliance/service/job_service_fixture.h"

namespace csl::appliance {
namespace {

using ::testing::HasSubstr;

class MisuseTest : public JobServiceTest {};

// A clock that is set, and a laptop that sleeps with service, worker and client on it.
TEST_F(MisuseTest, AJumpOfTheClockLosesNobody) {
  for (const int64_t jump : {int64_t{3'600'000}, int64_t{-7'200'000}, int64_t{400'000'000'000}}) {
    const Worker worker = Join();
    const Job job = Submit(Request(JobKind::kLaunch));
    Take(worker);
    clock_.Jump(jump);
    ASSERT_TRUE(service_->Tick().ok());
    EXPECT_EQ(Now(job).state, JobState::kRunning) << jump;
    // And who is silent is still found.
    clock_.Advance(ServiceOptions().worker_lease_ms + 1);
    ASSERT_TRUE(service_->Tick().ok());
    EXPECT_EQ(Now(job).state, JobState::kLost) << jump;
  }
}

TEST_F(MisuseTest, AServiceThatStartsAnewGivesEachLeaseAgain) {
  const Worker worker = Join();
  JobRequest leased = Request(JobKind::kLaunch);
  leased.client_lease = true;
  const Job job = Submit(leased);
  Take(worker);
  for (const int64_t jump : {int64_t{3'600'000}, int64_t{-7'200'000}}) {
    FakeClock later(clock_.NowMs() + jump);
    JobService again(*store_, later);
    ASSERT_TRUE(again.Tick().ok());
    EXPECT_EQ(again.Get(kUser, job.id)->job.state, JobState::kRunning) << jump;
    later.Advance(ServiceOptions().worker_lease_ms / 2);
    ASSERT_TRUE(again.Tick().ok());
    EXPECT_EQ(again.Get(kUser, job.id)->job.state, JobState::kRunning) << jump;
  }
  FakeClock last(clock_.NowMs() - 7'200'000);
  JobService again(*store_, last);
  ASSERT_TRUE(again.Tick().ok());
  last.Advance(ServiceOptions().worker_lease_ms + 1);
  ASSERT_TRUE(again.Tick().ok());
  EXPECT_EQ(again.Get(kUser, job.id)->job.state, JobState::kLost);
}

TEST_F(MisuseTest, AUserHasSoManyJobsAndLeavesRoomForOthers) {
  constexpr size_t kMost = 20;
  JobService service(*store_, clock_, {.max_jobs_each = kMost});
  const Job first = service.Submit(kUser, Request(), "")->job;
  for (size_t i = 1; i < kMost; ++i) ASSERT_TRUE(service.Submit(kUser, Request(), "").ok()) << i;
  const auto refused = service.Submit(kUser, Request(), "");
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.status().message(), HasSubstr("'ada' has 20 jobs"));
  const Principal friend_of_ada{Role::kUser, "eve", {"team-a"}};
  EXPECT_TRUE(service.Submit(friend_of_ada, Request(), "").ok());
  ASSERT_TRUE(service.Cancel(kUser, first.id, "").ok());
  EXPECT_TRUE(service.Submit(kUser, Request(), "").ok());
}

TEST_F(MisuseTest, AUsersJobsTakeSoMuchMemoryAndLeaveRoomForOthers) {
  JobService service(*store_, clock_, {.max_job_bytes_each = 1 << 20});
  JobRequest request = Request();
  request.compile.args = {std::string(64 * 1024, 'x'), std::string(32 * 1024, 'y')};
  Job first;
  auto last = service.Submit(kUser, request, "");
  ASSERT_TRUE(last.ok()) << last.status().message();
  first = last->job;
  for (int i = 1; i < 20 && last.ok(); ++i) last = service.Submit(kUser, request, "");
  EXPECT_EQ(last.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(last.status().message(), HasSubstr("must be at most 1048576"));
  const Principal friend_of_ada{Role::kUser, "eve", {"team-a"}};
  EXPECT_TRUE(service.Submit(friend_of_ada, request, "").ok());
  ASSERT_TRUE(service.Cancel(kUser, first.id, "").ok());
  EXPECT_TRUE(service.Submit(kUser, request, "").ok());
  // A list shows no arguments, and holds none in memory.
  JobFilter filter;
  filter.limit = 100;
  const auto list = service.List(kUser, filter);
  ASSERT_TRUE(list.ok());
  for (const JobView& view : *list) EXPECT_TRUE(view.job.compile.args.empty());
  EXPECT_EQ(service.Get(kUser, list->back().job.id)->job.compile.args.size(), 2u);

  request.compile.args = {std::string(64 * 1024, 'x'), std::string(64 * 1024, 'y'), "z"};
  const auto refused = service.Submit(friend_of_ada, request, "");
  EXPECT_EQ(refused.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.status().message(), HasSubstr("args has 131073 bytes"));
}

TEST_F(MisuseTest, ACompileHasNoSessionToFinish) {
  const Worker worker = Join();
  const Job job = Submit(Request());
  Take(worker);
  EXPECT_EQ(service_->Finish(kUser, job.id, true, "").code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Now(job).state, JobState::kRunning);
}

// What is one field in one request and another field in the next is not the same request.
TEST_F(MisuseTest, AKeyKnowsWhereEachPartOfARequestEnds) {
  std::vector<JobRequest> all(7, Request());
  all[1].labels = {{"a=b", "c"}};
  all[2].labels = {{"a", "b=c"}};
  all[3].labels = {{"a", "b"}, {"c", ""}};
  all[4].compile.args = {"a", "b"};
  all[5].compile.args = {};
  all[5].labels = {{"a", "b"}};
  all[6].compile.args = {"a"};
  all[6].labels = {{"b", ""}};
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < all.size(); ++j) {
      const std::string key = std::to_string(i) + "-" + std::to_string(j);
      ASSERT_TRUE(service_->Submit(kUser, all[i], key).ok());
      EXPECT_EQ(service_->Submit(kUser, all[j], key).ok(), i == j) << key;
    }
  }
}

TEST_F(MisuseTest, ATokenIsForSomebodyWhoCanBeNamed) {
  const std::string longest(256, 'x');
  for (const std::string& user : {std::string("ada"), longest, std::string("gr\xc3\xbcn")}) {
    EXPECT_TRUE(service_->CreateToken(kAdmin, {Role::kUser, user, {"team-a"}}).ok()) << user;
  }
  for (const Role role : {Role::kUser, Role::kWorker, Role::kAdmin}) {
    for (const std::string& user :
         {std::string(), longest + "x", std::string("a\nb"), std::string(1, '\0'),
          std::string("\x7f"), std::string("\x1b]0;x")}) {
      EXPECT_EQ(service_->CreateToken(kAdmin, {role, user, {}}).status().code(),
                StatusCode::kInvalidArgument);
    }
  }
  for (const std::string& name_space : {std::string(), longest + "x", std::string("a\nb")}) {
    EXPECT_EQ(service_->CreateToken(kAdmin, {Role::kUser, "ada", {name_space}}).status().code(),
              StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace csl::appliance
