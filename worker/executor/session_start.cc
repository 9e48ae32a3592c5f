// SPDX-License-Identifier: Apache-2.0
// Starting a session's processes: the runner, and the CS system behind %CMADDR%.
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "base/archive/owner.h"
#include "worker/executor/running.h"
#include "worker/executor/session.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

}  // namespace

Status Session::OpenWorkingFolder() {
  ASSIGN_OR_RETURN(const archive::BeneathFolder root,
                   archive::BeneathFolder::OpenOwn(spec_.folder / "root"));
  archive::Components parts;
  for (const fs::path& part : spec_.working) parts.push_back(part.string());
  ASSIGN_OR_RETURN(working_folder_, root.Below(parts));
  const std::optional<uint32_t> user = idle_->Inside().user;
  if (!user) return OkStatus();
  working_folder_->CreateAs(*user);
  return archive::GiveTree(spec_.folder / "root", *user, spec_.stop);
}

// The sandbox becomes the session's: from here on the limits hold and commands may run.
Status Session::Begin() {
  RETURN_IF_ERROR(idle_->AwaitReady(spec_.stop));
  idle_->group_.SetLimits(spec_.limits);
  RETURN_IF_ERROR(sandbox_.CheckLimits(idle_->group_));
  const SandboxSpec inside = idle_->Inside();
  RETURN_IF_ERROR(
      idle_->Begin(spec_.job, sandbox_.Inside(inside, spec_.folder / "root" / spec_.working)));
  user_ = std::move(idle_->user_);
  group_ = std::move(idle_->group_);
  runner_ = std::exchange(idle_->runner_, -1);
  socket_ = std::exchange(idle_->socket_, -1);
  idle_.reset();
  return OkStatus();
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
  ASSIGN_OR_RETURN(Message message, ExpectMessage(socket_, runner_, MessageKind::kListening));
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

StatusOr<std::unique_ptr<Session>> Session::Start(SessionSpec spec, const Sandbox& sandbox,
                                                  std::unique_ptr<IdleSandbox> idle) {
  if (idle == nullptr) {
    ASSIGN_OR_RETURN(idle, IdleSandbox::Start(spec.folder, spec.folder.filename(), sandbox));
  }
  std::unique_ptr<Session> session(new Session(std::move(spec), sandbox, std::move(idle)));
  session->wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  RETURN_IF_ERROR(session->OpenWorkingFolder());
  RETURN_IF_ERROR(session->Begin());
  if (!session->spec_.simulator) RETURN_IF_ERROR(session->StartSystem());
  session->loop_ = std::thread([self = session.get()] { self->Loop(); });
  return session;
}

}  // namespace csl::worker
