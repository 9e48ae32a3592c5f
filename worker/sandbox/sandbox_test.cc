// SPDX-License-Identifier: Apache-2.0
// Negative tests first: what a job must not be able to do, tried from inside.
#include "worker/sandbox/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "worker/sandbox/seccomp_filter.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};

class SandboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status probe = ProbeSandbox("/usr");
    if (!probe.ok()) GTEST_SKIP() << "no sandbox on this machine: " << probe.message();
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "work");
    ASSERT_TRUE(WriteFileAtomic(folder_ / "secret", std::string_view("s3cret")).ok());
    spec_.mounts = {{folder_ / "work", "/session", true}};
    spec_.working_folder = "/session";
    spec_.user = user_.id();
    if (user_.id()) {
      ASSERT_EQ(::chown((folder_ / "work").c_str(), *user_.id(), *user_.id()), 0);
    }
    spec_.environment = {{"PATH", "/usr/bin:/bin"}, {"WSJOB_ID", "wsjob-x"}};
  }

  Outcome Run(const std::string& command, const Cgroup& group = {}) {
    const Sandbox sandbox("/usr", Protection::kFull);
    int pipe[2];
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const auto pid =
        sandbox.Start(spec_, {"/bin/sh", "-c", command}, {.out = pipe[1], .err = pipe[1]}, group);
    EXPECT_TRUE(pid.ok());
    ::close(pipe[1]);
    Outcome outcome;
    char buffer[4096];
    for (ssize_t got; (got = ::read(pipe[0], buffer, sizeof buffer)) > 0;) {
      outcome.output.append(buffer, static_cast<size_t>(got));
    }
    ::close(pipe[0]);
    int how = 0;
    ::waitpid(*pid, &how, 0);
    outcome.exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return outcome;
  }

  const JobUser user_ = JobUser::Take();
  fs::path folder_;
  SandboxSpec spec_;
};

TEST_F(SandboxTest, RunsACommandInItsFolder) {
  const Outcome outcome = Run("echo $WSJOB_ID; pwd; echo made > file");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "wsjob-x\n/session\n");
  EXPECT_EQ(*ReadTextFile(folder_ / "work" / "file"), "made\n");
}

TEST_F(SandboxTest, SeesNoFileOfTheHost) {
  EXPECT_NE(Run("cat '" + (folder_ / "secret").string() + "'").exit_code, 0);
  EXPECT_NE(Run("cat /etc/shadow").exit_code, 0);
  EXPECT_NE(Run("ls /root /home/*/.ssh /var/lib").exit_code, 0);
  EXPECT_THAT(Run("ls /proc").output, HasSubstr("cpuinfo"));
  EXPECT_EQ(Run("ls -d /proc/[0-9]* | wc -l; true").exit_code, 0);
}

TEST_F(SandboxTest, WritesNothingButItsFolderAndTmp) {
  for (const char* path : {"/usr/x", "/etc/x", "/x", "/usr/bin/sh"}) {
    EXPECT_NE(Run("echo x > " + std::string(path)).exit_code, 0) << path;
  }
  EXPECT_EQ(Run("echo x > /tmp/x && echo y > /session/y").exit_code, 0);
}

TEST_F(SandboxTest, IsNobodyOnTheHost) {
  if (!user_.id()) GTEST_SKIP() << "only a root worker can give a job a user of its own";
  EXPECT_EQ(Run("id -u; id -g; echo x > file").output, "1000\n1000\n");
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "work" / "file").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, *user_.id());
  EXPECT_EQ(info.st_gid, *user_.id());
}

TEST_F(SandboxTest, ARootWorkerStartsNothingAsRoot) {
  if (!user_.id()) GTEST_SKIP() << "not root";
  spec_.user.reset();
  const auto pid = Sandbox("/usr", Protection::kFull).Start(spec_, {"/bin/true"}, {}, Cgroup());
  EXPECT_EQ(pid.status().code(), StatusCode::kInternal);
}

// The whole list of what may be written. /proc has a test of its own, which opens what it finds.
TEST_F(SandboxTest, WhatCanBeWrittenIsKnown) {
  const Outcome outcome =
      Run("find / -path /proc -prune -o -not -type l -writable -print 2>/dev/null | sort; true");
  EXPECT_EQ(outcome.output,
            "/dev\n/dev/full\n/dev/null\n/dev/pts\n/dev/pts/ptmx\n/dev/random\n/dev/shm\n"
            "/dev/tty\n/dev/urandom\n/dev/zero\n/home\n/run\n/session\n/tmp\n");
}

TEST_F(SandboxTest, WhatTheMachineHasInProcIsReadOnlyOrMasked) {
  // Opened for writing and closed again: nothing is changed where a test fails.
  EXPECT_EQ(Run("find /proc -path '/proc/[0-9]*' -prune -o -type f -print 2>/dev/null | "
                "while read f; do ( : >> $f ) 2>/dev/null && echo $f; done; true")
                .output,
            "");
  EXPECT_EQ(Run("cat /proc/kcore /proc/keys 2>/dev/null | head -c 10").output, "");
}

// A shell in the compiler's place: what an attacker could reach through a bug in the compiler.
TEST_F(SandboxTest, AToolSeesOnlyItsFolderAndLibraries) {
  const fs::path prefix = folder_ / "prefix";
  fs::create_directories(prefix / "bin");
  fs::copy_file(fs::canonical("worker/runner/cs-runner"), prefix / "bin" / "cs-runner");
  fs::copy_file("/bin/bash", prefix / "bin" / "tool");
  // Other users can read an installation.
  for (fs::path path = prefix; path != folder_.parent_path(); path = path.parent_path()) {
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  }
  const Sandbox sandbox(prefix, Protection::kFull);
  const auto run = [&](const std::string& command) {
    int pipe[2];
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const auto pid = sandbox.StartTool(spec_, "tool", {"-c", command},
                                       {.out = pipe[1], .err = pipe[1]}, Cgroup());
    ::close(pipe[1]);
    EXPECT_TRUE(pid.ok()) << pid.status().message();
    std::string output;
    char buffer[4096];
    for (ssize_t got; (got = ::read(pipe[0], buffer, sizeof buffer)) > 0;) {
      output.append(buffer, static_cast<size_t>(got));
    }
    ::close(pipe[0]);
    ::waitpid(*pid, nullptr, 0);
    return output;
  };
  EXPECT_EQ(run("readlink /proc/self/exe; pwd; echo made > file; cat file"),
            "/opt/csl/bin/tool\n/session\nmade\n");
  EXPECT_EQ(run("shopt -s extglob\ncd /; echo !(bin|sbin|lib*); echo /etc/* /proc/* /dev/*"),
            "etc home opt proc session tmp usr\n/etc/ld.so.cache /proc/self /dev/*\n");
  EXPECT_EQ(run("find / -not -type l -writable -print 2>&- | sort"),
            "/session\n/session/file\n/tmp\n");
  EXPECT_THAT(run("unshare -U true; mount -t proc none /tmp"),
              ::testing::AllOf(HasSubstr("unshare"), HasSubstr("mount")));
  EXPECT_THAT(run("echo x > /dev/tcp/127.0.0.1/22"), HasSubstr("refused"));
}

TEST_F(SandboxTest, HasNoNetworkButLoopback) {
  const Outcome outcome = Run("cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '");
  EXPECT_EQ(outcome.output, "lo\n");
}

TEST_F(SandboxTest, InheritsNeitherEnvironmentNorDescriptors) {
  ::setenv("CS_TOKEN_CANARY", "canary", 1);
  const int leak = ::open((folder_ / "secret").c_str(), O_RDONLY);
  const Outcome outcome = Run("env; ls -l /proc/self/fd; cat <&" + std::to_string(leak));
  ::close(leak);
  EXPECT_THAT(outcome.output, Not(HasSubstr("canary")));
  EXPECT_THAT(outcome.output, Not(HasSubstr("s3cret")));
}

TEST_F(SandboxTest, GainsNoPrivileges) {
  EXPECT_THAT(
      Run("grep -E 'CapEff|NoNewPrivs' /proc/self/status").output,
      ::testing::AllOf(HasSubstr("CapEff:\t0000000000000000"), HasSubstr("NoNewPrivs:\t1")));
  EXPECT_NE(Run("mount -t tmpfs none /tmp").exit_code, 0);
  EXPECT_NE(Run("unshare -U true").exit_code, 0);
  EXPECT_NE(Run("chroot /tmp true").exit_code, 0);
}

// Whatever a kernel learns after this filter was written: programs take ENOSYS for an older kernel.
TEST_F(SandboxTest, ACallThatTheFilterDoesNotKnowDoesNotExist) {
  const Outcome outcome =
      Run("python3 -c 'import ctypes, errno\n"
          "c = ctypes.CDLL(None, use_errno=True)\n"
          "for number in list(range(451, 600)) + [5000, 0x3fffffff]:\n"
          "  if c.syscall(number, -1, 0, 0, 0, 0, 0) >= 0 or ctypes.get_errno() != errno.ENOSYS:\n"
          "    print(number, ctypes.get_errno())'");
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(outcome.exit_code, 0);
}

TEST_F(SandboxTest, NoCallThatChangesMountsIsLeftOut) {
  // mount_setattr, fsconfig, fspick, quotactl_fd: with arguments that a kernel would refuse first.
  const Outcome outcome =
      Run("python3 -c 'import ctypes, errno\n"
          "c = ctypes.CDLL(None, use_errno=True)\n"
          "for number in (442, 431, 433, 443):\n"
          "  print(c.syscall(number, -1, 0, 0, 0, 0, 0), errno.errorcode[ctypes.get_errno()])'");
  EXPECT_EQ(outcome.output, "-1 EPERM\n-1 EPERM\n-1 EPERM\n-1 EPERM\n");
}

TEST_F(SandboxTest, BackgroundProcessesDieWithIt) {
  const Outcome outcome = Run("sleep 1000 & sleep 1000 & echo started");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "started\n");  // the read ends only when every writer is gone
}

TEST_F(SandboxTest, AControlGroupStopsAForkBombAndAMemoryHog) {
  Cgroup group = Cgroup::Create("sandbox-test-" + std::to_string(::getpid()),
                                {.mem_bytes = 64 << 20, .max_pids = 20}, ::testing::TempDir());
  if (!group.available()) GTEST_SKIP() << "no control groups on this machine";
  EXPECT_THAT(Run("for i in $(seq 100); do sleep 100 & done; echo end", group).output,
              HasSubstr("fork"));
  const Outcome hog = Run("head -c 500000000 /dev/zero | tail -c 400000000 > /dev/null", group);
  EXPECT_THAT(hog.output + std::to_string(hog.exit_code), Not(HasSubstr("survived")));
  EXPECT_TRUE(group.HadOutOfMemory());
  EXPECT_GT(group.PeakMemoryBytes(), 32 << 20);
}

TEST_F(SandboxTest, KillingTheGroupLeavesNobody) {
  Cgroup group =
      Cgroup::Create("sandbox-kill-" + std::to_string(::getpid()), {}, ::testing::TempDir());
  if (!group.available()) GTEST_SKIP() << "no control groups on this machine";
  const Sandbox sandbox("/usr", Protection::kFull);
  EXPECT_THAT(Sandbox("/usr", Protection::kNone)
                  .Start(spec_, {"/no/such/program"}, {}, Cgroup())
                  .status()
                  .message(),
              HasSubstr("cannot start /no/such/program"));
  const auto pid =
      sandbox.Start(spec_, {"/bin/sh", "-c", "setsid sleep 1000 & sleep 1000"}, {}, group);
  ASSERT_TRUE(pid.ok());
  const std::string procs = group.EntryFiles().front();
  group.Kill();
  ::waitpid(*pid, nullptr, 0);
  EXPECT_EQ(*ReadTextFile(procs), "");
  group.Remove();
  EXPECT_FALSE(fs::exists(procs));
}

TEST_F(SandboxTest, WhatACrashedWorkerLeavesBehindIsRemovedByTheNext) {
  const fs::path records = fs::path(::testing::TempDir()) / "crashed";
  fs::create_directories(records);
  const std::string name = "sandbox-crash-" + std::to_string(::getpid());
  auto* forgotten =
      new Cgroup(Cgroup::Create(name, {}, records));  // not destroyed in time: a crash
  if (!forgotten->available()) GTEST_SKIP() << "no control groups on this machine";
  const auto pid =
      Sandbox("/usr", Protection::kFull).Start(spec_, {"/bin/sleep", "1000"}, {}, *forgotten);
  ASSERT_TRUE(pid.ok()) << pid.status().message();
  // The same name again: without the old one's processes, but never without limits unnoticed.
  EXPECT_FALSE(Cgroup::Create(name, {}, ::testing::TempDir()).available());
  Cgroup::RemoveRecorded(records);
  EXPECT_EQ(::waitpid(*pid, nullptr, 0), *pid);
  EXPECT_FALSE(fs::exists(forgotten->EntryFiles().front()));
  delete forgotten;
}

TEST(SeccompTest, TheFilterIsMadeAndTheTableIsNotEmpty) {
  const auto fd = MakeSeccompFilter();
  ASSERT_TRUE(fd.ok()) << fd.status().message();
  EXPECT_GT(::lseek(*fd, 0, SEEK_END), 100);
  ::close(*fd);
  EXPECT_GT(RefusedSystemCalls().size(), 30u);
}

}  // namespace
}  // namespace csl::worker
