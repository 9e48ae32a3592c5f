// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/run_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace csl::runtime::layout {
namespace {

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<size_t>(size));
  }
}

int ExitCodeOf(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

StatusOr<ProgramRun> RunProgram(const std::vector<std::string>& args) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Unavailable(fmt::format("a pipe: {}", std::strerror(errno)));
  }
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  ProgramRun run;
  if (error == 0) {
    run.errors = ReadAll(ends[0]);
    run.exit_code = ExitCodeOf(pid);
  }
  ::close(ends[0]);
  if (error == 0) return run;
  return NotFound(fmt::format("'{}' cannot be started: {}", args[0], std::strerror(error)));
}

}  // namespace csl::runtime::layout
