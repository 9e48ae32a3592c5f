// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "appliance/service/job_service_fixture.h"
#include "base/digest/ticket.h"

namespace csl::appliance {
namespace {

using ::testing::HasSubstr;

TEST_F(JobServiceTest, ACompileGoesFromQueuedToSucceeded) {
  const Worker worker = Join();
  const Job job = Submit(Request());
  EXPECT_EQ(job.state, JobState::kScheduled);
  const AssignedAttempt taken = Take(worker);
  EXPECT_EQ(taken.job.compile.csl_main, "layout.csl");
  ASSERT_TRUE(
      service_
          ->Accept(
              kWorker,
              {taken.attempt.id, taken.attempt.fence, JobState::kSucceeded, {}, "", {kBlob, 0}})
          .ok());
  EXPECT_EQ(Now(job).state, JobState::kSucceeded);
  EXPECT_EQ(Now(job).result.artifact, kBlob);
  std::vector<std::string> states;
  const auto events = *service_->WaitEvents(kUser, job.id, 0, 0);
  for (const Event& event : events) states.emplace_back(JobStateText(*event.to));
  EXPECT_EQ(states,
            (std::vector<std::string>{"QUEUED", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED"}));
}

TEST_F(JobServiceTest, ARepeatedSubmitIsTheSameJob) {
  const auto first = *service_->Submit(kUser, Request(), "key");
  const auto again = *service_->Submit(kUser, Request(), "key");
  EXPECT_EQ(first.job.id, again.job.id);
}

TEST_F(JobServiceTest, AnotherNamespaceDoesNotExist) {
  const Job job = Submit(Request());
  EXPECT_EQ(service_->Get(kOther, job.id).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(service_->Cancel(kOther, job.id, "").code(), StatusCode::kNotFound);
  EXPECT_EQ(service_->Submit(kOther, Request(), "").status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(service_->List(kOther, {})->empty());
  EXPECT_EQ(service_->List(kAdmin, {})->size(), 1u);
  JobRequest foreign_blob = Request();
  foreign_blob.name_space = "team-b";
  EXPECT_THAT(service_->Submit(kOther, foreign_blob, "").status().message(), HasSubstr("blob"));
}

TEST_F(JobServiceTest, AWaitingJobSaysWhatItWaitsFor) {
  Join();
  Submit(Request());
  const auto waiting = *service_->Submit(kUser, Request(), "");
  EXPECT_EQ(waiting.job.state, JobState::kQueued);
  EXPECT_EQ(waiting.position, 1);
  EXPECT_THAT(waiting.waits_for, HasSubstr("busy"));
}

TEST_F(JobServiceTest, AJobThatFitsNowhereIsRefused) {
  Join();
  JobRequest large = Request();
  large.wanted.cpu_milli = 1001;
  EXPECT_EQ(service_->Submit(kUser, large, "").status().code(), StatusCode::kResourceExhausted);
}

TEST_F(JobServiceTest, AJobOlderThanEveryWorkerIsCappedToTheFirst) {
  JobRequest open = Request();
  open.wanted = {};
  const Job job = Submit(open);
  EXPECT_EQ(job.state, JobState::kQueued);
  Join();
  EXPECT_EQ(Now(job).state, JobState::kScheduled);
  EXPECT_EQ(Now(job).wanted.cpu_milli, 1000);
}

TEST_F(JobServiceTest, CancellingAQueuedJobEndsItAtOnce) {
  const Job job = Submit(Request());
  ASSERT_TRUE(service_->Cancel(kUser, job.id, "csctl").ok());
  EXPECT_EQ(Now(job).state, JobState::kCancelled);
  EXPECT_EQ(Now(job).message, "cancelled by csctl");
  EXPECT_TRUE(service_->Cancel(kUser, job.id, "csctl").ok());
}

TEST_F(JobServiceTest, CancellingARunningJobGoesThroughItsWorker) {
  const Worker worker = Join();
  const Job job = Submit(Request(JobKind::kLaunch));
  const AssignedAttempt taken = Take(worker);
  ASSERT_TRUE(service_->Cancel(kUser, job.id, "ada").ok());
  EXPECT_EQ(Now(job).state, JobState::kRunning);
  EXPECT_EQ(service_->Poll(Own(worker), worker.id, {taken.attempt.id}, 0)->cancel,
            std::vector<int64_t>{taken.attempt.id});
  ASSERT_TRUE(ReportState(taken, JobState::kFailed, EndReason::kWorkerError).ok());
  EXPECT_EQ(Now(job).state, JobState::kCancelled);
  EXPECT_EQ(Now(job).reason, EndReason::kCancelledBy);
}

TEST_F(JobServiceTest, ALostWorkersCompileIsQueuedAgainAndItsOldReportRefused) {
  const Worker worker = Join();
  const Job job = Submit(Request());
  const AssignedAttempt taken = Take(worker);
  clock_.Advance(20'000);
  ASSERT_TRUE(service_->RenewClientLease(kUser, job.id, 60'000).ok());
  ASSERT_TRUE(service_->Tick().ok());
  EXPECT_EQ(Now(job).state, JobState::kQueued);
  EXPECT_EQ(ReportState(taken, JobState::kSucceeded).code(), StatusCode::kAborted);
  EXPECT_EQ(service_->Poll(Own(worker), worker.id, {}, 0).status().code(), StatusCode::kNotFound);
  const Worker second = Join("two");
  EXPECT_GT(Take(second).attempt.fence, taken.attempt.fence);
  EXPECT_EQ(Now(job).state, JobState::kRunning);
}

TEST_F(JobServiceTest, ALostWorkersSessionIsLost) {
  const Worker worker = Join();
  const Job job = Submit(Request(JobKind::kLaunch));
  Take(worker);
  clock_.Advance(20'000);
  ASSERT_TRUE(service_->Tick().ok());
  EXPECT_EQ(Now(job).state, JobState::kLost);
  EXPECT_EQ(Now(job).reason, EndReason::kNodeLost);
  EXPECT_EQ(service_->RouteToSession(kUser, job.id).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(JobServiceTest, ACompileIsTriedAFewTimesOnly) {
  const Job job = Submit(Request());
  for (int i = 0; i < 3; ++i) {
    const Worker worker = Join();
    Take(worker);
    clock_.Advance(20'000);
    ASSERT_TRUE(service_->RenewClientLease(kUser, job.id, 60'000).ok());
    ASSERT_TRUE(service_->Tick().ok());
  }
  EXPECT_EQ(Now(job).state, JobState::kFailed);
  EXPECT_EQ(Now(job).reason, EndReason::kNodeLost);
}

TEST_F(JobServiceTest, AWorkerThatStartsAnewGivesItsJobsBackAtOnce) {
  const Worker before = Join();
  const Job job = Submit(Request());
  Take(before);
  const Worker after = Join();
  EXPECT_EQ(Now(job).state, JobState::kScheduled);
  EXPECT_EQ(service_->Poll(Own(after), after.id, {}, 0)->assignments.size(), 1u);
}

TEST_F(JobServiceTest, AJobThatIsCancelledBeforeItsWorkerTookItEnds) {
  const Worker worker = Join();
  const Job job = Submit(Request());
  EXPECT_EQ(job.state, JobState::kScheduled);
  ASSERT_TRUE(service_->Cancel(kUser, job.id, "ada").ok());
  EXPECT_TRUE(service_->Poll(Own(worker), worker.id, {}, 0)->assignments.empty());
  EXPECT_EQ(Now(job).state, JobState::kCancelled);
  EXPECT_EQ(Now(job).message, "cancelled by ada");
  EXPECT_TRUE(service_->Poll(Own(worker), worker.id, {}, 0)->cancel.empty());
}

// Its last report got lost, or it ended the session while the service was away.
TEST_F(JobServiceTest, ASessionThatItsWorkerForgotIsLostAndNotStartedAgain) {
  const Worker worker = Join();
  const Job session = Submit(Request(JobKind::kLaunch));
  Take(worker);
  EXPECT_TRUE(service_->Poll(Own(worker), worker.id, {}, 0)->assignments.empty());
  EXPECT_EQ(Now(session).state, JobState::kLost);
  EXPECT_EQ(Now(session).reason, EndReason::kNodeLost);
}

TEST_F(JobServiceTest, ACompileThatItsWorkerForgotRunsAgainUnderANewFence) {
  const Worker worker = Join();
  const Job compile = Submit(Request());
  const AssignedAttempt taken = Take(worker);
  const auto reply = *service_->Poll(Own(worker), worker.id, {}, 0);
  ASSERT_EQ(reply.assignments.size(), 1u);
  EXPECT_GT(reply.assignments[0].attempt.fence, taken.attempt.fence);
  EXPECT_EQ(ReportState(taken, JobState::kSucceeded).code(), StatusCode::kAborted);
  EXPECT_EQ(Now(compile).state, JobState::kScheduled);
}

TEST_F(JobServiceTest, AnOlderPollEndsAndDecidesNothing) {
  const Worker worker = Join();
  std::atomic<bool> ended = false;
  std::thread older([&] {
    EXPECT_TRUE(service_->Poll(Own(worker), worker.id, {}, 60'000)->assignments.empty());
    ended = true;
  });
  while (!ended) ASSERT_TRUE(service_->Poll(Own(worker), worker.id, {}, 1).ok());
  older.join();
}

TEST_F(JobServiceTest, RunningOfAScheduledJobImpliesStarting) {
  const Worker worker = Join();
  const Job job = Submit(Request());
  const auto taken = service_->Poll(Own(worker), worker.id, {}, 0)->assignments.at(0);
  ASSERT_TRUE(ReportState(taken, JobState::kRunning).ok());
  ASSERT_TRUE(ReportState(taken, JobState::kRunning).ok()) << "repeated";
  std::vector<JobState> states;
  const auto events = service_->WaitEvents(kUser, job.id, 0, 0);
  for (const Event& event : *events) states.push_back(*event.to);
  EXPECT_EQ(states, (std::vector<JobState>{JobState::kQueued, JobState::kScheduled,
                                           JobState::kStarting, JobState::kRunning}));
  EXPECT_GT(Now(job).started_ms, 0);
}

TEST_F(JobServiceTest, AnEndThatTheWorkerReportedDoesNotEndItsPoll) {
  const Worker worker = Join("one", 2000);
  const Job job = Submit(Request());
  const AssignedAttempt taken = Take(worker);
  const std::vector<int64_t> running{taken.attempt.id};
  ASSERT_TRUE(ReportState(taken, JobState::kSucceeded).ok());
  EXPECT_FALSE(service_->Poll(Own(worker), worker.id, running, 0)->HasNews());
  Submit(Request());
  const auto next = *service_->Poll(Own(worker), worker.id, running, 0);
  EXPECT_EQ(next.assignments.size(), 1u);
  EXPECT_TRUE(next.cancel.empty());
  // Listed again after a poll without it: the service tells the worker to end it.
  ASSERT_TRUE(service_->Poll(Own(worker), worker.id, {}, 0).ok());
  EXPECT_EQ(service_->Poll(Own(worker), worker.id, running, 0)->cancel, running);
}

TEST_F(JobServiceTest, APollRenewsTheLeaseWithoutAWriteToTheStore) {
  const Worker worker = Join();
  const int64_t before = store_->WriteMark();
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(10'000);
    ASSERT_TRUE(service_->Poll(Own(worker), worker.id, {}, 0).ok());
  }
  EXPECT_EQ(store_->WriteMark(), before);
  ASSERT_TRUE(service_->Tick().ok());
  EXPECT_EQ(*service_->PollingWorkers(), 1);
  clock_.Advance(20'000);
  ASSERT_TRUE(service_->Tick().ok());
  EXPECT_EQ(service_->Poll(Own(worker), worker.id, {}, 0).status().code(), StatusCode::kNotFound);
}

TEST_F(JobServiceTest, AWorkerThatLeavesGivesItsJobsBackAtOnce) {
  const Worker worker = Join();
  const Job job = Submit(Request());
  const AssignedAttempt taken = Take(worker);
  EXPECT_EQ(service_->Leave(kUser, worker.id).code(), StatusCode::kPermissionDenied);
  ASSERT_TRUE(service_->Leave(Own(worker), worker.id).ok());
  EXPECT_TRUE(service_->Leave(Own(worker), worker.id).ok());
  EXPECT_EQ(Now(job).state, JobState::kQueued);
  EXPECT_EQ(ReportState(taken, JobState::kSucceeded).code(), StatusCode::kAborted);
}

TEST_F(JobServiceTest, OneWorkersAttemptIsNotThereForAnother) {
  const Worker worker = Join();
  Submit(Request());
  const Attempt attempt = Take(worker).attempt;
  EXPECT_TRUE(service_->CheckTicket(attempt.id, MakeTicket(attempt.id, attempt.secret)).ok());
  EXPECT_EQ(service_->CheckTicket(attempt.id, "").code(), StatusCode::kNotFound);
  EXPECT_EQ(service_->CheckTicket(attempt.id + 1, MakeTicket(attempt.id, attempt.secret)).code(),
            StatusCode::kNotFound);
}

TEST_F(JobServiceTest, ALearnedEndOfACommandIsNotTakenBack) {
  const Worker worker = Join();
  const Job job = Submit(Request(JobKind::kLaunch));
  Take(worker);
  Command command = service_->AcceptCommand(kUser, job.id, "", "make")->first;
  command.state = CommandState::kExited;
  command.exit_code = 7;
  ASSERT_TRUE(service_->SetCommand(command).ok());
  command.state = CommandState::kStarted;
  ASSERT_TRUE(service_->SetCommand(command).ok());
  EXPECT_EQ(service_->GetCommand(kUser, job.id, command.index)->state, CommandState::kExited);
}

TEST_F(JobServiceTest, AVanishedClientsSessionEnds) {  // appliance-compat 46
  const Worker worker = Join();
  const Job job = Submit(Request(JobKind::kLaunch));
  const AssignedAttempt taken = Take(worker);
  for (int i = 0; i < 7; ++i) {
    clock_.Advance(10'000);
    ASSERT_TRUE(service_->Poll(Own(worker), worker.id, {taken.attempt.id}, 0).ok());
    ASSERT_TRUE(service_->Tick().ok());
  }
  ASSERT_TRUE(ReportState(taken, JobState::kFailed).ok());
  EXPECT_EQ(Now(job).state, JobState::kFailed);
  EXPECT_EQ(Now(job).reason, EndReason::kClientLost);
}

TEST_F(JobServiceTest, TheClientEndsItsSession) {
  const Worker worker = Join();
  const Job job = Submit(Request(JobKind::kLaunch));
  const AssignedAttempt taken = Take(worker);
  EXPECT_EQ(service_->RouteToSession(kUser, job.id)->endpoint, "unix:/w");
  ASSERT_TRUE(service_->Finish(kUser, job.id, true, "").ok());
  ASSERT_TRUE(ReportState(taken, JobState::kCancelled).ok());
  EXPECT_EQ(Now(job).state, JobState::kSucceeded);
}

TEST_F(JobServiceTest, ARepeatedReportIsFineAndAnImpossibleOneIsNot) {
  const Worker worker = Join();
  Submit(Request());
  const AssignedAttempt taken = Take(worker);
  EXPECT_TRUE(ReportState(taken, JobState::kRunning).ok());
  EXPECT_EQ(ReportState(taken, JobState::kStarting).code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(ReportState(taken, JobState::kFailed).ok());
  EXPECT_TRUE(ReportState(taken, JobState::kFailed).ok());
}

TEST_F(JobServiceTest, ACommandWithAKnownKeyIsTheSameCommand) {  // appliance-compat 54
  const Worker worker = Join();
  const Job job = Submit(Request(JobKind::kLaunch));
  Take(worker);
  const auto first = *service_->AcceptCommand(kUser, job.id, "k", "make");
  const auto again = *service_->AcceptCommand(kUser, job.id, "k", "make");
  EXPECT_TRUE(first.second);
  EXPECT_FALSE(again.second);
  EXPECT_EQ(first.first.index, again.first.index);
  EXPECT_EQ(service_->AcceptCommand(kUser, job.id, "", "make")->first.index, 1);
}

TEST_F(JobServiceTest, AKeyIsGoodForOneRequestOfOneUser) {
  const Principal friend_of_ada{Role::kUser, "eve", {"team-a"}};
  const Job job = service_->Submit(kUser, Request(), "k")->job;
  EXPECT_EQ(service_->Submit(kUser, Request(), "k")->job.id, job.id);
  std::vector<JobRequest> others(5, Request());
  others[0].compile.args = {"-o", "x"};
  others[1].priority = 200;
  others[2].name = "x";
  others[3].labels = {{"a", "b"}};
  others[4] = Request(JobKind::kLaunch);
  for (const JobRequest& other : others) {
    EXPECT_EQ(service_->Submit(kUser, other, "k").status().code(), StatusCode::kAlreadyExists);
  }
  EXPECT_EQ(service_->Submit(friend_of_ada, Request(), "k").status().code(),
            StatusCode::kAlreadyExists);

  const Job session = service_->Submit(kUser, Request(JobKind::kLaunch), "")->job;
  ASSERT_TRUE(service_->AcceptCommand(kUser, session.id, "c", "make").ok());
  EXPECT_EQ(service_->AcceptCommand(kUser, session.id, "c", "make clean").status().code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(service_->AcceptCommand(friend_of_ada, session.id, "c", "make").status().code(),
            StatusCode::kAlreadyExists);
}

TEST_F(JobServiceTest, AWorkersTokenIsGoodForThatWorkerAlone) {
  const Worker worker = Join();
  const Principal two{Role::kWorker, "two", {}};
  const Job job = Submit(Request(JobKind::kLaunch));
  const AssignedAttempt taken = Take(worker);
  Worker same;
  same.name = "one";
  same.total = worker.total;
  EXPECT_EQ(service_->Register(two, same).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(service_->Poll(two, worker.id, {}, 0).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(service_->Leave(two, worker.id).code(), StatusCode::kNotFound);
  EXPECT_EQ(service_->JobOfAttempt(two, taken.attempt.id, taken.attempt.fence).status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(
      service_->Accept(two, {taken.attempt.id, taken.attempt.fence, JobState::kFailed, {}, "", {}})
          .code(),
      StatusCode::kNotFound);
  EXPECT_EQ(Now(job).state, JobState::kRunning);
  EXPECT_EQ(service_->CreateToken(kAdmin, {Role::kWorker, "", {}}).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(JobServiceTest, ADrainOutlivesTheWorkersProcess) {
  const Worker before = Join();
  ASSERT_TRUE(service_->SetDraining(kAdmin, before.id, true).ok());
  EXPECT_EQ(Join().state, WorkerState::kDraining);
  EXPECT_EQ(Submit(Request()).state, JobState::kQueued);
  const Worker again = Join();
  ASSERT_TRUE(service_->SetDraining(kAdmin, again.id, false).ok());
  EXPECT_EQ(Join().state, WorkerState::kReady);
}

TEST_F(JobServiceTest, ALargeJobWaitsForALargeWorkerThatIsDrained) {
  Join("one", 1000);
  const Worker large = Join("large", 8000);
  ASSERT_TRUE(service_->SetDraining(kAdmin, large.id, true).ok());
  JobRequest request = Request();
  request.wanted.cpu_milli = 5000;
  EXPECT_EQ(Submit(request).state, JobState::kQueued);
  ASSERT_TRUE(service_->SetDraining(kAdmin, large.id, false).ok());
  EXPECT_EQ(service_->Poll(Own(large), large.id, {}, 0)->assignments.size(), 1u);
  request.wanted.cpu_milli = 9000;
  EXPECT_EQ(service_->Submit(kUser, request, "").status().code(), StatusCode::kResourceExhausted);
}

TEST_F(JobServiceTest, AWaitingWorkerHearsOfAJobAtOnce) {
  const Worker worker = Join();
  std::thread submitter([this] { Submit(Request()); });
  const auto reply = service_->Poll(Own(worker), worker.id, {}, 60'000);
  submitter.join();
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->assignments.size(), 1u);
}

TEST_F(JobServiceTest, ADrainingWorkerTakesNothingNew) {
  const Worker worker = Join();
  EXPECT_EQ(service_->SetDraining(kUser, worker.id, true).code(), StatusCode::kPermissionDenied);
  ASSERT_TRUE(service_->SetDraining(kAdmin, worker.id, true).ok());
  EXPECT_EQ(Submit(Request()).state, JobState::kQueued);
  ASSERT_TRUE(service_->SetDraining(kAdmin, worker.id, false).ok());
  EXPECT_EQ(service_->Poll(Own(worker), worker.id, {}, 0)->assignments.size(), 1u);
}

TEST_F(JobServiceTest, ATokenIsWhoItWasMadeFor) {
  EXPECT_EQ(service_->CreateToken(kUser, kAdmin).status().code(), StatusCode::kPermissionDenied);
  const std::string token = service_->CreateToken(kAdmin, kUser)->text;
  EXPECT_EQ(service_->Authenticate(token)->user, "ada");
  for (const std::string& wrong : {std::string(), token + "0", std::string("cslt_")}) {
    EXPECT_EQ(service_->Authenticate(wrong).status().code(), StatusCode::kUnauthenticated);
  }
}

TEST_F(JobServiceTest, ATokenOpensNothingOnceItIsRevokedOrHasExpired) {
  const NewToken revoked = *service_->CreateToken(kAdmin, kUser);
  const NewToken brief = *service_->CreateToken(kAdmin, kUser, 10);
  std::vector<std::string> told;
  service_->OnChange([&told](const std::string& channel) { told.push_back(channel); });
  EXPECT_EQ(service_->RevokeToken(kUser, revoked.token.id).status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(service_->RevokeToken(kAdmin, "token-none").status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(service_->RevokeToken(kAdmin, revoked.token.id).ok());
  EXPECT_EQ(told, std::vector<std::string>{JobService::kTokensChannel});
  EXPECT_EQ(service_->Authenticate(revoked.text).status().message(), "the token was revoked");
  EXPECT_EQ(service_->AdmitToken(revoked.text, kAdmin).code(), StatusCode::kFailedPrecondition);

  clock_.Advance(9'999);
  EXPECT_TRUE(service_->Authenticate(brief.text).ok());
  ASSERT_TRUE(service_->Tick().ok());
  told.clear();
  clock_.Advance(1);
  EXPECT_EQ(service_->Authenticate(brief.text).status().message(), "the token has expired");
  ASSERT_TRUE(service_->Tick().ok());
  EXPECT_EQ(told, std::vector<std::string>{JobService::kTokensChannel});

  // The same after a new start.
  JobService again(*store_, clock_);
  for (const NewToken* one : {&revoked, &brief}) {
    EXPECT_EQ(again.Authenticate(one->text).status().code(), StatusCode::kUnauthenticated);
  }
}

TEST_F(JobServiceTest, TokensAreListedWithTheirTimesForAdministrators) {
  EXPECT_EQ(service_->Tokens(kUser).status().code(), StatusCode::kPermissionDenied);
  const NewToken made = *service_->CreateToken(kAdmin, kUser, 60);
  const int64_t created = clock_.NowMs();
  clock_.Advance(5);
  ASSERT_TRUE(service_->Authenticate(made.text).ok());
  ASSERT_TRUE(service_->Tick().ok());
  JobService again(*store_, clock_);
  for (const JobService* service : {service_.get(), &again}) {
    const auto all = service->Tokens(kAdmin);
    ASSERT_EQ(all->size(), 1u);
    const Token& one = all->front();
    EXPECT_EQ(one.id, made.token.id);
    EXPECT_EQ(one.principal.user, "ada");
    EXPECT_EQ(one.created_ms, created);
    EXPECT_EQ(one.expires_ms, created + 60'000);
    EXPECT_EQ(one.last_used_ms, created + 5);
    EXPECT_EQ(one.revoked_ms, 0);
  }
  for (const int64_t seconds : {int64_t{-1}, int64_t{1} << 40}) {
    EXPECT_EQ(service_->CreateToken(kAdmin, kUser, seconds).status().code(),
              StatusCode::kInvalidArgument);
  }
}

TEST_F(JobServiceTest, ABlobBelongsToTheNamespaceThatBroughtIt) {
  const std::string digest(64, 'b');
  EXPECT_EQ(service_->AddBlob(kOther, "team-a", digest, 1).code(), StatusCode::kNotFound);
  ASSERT_TRUE(service_->AddBlob(kOther, "team-b", digest, 1).ok());
  EXPECT_FALSE(*service_->MayReadBlob(kUser, digest));
  EXPECT_TRUE(*service_->MayReadBlob(kOther, digest));
}

TEST_F(JobServiceTest, UsersAndWorkersKeepToTheirCalls) {
  EXPECT_EQ(service_->Submit(kWorker, Request(), "").status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(service_->Poll(kUser, "w", {}, 0).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(service_->Register(kAdmin, {}).status().code(), StatusCode::kPermissionDenied);
  JobRequest urgent = Request();
  urgent.priority = 99;
  EXPECT_THAT(service_->Submit(kUser, urgent, "").status().message(),
              HasSubstr("priority is 99; must be 100 to 399"));
}

}  // namespace
}  // namespace csl::appliance
