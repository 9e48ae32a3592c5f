// SPDX-License-Identifier: Apache-2.0
// Commands and their ends. Starting the processes lies in session_start.cc, reading what they say
// in session_loop.cc.
#include "worker/executor/session.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/failure_point.h"
#include "worker/executor/child_process.h"
#include "worker/executor/cmaddr.h"
#include "worker/executor/running.h"

namespace csl::worker {

namespace {

constexpr std::chrono::milliseconds kRunnerEnd{2'000};
constexpr std::chrono::milliseconds kRunnerEndCheck{5};

// Until the child has ended, for a while; leaves it to be reaped.
void AwaitEnd(pid_t pid) {
  const auto until = std::chrono::steady_clock::now() + kRunnerEnd;
  while (!HasEnded(pid) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kRunnerEndCheck);
  }
}

}  // namespace

Session::Session(SessionSpec spec, const Sandbox& sandbox, std::unique_ptr<IdleSandbox> idle)
    : spec_(std::move(spec)), sandbox_(sandbox), idle_(std::move(idle)) {}

StatusOr<CommandRecord> Session::Run(int64_t index, const std::string& command) {
  std::unique_lock lock(mutex_);
  if (const auto it = commands_.find(index); it != commands_.end()) {
    if (it->second->record.text == command) return it->second->Record();
    return AlreadyExists("command " + std::to_string(index) + " of the session is another");
  }
  if (lost_ || stopping_) return FailedPrecondition("the session is over");
  const std::string text = SubstituteCmaddr(command, cmaddr_);
  if (text.size() > kMaxMessageText) {
    return InvalidArgument("a command may have " + std::to_string(kMaxMessageText) +
                           " bytes, this one has " + std::to_string(text.size()));
  }
  auto running = std::make_unique<Running>();
  running->record.index = index;
  running->record.text = command;
  running->memory_kills = group_.MemoryKills();
  const std::filesystem::path base = spec_.folder / "output" / std::to_string(index);
  running->out.log = std::make_unique<OutputLog>(base.string() + ".stdout");
  running->err.log = std::make_unique<OutputLog>(base.string() + ".stderr");
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC | O_NONBLOCK) != 0) return Unavailable("no descriptors left");
  running->out.pipe = out[0];
  if (::pipe2(err, O_CLOEXEC | O_NONBLOCK) != 0) {
    ::close(out[1]);
    return Unavailable("no descriptors left");
  }
  running->err.pipe = err[0];
  // The command gets blocking ends: few programs expect anything else of their output.
  for (const int fd : {out[1], err[1]}) ::fcntl(fd, F_SETFL, 0);
  PassFailurePoint("worker.before_command");
  const Status sent = SendMessage(socket_, {.kind = MessageKind::kRun,
                                            .index = static_cast<uint32_t>(index),
                                            .text = text,
                                            .descriptors = {out[1], err[1]}});
  ::close(out[1]);
  ::close(err[1]);
  RETURN_IF_ERROR(sent);
  const CommandRecord record = running->Record();
  printing_.push_back(running.get());
  commands_[index] = std::move(running);
  const uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);  // the loop has new pipes to watch
  PassFailurePoint("worker.during_command");
  return record;
}

StatusOr<CommandRecord> Session::Wait(int64_t index, int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  const auto it = commands_.find(index);
  if (it == commands_.end()) {
    return NotFound("the session has no command " + std::to_string(index));
  }
  const Running& running = *it->second;
  changed_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                    [&running] { return running.record.phase == CommandPhase::kExited; });
  return running.Record();
}

StatusOr<OutputLog::Piece> Session::Read(int64_t index, OutputKind kind, uint64_t offset,
                                         uint64_t max_bytes, int64_t wait_ms) {
  OutputLog* log = nullptr;
  {
    std::lock_guard lock(mutex_);
    const auto it = commands_.find(index);
    if (it == commands_.end()) {
      return NotFound("the session has no command " + std::to_string(index));
    }
    log = it->second->stream(kind).log.get();  // lives as long as the session
  }
  return log->Read(offset, max_bytes, wait_ms);
}

Status Session::Kill(int64_t index) {
  std::lock_guard lock(mutex_);
  if (!commands_.contains(index)) {
    return NotFound("the session has no command " + std::to_string(index));
  }
  return SendMessage(socket_, {.kind = MessageKind::kKill, .index = static_cast<uint32_t>(index)});
}

void Session::OnNews(std::function<void()> callback) {
  std::lock_guard lock(mutex_);
  on_news_ = std::move(callback);
}

void Session::OnLost(std::function<void(EndReason, const std::string&)> callback) {
  std::lock_guard lock(mutex_);
  on_lost_ = std::move(callback);
}

void Session::OnExit(std::function<void(const CommandRecord&)> callback) {
  std::lock_guard lock(mutex_);
  on_exit_ = std::move(callback);
}

void Session::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  const uint64_t one = 1;
  if (wake_ >= 0) (void)!::write(wake_, &one, sizeof one);
  if (loop_.joinable()) loop_.join();
  // Without a sandbox the runner ends the rest when it sees that its agent is gone.
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  if (runner_ > 0 && sandbox_.protection() == Protection::kNone) AwaitEnd(runner_);
  // The first process is the init of the pid namespace: with it goes everything. The group takes
  // care of what runs without a sandbox.
  EndAndReap(runner_);
  EndAndReap(system_);
  group_.Remove();
  system_group_.Remove();
  std::lock_guard lock(mutex_);
  for (auto& [index, running] : commands_) {
    if (running->record.phase == CommandPhase::kExited) continue;
    running->record.phase = CommandPhase::kExited;
    running->record.signal = SIGKILL;
    running->record.exit_code = 128 + SIGKILL;
    if (running->record.failure == EndReason::kNone) {
      running->record.failure = EndReason::kSessionLost;
      running->record.message = "the session ended before the command did";
    }
    running->out.log->Complete();
    running->err.log->Complete();
  }
  // What the session leaves behind is kept for a while: without descriptors.
  for (auto& [index, running] : commands_) {
    running->out.Close();
    running->err.Close();
  }
  printing_.clear();
  changed_.notify_all();
  if (on_news_) on_news_();
}

bool Session::over() const {
  std::lock_guard lock(mutex_);
  return stopping_ || lost_;
}

Session::~Session() {
  Stop();
  for (const int fd : {socket_, wake_, system_socket_}) {
    if (fd >= 0) ::close(fd);
  }
}

}  // namespace csl::worker
