// SPDX-License-Identifier: Apache-2.0
// cs-runner: the init of a session's sandbox. Runs the commands it is sent, several at once, and
// ends with its agent; the kernel then ends whatever is left.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "worker/runner/protocol.h"

namespace csl::worker {
namespace {

constexpr int64_t kRssUnit = 1024;  // getrusage counts kilobytes
constexpr int kBacklog = 16;

class Runner {
 public:
  // `shown`: the word of the command line that names the job; null for none.
  explicit Runner(char* shown) : shown_(shown) {}
  int Loop();

 private:
  void Handle(Message message);
  void Run(Message& message);
  void Kill(uint32_t index);
  void Listen();
  void Begin(const std::string& text);
  void Reap();
  int End();

  char* const shown_;
  std::map<pid_t, uint32_t> commands_;
};

// In the child of a vfork, which shares its parent's memory: system calls alone.
[[noreturn]] void BeCommand(const Message& message) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(message.descriptors[0], STDOUT_FILENO);
  ::dup2(message.descriptors[1], STDERR_FILENO);
  ::close_range(3, ~0u, 0);
  ::execl("/bin/bash", "bash", "-c", message.text.c_str(), nullptr);
  ::execl("/bin/sh", "sh", "-c", message.text.c_str(), nullptr);
  ::_exit(127);
}

void Runner::Run(Message& message) {
  if (message.descriptors.size() != 2) return;
  const pid_t pid = ::vfork();  // a copy of our memory would only be thrown away
  if (pid == 0) BeCommand(message);
  if (pid < 0) {
    (void)SendMessage(kRunnerSocket, {.kind = MessageKind::kExited,
                                      .index = message.index,
                                      .code = 126,
                                      .text = "cannot start a process"});
    return;
  }
  ::setpgid(pid, pid);
  commands_[pid] = message.index;
}

void Runner::Kill(uint32_t index) {
  for (const auto& [pid, one] : commands_) {
    if (one == index) ::kill(-pid, SIGKILL);
  }
}

void Runner::Listen() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Message reply{.kind = MessageKind::kListening};
  if (fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      ::listen(fd, kBacklog) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    reply.code = ntohs(address.sin_port);
    reply.descriptors.push_back(fd);
  }
  (void)SendMessage(kRunnerSocket, reply);
  if (fd >= 0) ::close(fd);
}

void Runner::Begin(const std::string& text) {
  const std::string job = text.substr(0, text.find('\n'));
  const std::string folder = text.substr(std::min(job.size() + 1, text.size()));
  Message reply{.kind = MessageKind::kReady};
  if (::setenv("WSJOB_ID", job.c_str(), 1) != 0 || ::chdir(folder.c_str()) != 0) reply.code = errno;
  // Padded: a shorter end would be filled up with what follows it.
  if (shown_ != nullptr) {
    for (size_t i = 0; shown_[i] != '\0'; ++i) shown_[i] = i < job.size() ? job[i] : ' ';
  }
  (void)SendMessage(kRunnerSocket, reply);
}

void Runner::Handle(Message message) {
  if (message.kind == MessageKind::kRun) Run(message);
  if (message.kind == MessageKind::kKill) Kill(message.index);
  if (message.kind == MessageKind::kListen) Listen();
  if (message.kind == MessageKind::kBegin) Begin(message.text);
  for (const int fd : message.descriptors) ::close(fd);
}

void Runner::Reap() {
  for (;;) {
    int how = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &how, WNOHANG, &usage);
    if (pid <= 0) return;
    const auto it = commands_.find(pid);
    if (it == commands_.end()) continue;  // an orphan that init inherited
    Message message{.kind = MessageKind::kExited, .index = it->second};
    message.signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    message.code = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
    message.max_rss_bytes = usage.ru_maxrss * kRssUnit;
    commands_.erase(it);
    (void)SendMessage(kRunnerSocket, message);
  }
}

// As an init the kernel ends all others with it. Elsewhere it ends what it started, and what that
// started: orphans come to it as its children, so that it continues until there is none.
int Runner::End() {
  if (::getpid() == 1) return 0;
  const std::string list = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  for (const auto& [pid, index] : commands_) ::kill(-pid, SIGKILL);
  for (;;) {
    std::ifstream children(list);
    bool any = false;
    for (pid_t pid = 0; children >> pid;) any = ::kill(pid, SIGKILL) == 0 || any;
    if (!any) return 0;
    (void)::waitpid(-1, nullptr, 0);
  }
}

int Runner::Loop() {
  // Commands begin with what every process begins with.
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  // Where the sandbox is missing, the runner is not init: make orphans come to it all the same.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // And to learn of the agent's death from the socket, in time to end them.
  if (::getpid() != 1) ::prctl(PR_SET_PDEATHSIG, 0);
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  const int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0 || !SendMessage(kRunnerSocket, {.kind = MessageKind::kReady}).ok()) return 1;
  for (;;) {
    pollfd wait[] = {{kRunnerSocket, POLLIN, 0}, {signals, POLLIN, 0}};
    if (::poll(wait, 2, -1) < 0) continue;
    if (wait[1].revents != 0) {
      signalfd_siginfo info{};
      while (::read(signals, &info, sizeof info) > 0) {
      }
      Reap();
    }
    if (wait[0].revents == 0) continue;
    auto message = ReceiveMessage(kRunnerSocket);
    if (!message.ok()) return End();  // the agent is gone or has ended the session
    Handle(*std::move(message));
  }
}

// Becomes the program, unless nobody holds the other end of the pipe any more.
int BecomeIfOpen(const char* pipe, char** argv) {
  pollfd wait{std::atoi(pipe), POLLIN, 0};
  if (::poll(&wait, 1, 0) != 0) return 1;
  ::close(wait.fd);
  ::execv(argv[0], argv);
  return 127;
}

}  // namespace
}  // namespace csl::worker

int main(int argc, char** argv) {
  if (argc > 3 && std::string_view(argv[1]) == csl::worker::kIfOpen) {
    return csl::worker::BecomeIfOpen(argv[2], argv + 3);
  }
  // Its commands are of the same user: none may look into it, or take its socket.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::fcntl(csl::worker::kRunnerSocket, F_SETFD, FD_CLOEXEC);
  return csl::worker::Runner(argc > 1 ? argv[1] : nullptr).Loop();
}
