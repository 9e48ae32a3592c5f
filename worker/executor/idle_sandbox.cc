// SPDX-License-Identifier: Apache-2.0
#include "worker/executor/idle_sandbox.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/archive/owner.h"
#include "base/file.h"
#include "worker/executor/child_process.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

// A machine under load starts slowly, a broken one never.
constexpr std::chrono::milliseconds kRunnerPatience{30'000};
constexpr int kRunnerCheckMs = 50;
constexpr timeval kSendPatience{.tv_sec = 5, .tv_usec = 0};
constexpr char kRoot[] = "/session";
constexpr const char* kFolders[] = {"root", "tmp", "output", "system"};
constexpr const char* kFoldersOfUser[] = {"root", "tmp"};

uint64_t InodeOf(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

StatusOr<Message> ExpectMessage(int socket, pid_t runner, MessageKind kind,
                                const std::function<bool()>& stop) {
  const auto until = std::chrono::steady_clock::now() + kRunnerPatience;
  pollfd wait{socket, POLLIN, 0};
  while (::poll(&wait, 1, kRunnerCheckMs) <= 0) {
    if (HasEnded(runner)) return Unavailable("the session's sandbox ended while it was being made");
    if (stop && stop()) return Status(StatusCode::kCancelled, "the job is to end");
    if (std::chrono::steady_clock::now() > until) {
      return Unavailable("the session's runner does not answer");
    }
  }
  ASSIGN_OR_RETURN(Message message, ReceiveMessage(socket));
  if (message.kind != kind) return DataLoss("the session's runner answers out of turn");
  return message;
}

void EndAndReap(pid_t& pid) {
  if (pid <= 0) return;
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  pid = -1;
}

IdleSandbox::IdleSandbox(fs::path folder, const Sandbox& sandbox)
    : folder_(std::move(folder)),
      sandbox_(sandbox),
      user_(sandbox.protection() == Protection::kFull ? JobUser::Take() : JobUser()) {}

IdleSandbox::~IdleSandbox() {
  if (socket_ >= 0) ::close(socket_);
  EndAndReap(runner_);
}

SandboxSpec IdleSandbox::Inside() const {
  const bool is_full = sandbox_.protection() == Protection::kFull;
  SandboxSpec inside;
  inside.user = user_.id();
  inside.mounts = {{folder_ / "root", kRoot, true}, {folder_ / "tmp", "/tmp", true}};
  inside.working_folder = sandbox_.Inside(inside, folder_ / "root");
  inside.environment = {{"PATH", (sandbox_.prefix() / "bin").string() + ":/usr/bin:/bin"},
                        {"HOME", is_full ? kHome : (folder_ / "tmp").string()},
                        {"TMPDIR", sandbox_.Inside(inside, folder_ / "tmp").string()},
                        {"LANG", "C.UTF-8"},
                        {"USER", "user"}};
  return inside;
}

StatusOr<std::unique_ptr<IdleSandbox>> IdleSandbox::Start(const fs::path& folder,
                                                          const std::string& name,
                                                          const Sandbox& sandbox) {
  std::unique_ptr<IdleSandbox> made(new IdleSandbox(folder, sandbox));
  RETURN_IF_ERROR(made->Make(name));
  return made;
}

Status IdleSandbox::Make(const std::string& name) {
  std::error_code error;
  fs::create_directories(folder_, error);
  for (const char* one : kFolders) {
    if (error) break;
    if (::mkdir((folder_ / one).c_str(), 0700) != 0 && errno != EEXIST) {
      error.assign(errno, std::generic_category());
    }
  }
  if (error) return DiskFailure("cannot make a session's folder", error.value());
  if (user_.id()) {
    for (const char* one : kFoldersOfUser) {
      RETURN_IF_ERROR(archive::GiveTree(folder_ / one, *user_.id()));
    }
  }
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return Unavailable(std::string("no socket for a runner: ") + std::strerror(errno));
  }
  socket_ = pair[0];
  // The runner is the user's: one that reads no more must not hold the agent up for ever.
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof kSendPatience);
  group_ = Cgroup::Create(name, {}, folder_);
  prefix_inode_ = InodeOf(sandbox_.host_prefix());
  const auto started =
      sandbox_.Start(Inside(), {(sandbox_.prefix() / "bin" / "cs-runner").string(), kIdleRunner},
                     {.keep = {pair[1]}}, group_);
  ::close(pair[1]);
  RETURN_IF_ERROR(started.status());
  runner_ = *started;
  return OkStatus();
}

Status IdleSandbox::AwaitReady(const std::function<bool()>& stop) {
  if (is_ready_) return OkStatus();
  RETURN_IF_ERROR(ExpectMessage(socket_, runner_, MessageKind::kReady, stop).status());
  is_ready_ = true;
  return OkStatus();
}

Status IdleSandbox::Begin(const std::string& job, const fs::path& working_folder) {
  RETURN_IF_ERROR(SendMessage(
      socket_, {.kind = MessageKind::kBegin, .text = job + "\n" + working_folder.string()}));
  ASSIGN_OR_RETURN(const Message message, ExpectMessage(socket_, runner_, MessageKind::kReady));
  if (message.code == 0) return OkStatus();
  return Unavailable("the session's runner cannot enter '" + working_folder.string() +
                     "': " + std::strerror(message.code));
}

bool IdleSandbox::IsGood() const {
  return is_ready_ && !HasEnded(runner_) && InodeOf(sandbox_.host_prefix()) == prefix_inode_;
}

Status IdleSandbox::MoveTo(const fs::path& folder) {
  if (::rename(folder_.c_str(), folder.c_str()) != 0) {
    return DiskFailure("cannot make a job's folder '" + folder.string() + "'", errno);
  }
  folder_ = folder;
  return OkStatus();
}

}  // namespace csl::worker
