// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/archive/beneath.h"
#include "client/native/embedded.h"

namespace csl::client {
namespace {

// What a daemon may know of its starter's environment. CS_FAILURE_POINT arms a failure in tests.
constexpr const char* kKeptVariables[] = {"HOME",
                                          "USER",
                                          "LOGNAME",
                                          "LANG",
                                          "LC_ALL",
                                          "TZ",
                                          "TMPDIR",
                                          "XDG_RUNTIME_DIR",
                                          "CS_FAILURE_POINT"};
constexpr char kPath[] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In a forked child of a process with threads: only calls that are safe after fork.
[[noreturn]] void Become(char* const* argv, char* const* envp, const char* log) {
  ::umask(077);
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  if (in < 0 || out < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) {
    ::_exit(126);
  }
  if (::syscall(SYS_close_range, 3U, ~0U, 0U) != 0) {
    for (int fd = 3; fd < 65536; ++fd) ::close(fd);
  }
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &plain, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir("/") != 0) ::_exit(126);
  ::execve(argv[0], argv, envp);
  ::_exit(127);
}

}  // namespace

StatusOr<pid_t> StartDaemon(const std::vector<std::string>& arguments,
                            const std::filesystem::path& log, const Environment& environment) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = {kPath};
  for (const char* name : kKeptVariables) {
    if (const std::string value = environment(name); !value.empty()) {
      variables.push_back(std::string(name) + "=" + value);
    }
  }
  const auto argv = Pointers(words);
  const auto envp = Pointers(variables);
  if (::access(argv[0], X_OK) != 0) {
    return NotFound("cannot run '" + words[0] + "': " + std::strerror(errno));
  }
  int tell[2];
  if (::pipe2(tell, O_CLOEXEC) != 0) {
    return Unavailable(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const archive::Fd reader(tell[0]);
  const archive::Fd writer(tell[1]);
  // Two forks: the daemon leads no session, so that it can get no terminal, and init inherits it.
  const pid_t child = ::fork();
  if (child < 0) return Unavailable(std::string("cannot fork: ") + std::strerror(errno));
  if (child == 0) {
    ::setsid();
    const pid_t daemon = ::fork();
    if (daemon != 0) {
      const bool told = daemon > 0 && ::write(tell[1], &daemon, sizeof daemon) == sizeof daemon;
      ::_exit(told ? 0 : 1);
    }
    Become(argv.data(), envp.data(), log.c_str());
  }
  int how = 0;
  while (::waitpid(child, &how, 0) < 0 && errno == EINTR) {
  }
  pid_t daemon = 0;
  if (how != 0 || ::read(reader.get(), &daemon, sizeof daemon) != sizeof daemon) {
    return Unavailable("cannot fork the embedded appliance");
  }
  return daemon;
}

}  // namespace csl::client
