// SPDX-License-Identifier: Apache-2.0
// Starting a session's processes: the runner, and the CS system behind %CMADDR%.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/archive/owner.h"
#include "base/file.h"
#include "worker/executor/child_process.h"
#include "worker/executor/running.h"
#include "worker/executor/session.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

// A machine under load starts slowly, a broken one never.
constexpr std::chrono::milliseconds kRunnerPatience{30'000};
constexpr int kRunnerCheckMs = 50;
constexpr timeval kSendPatience{.tv_sec = 5, .tv_usec = 0};
constexpr char kRoot[] = "/session";

// Waits for the one message the runner owes, within its patience.
StatusOr<Message> Expect(int socket, pid_t runner, MessageKind kind) {
  const auto until = std::chrono::steady_clock::now() + kRunnerPatience;
  pollfd wait{socket, POLLIN, 0};
  while (::poll(&wait, 1, kRunnerCheckMs) <= 0) {
    if (HasEnded(runner)) return Unavailable("the session's sandbox ended while it was being made");
    if (std::chrono::steady_clock::now() > until) {
      return Unavailable("the session's runner does not answer");
    }
  }
  ASSIGN_OR_RETURN(Message message, ReceiveMessage(socket));
  if (message.kind != kind) return DataLoss("the session's runner answers out of turn");
  return message;
}

}  // namespace

SandboxSpec Session::Inside() const {
  SandboxSpec inside;
  const fs::path root = spec_.folder / "root";
  inside.user = user_.id();
  inside.mounts = {{root, kRoot, true}, {spec_.folder / "tmp", "/tmp", true}};
  inside.working_folder = sandbox_.Inside(inside, root / spec_.working);
  inside.environment = {
      {"PATH", (sandbox_.prefix() / "bin").string() + ":/usr/bin:/bin"},
      {"HOME",
       sandbox_.protection() == Protection::kFull ? kHome : (spec_.folder / "tmp").string()},
      {"TMPDIR", sandbox_.Inside(inside, spec_.folder / "tmp").string()},
      {"LANG", "C.UTF-8"},
      {"USER", "user"},
      {"WSJOB_ID", spec_.job}};
  return inside;
}

Status Session::OpenWorkingFolder() {
  ASSIGN_OR_RETURN(const archive::BeneathFolder root,
                   archive::BeneathFolder::OpenOwn(spec_.folder / "root"));
  archive::Components parts;
  for (const fs::path& part : spec_.working) parts.push_back(part.string());
  ASSIGN_OR_RETURN(working_folder_, root.Below(parts));
  if (!user_.id()) return OkStatus();
  working_folder_->CreateAs(*user_.id());
  for (const char* folder : {"root", "tmp"}) {
    RETURN_IF_ERROR(archive::GiveTree(spec_.folder / folder, *user_.id(), spec_.stop));
  }
  return OkStatus();
}

Status Session::StartRunner() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return Unavailable(std::string("no socket for a runner: ") + std::strerror(errno));
  }
  socket_ = pair[0];
  // The runner is the user's: one that reads no more must not hold the agent up for ever.
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof kSendPatience);
  group_ = Cgroup::Create(spec_.folder.filename().string(), spec_.limits, spec_.folder);
  RETURN_IF_ERROR(sandbox_.CheckLimits(group_));
  const auto started = sandbox_.Start(
      Inside(), {(sandbox_.prefix() / "bin" / "cs-runner").string()}, {.keep = {pair[1]}}, group_);
  ::close(pair[1]);
  RETURN_IF_ERROR(started.status());
  runner_ = *started;
  return Expect(socket_, runner_, MessageKind::kReady).status();
}

Status Session::SpawnSystem() {
  // It parses what users built: a sandbox of its own, without the session's files.
  SandboxSpec alone;
  alone.user = user_.id();
  alone.working_folder =
      sandbox_.protection() == Protection::kFull ? fs::path("/tmp") : spec_.folder / "system";
  alone.environment = {{"PATH", "/usr/bin:/bin"}};
  ASSIGN_OR_RETURN(system_, sandbox_.StartTool(alone, "cs-system",
                                               {"--listen-fd", std::to_string(kRunnerSocket)},
                                               {.keep = {system_socket_}}, system_group_));
  system_started_ = std::chrono::steady_clock::now();
  return OkStatus();
}

Status Session::StartSystem() {
  RETURN_IF_ERROR(SendMessage(socket_, {.kind = MessageKind::kListen}));
  ASSIGN_OR_RETURN(Message message, Expect(socket_, runner_, MessageKind::kListening));
  if (message.descriptors.size() != 1 || message.code <= 0 || message.code > 65535) {
    for (const int fd : message.descriptors) ::close(fd);
    return Unavailable("the session has no port for a CS system");
  }
  system_socket_ = message.descriptors[0];
  cmaddr_ = "127.0.0.1:" + std::to_string(message.code);
  system_group_ =
      Cgroup::Create(spec_.folder.filename().string() + "-system", spec_.limits, spec_.folder);
  RETURN_IF_ERROR(sandbox_.CheckLimits(system_group_));
  return SpawnSystem();
}

StatusOr<std::unique_ptr<Session>> Session::Start(SessionSpec spec, const Sandbox& sandbox) {
  std::error_code error;
  for (const char* folder : {"tmp", "output", "system"}) {
    fs::create_directories(spec.folder / folder, error);
    if (error) return DiskFailure("cannot make a session's folder", error.value());
  }
  std::unique_ptr<Session> session(new Session(std::move(spec), sandbox));
  session->wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  RETURN_IF_ERROR(session->OpenWorkingFolder());
  RETURN_IF_ERROR(session->StartRunner());
  if (!session->spec_.simulator) RETURN_IF_ERROR(session->StartSystem());
  session->loop_ = std::thread([self = session.get()] { self->Loop(); });
  return session;
}

}  // namespace csl::worker
