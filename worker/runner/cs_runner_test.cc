// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "worker/runner/protocol.h"

namespace csl::worker {
namespace {

constexpr int kPipe = 3;

// The exit code of `cs-runner --if-open 3 /bin/sh -c command`, with the read end of a pipe at 3.
int ExitCode(const std::string& command, bool open) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return -1;
  if (!open) ::close(pipe[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (pipe[0] == kPipe) ::fcntl(kPipe, F_SETFD, 0);
    if (pipe[0] != kPipe) ::dup2(pipe[0], kPipe);
    ::execl("worker/runner/cs-runner", "cs-runner", kIfOpen, std::to_string(kPipe).c_str(),
            "/bin/sh", "-c", command.c_str(), nullptr);
    ::_exit(126);
  }
  ::close(pipe[0]);
  int how = 0;
  ::waitpid(pid, &how, 0);
  if (open) ::close(pipe[1]);
  return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

TEST(IfOpen, BecomesTheProgramWithoutThePipe) {
  EXPECT_EQ(ExitCode("[ ! -e /proc/self/fd/3 ] && exit 7", /*open=*/true), 7);
}

TEST(IfOpen, RunsNothingForACallerThatIsGone) { EXPECT_EQ(ExitCode("exit 7", /*open=*/false), 1); }

}  // namespace
}  // namespace csl::worker
