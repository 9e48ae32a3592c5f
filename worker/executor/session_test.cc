// SPDX-License-Identifier: Apache-2.0
// Sessions with real processes: the runner that was built beside this test, in the sandbox where
// this machine has one.
#include "worker/executor/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>

#include <condition_variable>
#include <mutex>

#include "base/file.h"
#include "worker/executor/cmaddr.h"
#include "worker/executor/spare_sandboxes.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A prefix whose bin/ holds the runner.
fs::path TestPrefix() {
  static const fs::path prefix = [] {
    fs::path at = fs::path(::testing::TempDir()) / "prefix";
    fs::remove_all(at);
    fs::create_directories(at / "bin");
    fs::copy_file(fs::canonical("worker/runner/cs-runner"), at / "bin" / "cs-runner");
    return at;
  }();
  return prefix;
}

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "root" / "top");
    protection_ = ProbeSandbox(TestPrefix()).ok() ? Protection::kFull : Protection::kNone;
    SessionSpec spec;
    spec.job = "wsjob-test" + std::to_string(::getpid());
    spec.folder = folder_;
    spec.working = "top";
    spec.simulator = true;
    auto session = Session::Start(spec, Sandbox(TestPrefix(), protection_));
    ASSERT_TRUE(session.ok()) << session.status().message();
    session_ = std::move(session).value();
  }

  CommandRecord RunToEnd(const std::string& command) { return RunToEndAt(next_++, command); }
  CommandRecord RunToEndAt(int64_t index, const std::string& command) {
    const auto started = session_->Run(index, command);
    EXPECT_TRUE(started.ok()) << started.status().message();
    auto record = session_->Wait(index, 60'000);
    EXPECT_TRUE(record.ok() && record->phase == CommandPhase::kExited);
    return *record;
  }
  std::string Output(int64_t index, OutputKind kind = OutputKind::kStdout) {
    return session_->Read(index, kind, 0, 1 << 20, 0)->bytes;
  }

  fs::path folder_;
  Protection protection_ = Protection::kFull;
  std::unique_ptr<Session> session_;
  int64_t next_ = 0;
};

TEST_F(SessionTest, ACommandRunsInAShellAndItsOutputIsKept) {  // appliance-compat 28, 30
  const CommandRecord record = RunToEnd("echo out | tr a-z A-Z; echo err >&2; false || exit 3");
  EXPECT_EQ(record.exit_code, 3);
  EXPECT_EQ(Output(0), "OUT\n");
  EXPECT_EQ(Output(0, OutputKind::kStderr), "err\n");
  EXPECT_EQ(record.stdout_bytes, 4u);
}

TEST_F(SessionTest, SignalsDoNotKeepASessionFromStarting) {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};  // without SA_RESTART: calls that wait are interrupted
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGALRM, &nothing, &before), 0);
  const itimerval often{{0, 200}, {0, 200}};
  const itimerval never{};
  for (int i = 0; i < 5; ++i) {
    SessionSpec spec;
    spec.job = "wsjob-alarm" + std::to_string(i);
    spec.folder = folder_ / std::to_string(i);
    spec.working = "top";
    spec.simulator = true;
    fs::create_directories(spec.folder / "root" / "top");
    ::setitimer(ITIMER_REAL, &often, nullptr);
    const auto session =
        Session::Start(spec, Sandbox(TestPrefix(), Protection::kNone, Limits::kAsFarAsPossible));
    ::setitimer(ITIMER_REAL, &never, nullptr);
    EXPECT_TRUE(session.ok()) << session.status().message();
  }
  ::sigaction(SIGALRM, &before, nullptr);
}

TEST_F(SessionTest, FilesPersistAndShellStateDoesNot) {  // appliance-compat 31
  RunToEnd("echo kept > file; cd /; export X=1");
  RunToEnd("cat file; echo \"[$X]\"");
  EXPECT_EQ(Output(1), "kept\n[]\n");
  EXPECT_EQ(*ReadTextFile(folder_ / "root" / "top" / "file"), "kept\n");
}

TEST_F(SessionTest, BackgroundProcessesOutliveTheirCommand) {  // appliance-compat 32
  RunToEnd("(while [ ! -e stop ]; do sleep 0.01; done; echo ended > mark) >/dev/null 2>&1 &");
  RunToEnd("touch stop; while [ ! -s mark ]; do sleep 0.01; done; cat mark");
  EXPECT_EQ(Output(1), "ended\n");
}

TEST_F(SessionTest, ACommandEndsThoughADaemonHoldsItsOutput) {  // appliance-compat 32
  const CommandRecord record = RunToEnd("sleep 1000 & echo done");
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_EQ(Output(0), "done\n");
  EXPECT_TRUE(session_->Read(0, OutputKind::kStdout, 5, 100, 0)->complete);
}

TEST_F(SessionTest, CommandsRunAtTheSameTime) {  // appliance-compat 33
  ASSERT_TRUE(session_->Run(0, "while [ ! -e go ]; do sleep 0.01; done; echo first").ok());
  ASSERT_TRUE(session_->Run(1, "echo second; touch go").ok());
  EXPECT_EQ(session_->Wait(0, 60'000)->exit_code, 0);
  EXPECT_EQ(Output(0) + Output(1), "first\nsecond\n");
}

TEST_F(SessionTest, ANumberThatIsKnownIsNotRunAgain) {
  RunToEnd("echo x >> count");
  ASSERT_TRUE(session_->Run(0, "echo x >> count").ok());
  EXPECT_EQ(session_->Wait(0, 60'000)->phase, CommandPhase::kExited);
  EXPECT_EQ(*ReadTextFile(folder_ / "root" / "top" / "count"), "x\n");
  // Of a service that has forgotten what it numbered.
  EXPECT_EQ(session_->Run(0, "echo y >> count").status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(session_->Wait(99, 0).status().code(), StatusCode::kNotFound);
}

TEST_F(SessionTest, OutputIsReadWhileTheCommandRuns) {
  ASSERT_TRUE(session_->Run(0, "echo early; while [ ! -e go ]; do sleep 0.01; done").ok());
  const auto piece = session_->Read(0, OutputKind::kStdout, 0, 100, 60'000);
  EXPECT_EQ(piece->bytes, "early\n");
  EXPECT_FALSE(piece->complete);
  ASSERT_TRUE(session_->Run(1, "touch go").ok());
  EXPECT_TRUE(session_->Read(0, OutputKind::kStdout, 6, 100, 60'000)->complete);
}

TEST_F(SessionTest, KillEndsACommandAndItsChildren) {  // appliance-compat 45
  ASSERT_TRUE(session_->Run(0, "sleep 1000 | sleep 1000").ok());
  ASSERT_TRUE(session_->Kill(0).ok());
  EXPECT_EQ(session_->Wait(0, 60'000)->signal, SIGKILL);
  EXPECT_EQ(RunToEndAt(1, "echo alive").exit_code, 0);
}

TEST_F(SessionTest, TheEnvironmentIsTheDocumentedOne) {  // appliance-compat 34, 35
  ::setenv("CS_TOKEN_CANARY", "canary", 1);
  RunToEnd("env; echo $PATH; [ -w $TMPDIR ] && echo writable");
  EXPECT_THAT(Output(0), HasSubstr("WSJOB_ID=wsjob-test"));
  EXPECT_THAT(Output(0), HasSubstr("writable"));
  EXPECT_THAT(Output(0), HasSubstr("/bin:/usr/bin"));
  EXPECT_THAT(Output(0), ::testing::Not(HasSubstr("canary")));
}

TEST_F(SessionTest, CmaddrOfTheSimulatorIsAnEmptyWord) {  // appliance-compat 36, 37
  RunToEnd("printf '[%s]' --cmaddr %CMADDR% --cmaddr=%CMADDR% \"--cmaddr=%CMADDR%\" 100%");
  EXPECT_EQ(Output(0), "[--cmaddr][][--cmaddr=][--cmaddr=][100%]");
}

TEST_F(SessionTest, StopEndsEverythingAndIsReported) {
  ASSERT_TRUE(session_->Run(0, "setsid sleep 1000 & sleep 1000").ok());
  session_->Stop();
  EXPECT_EQ(session_->Wait(0, 0)->exit_code, 137);
  EXPECT_EQ(session_->Run(1, "true").status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(SessionTest, ACommandThatNeverStopsPrintingHoldsNothingUp) {
  ASSERT_TRUE(session_->Run(0, "yes & yes >&2").ok());
  ASSERT_FALSE(session_->Read(0, OutputKind::kStdout, 0, 10, 60'000)->bytes.empty());
  EXPECT_EQ(RunToEndAt(1, "echo alive").exit_code, 0);
  session_->Stop();
  EXPECT_EQ(session_->Wait(0, 0)->signal, SIGKILL);
}

TEST_F(SessionTest, ManyCommandsHoldNoDescriptors) {
  const auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  RunToEnd("echo first");
  const auto before = open_files();
  for (int i = 0; i < 20; ++i) RunToEnd("echo " + std::to_string(i));
  // The last one's pipes may still be on their way to be closed.
  EXPECT_LE(open_files(), before + 6);
  EXPECT_EQ(Output(5), "4\n");
}

TEST_F(SessionTest, AKilledRunnerIsNoticed) {
  std::mutex mutex;
  std::condition_variable changed;
  std::string why;
  session_->OnLost([&](EndReason, const std::string& text) {
    std::lock_guard lock(mutex);
    why = text;
    changed.notify_all();
  });
  ASSERT_TRUE(session_->Run(0, "kill -9 $PPID; sleep 1000").ok());
  // In a pid namespace nobody can kill its init from inside; then the session simply continues.
  if (protection_ == Protection::kFull) {
    EXPECT_TRUE(session_->Kill(0).ok());
    EXPECT_EQ(session_->Wait(0, 60'000)->signal, SIGKILL);
    return;
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return !why.empty(); }));
}

TEST(UnprotectedSessionTest, EndsWhatItsCommandsLeftBehind) {
  SessionSpec spec;
  spec.job = "wsjob-bare" + std::to_string(::getpid());
  spec.folder = fs::path(::testing::TempDir()) / spec.job;
  spec.simulator = true;
  fs::create_directories(spec.folder / "root");
  auto session = Session::Start(spec, Sandbox(TestPrefix(), Protection::kNone));
  ASSERT_TRUE(session.ok()) << session.status().message();
  ASSERT_TRUE((*session)->Run(0, "(setsid sleep 1000 & echo $! > left); (sleep 1000 &)").ok());
  (void)(*session)->Wait(0, 60'000);
  const pid_t left = std::stoi(*ReadTextFile(spec.folder / "root" / "left"));
  ASSERT_EQ(::kill(left, 0), 0);
  (*session)->Stop();
  EXPECT_NE(::kill(left, 0), 0);
}

TEST(CmaddrTest, ReplacesEachOccurrenceAndNothingElse) {  // appliance-compat 36
  EXPECT_EQ(SubstituteCmaddr("run --a %CMADDR% --b=%CMADDR% '%CMADDR%' 50% %CMADDR", "h:1"),
            "run --a h:1 --b=h:1 'h:1' 50% %CMADDR");
  EXPECT_EQ(SubstituteCmaddr("\"it's %CMADDR%\" %CMADDR%", ""), "\"it's \" ''");
  EXPECT_EQ(SubstituteCmaddr("\\\"%CMADDR%", ""), "\\\"''");
}

class SpareTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ProbeSandbox(TestPrefix()).ok()) GTEST_SKIP() << "no sandbox on this machine";
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  std::unique_ptr<IdleSandbox> TakeInTheEnd(SpareSandboxes& spares, const std::string& name) {
    for (;;) {
      auto spare = spares.Take(folder_ / name);
      if (spare != nullptr) return spare;
      spares.Refill();
      std::this_thread::yield();
    }
  }
  StatusOr<std::unique_ptr<Session>> Begin(std::unique_ptr<IdleSandbox> spare) {
    SessionSpec spec;
    spec.job = "wsjob-" + spare->folder().filename().string();
    spec.folder = spare->folder();
    spec.working = "top";
    spec.simulator = true;
    fs::create_directories(spec.folder / "root" / "top");
    return Session::Start(spec, sandbox_, std::move(spare));
  }
  fs::path folder_;
  Sandbox sandbox_{TestPrefix(), Protection::kFull, Limits::kAsFarAsPossible};
};

TEST_F(SpareTest, OneThatStoodBeforeTheJobIsTheJobsOwn) {
  SpareSandboxes spares(folder_, sandbox_, 1);
  auto session = Begin(TakeInTheEnd(spares, "first"));
  ASSERT_TRUE(session.ok()) << session.status().message();
  ASSERT_TRUE(
      (*session)->Run(0, "echo $WSJOB_ID; pwd; touch file; tr '\\0' ' ' </proc/1/cmdline").ok());
  ASSERT_TRUE((*session)->Wait(0, 60'000).ok());
  EXPECT_THAT((*session)->Read(0, OutputKind::kStdout, 0, 1000, 0)->bytes,
              ::testing::AllOf(::testing::StartsWith("wsjob-first\n/session/top\n"),
                               HasSubstr("cs-runner wsjob-first")));
  EXPECT_TRUE(fs::exists(folder_ / "first/root/top/file"));
  // The next is another one: another user's, with nothing in it.
  auto other = Begin(TakeInTheEnd(spares, "second"));
  ASSERT_TRUE(other.ok()) << other.status().message();
  ASSERT_TRUE((*other)->Run(0, "ls; stat -c %u . /session/..").ok());
  ASSERT_TRUE((*other)->Wait(0, 60'000).ok());
  EXPECT_THAT((*other)->Read(0, OutputKind::kStdout, 0, 1000, 0)->bytes,
              ::testing::StartsWith("1000\n"));
}

TEST_F(SpareTest, OneWhoseProcessHasEndedIsGivenToNobody) {
  SpareSandboxes spares(folder_, sandbox_, 1);
  auto spare = TakeInTheEnd(spares, "first");
  ASSERT_TRUE(spare->IsGood());
  ::kill(spare->process(), SIGKILL);
  while (spare->IsGood()) std::this_thread::yield();
  EXPECT_FALSE(Begin(std::move(spare)).ok());
}

TEST_F(SpareTest, NothingIsLeftOfThemAtTheEnd) {
  {
    SpareSandboxes spares(folder_, sandbox_, 2);
    TakeInTheEnd(spares, "taken").reset();
    spares.Refill();
  }
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_)) left.push_back(entry.path().filename());
  EXPECT_EQ(left, std::vector<std::string>{"taken"});
}

}  // namespace
}  // namespace csl::worker
