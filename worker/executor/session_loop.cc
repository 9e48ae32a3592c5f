// SPDX-License-Identifier: Apache-2.0
// The session's own thread: what the runner reports and what commands print.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "worker/executor/child_process.h"
#include "worker/executor/running.h"
#include "worker/executor/session.h"

namespace csl::worker {
namespace {

constexpr size_t kPumpBytes = 64 * 1024;
constexpr size_t kMaxPipeBytes = 1 << 20;  // as much as a pipe can be made to hold
constexpr int kSystemCheckMs = 200;        // how soon a CS system that has ended stands again
// One that ends this often this soon does not work at all.
constexpr int kMaxSystemDeaths = 3;
constexpr std::chrono::seconds kSystemSettled{5};

}  // namespace

// Takes what the pipe holds, without waiting. A writer that never pauses gets its next turn later:
// nothing else of the session may wait for it.
void Session::Pump(Running& running, OutputKind kind) {
  Running::Stream& stream = running.stream(kind);
  char buffer[kPumpBytes];
  for (size_t taken = 0; stream.pipe >= 0 && taken < kMaxPipeBytes;) {
    const ssize_t got = ::read(stream.pipe, buffer, sizeof buffer);
    if (got > 0) {
      taken += static_cast<size_t>(got);
      stream.log->Append(std::string_view(buffer, static_cast<size_t>(got)));
      if (on_news_) on_news_();
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      if (got == 0 || errno != EAGAIN) {
        ::close(stream.pipe);
        stream.pipe = -1;
        stream.log->Seal();
      }
      return;
    }
  }
}

// Why a command ended, where its exit code does not say it.
void Session::Explain(Running& running, CommandRecord& record) const {
  for (const OutputKind kind : {OutputKind::kStdout, OutputKind::kStderr}) {
    const std::string failure = running.stream(kind).log->failure();
    if (failure.empty()) continue;
    record.failure = EndReason::kDiskFull;
    record.message = failure;
    return;
  }
  if (record.exit_code != 0 && group_.MemoryKills() > running.memory_kills) {
    record.failure = EndReason::kOutOfMemory;
    record.message = "the session reached " + std::to_string(group_.PeakMemoryBytes()) +
                     " bytes of memory, " + std::to_string(spec_.limits.mem_bytes) +
                     " were allowed; the kernel ended a process of it";
  }
}

void Session::Finish(Running& running, const Message& message) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  // All that the command wrote before it ended is in the pipes by now.
  Pump(running, OutputKind::kStdout);
  Pump(running, OutputKind::kStderr);
  CommandRecord& record = running.record;
  record.phase = CommandPhase::kExited;
  record.exit_code = message.code;
  record.signal = message.signal;
  record.max_rss_bytes = message.max_rss_bytes;
  record.duration_ms =
      duration_cast<milliseconds>(std::chrono::steady_clock::now() - running.started).count();
  if (record.failure == EndReason::kNone) Explain(running, record);
  running.out.log->Complete();
  running.err.log->Complete();
  changed_.notify_all();
  if (on_news_) on_news_();
}

void Session::HandleRunner() {
  auto message = ReceiveMessage(socket_);
  if (!message.ok()) {
    Lose(EndReason::kSessionLost,
         "the init of the session's sandbox is gone: " + message.status().message());
    return;
  }
  for (const int fd : message->descriptors) ::close(fd);
  if (message->kind != MessageKind::kExited) return;
  std::function<void(const CommandRecord&)> on_exit;
  CommandRecord record;
  {
    std::lock_guard lock(mutex_);
    const auto it = commands_.find(message->index);
    if (it == commands_.end() || it->second->record.phase == CommandPhase::kExited) return;
    Finish(*it->second, *message);
    record = it->second->Record();
    on_exit = on_exit_;
  }
  if (on_exit) on_exit(record);
}

void Session::Lose(EndReason reason, const std::string& why) {
  std::function<void(EndReason, const std::string&)> on_lost;
  {
    std::lock_guard lock(mutex_);
    if (lost_ || stopping_) return;
    lost_ = true;
    on_lost = on_lost_;
    for (auto& [index, running] : commands_) {
      if (running->record.phase == CommandPhase::kExited) continue;
      running->record.failure = reason;
      running->record.message = why;
      Finish(*running, {.kind = MessageKind::kExited, .code = 128 + SIGKILL, .signal = SIGKILL});
    }
  }
  if (on_lost) on_lost(reason, why);
}

// The process outside of a sandbox does nothing but wait: what is inside may live on without it,
// but nobody would learn of its end.
void Session::KeepRunner() {
  pollfd look{socket_, POLLIN, 0};
  if (!HasEnded(runner_) || ::poll(&look, 1, 0) != 0) return;  // first what it said last
  Lose(EndReason::kSessionLost, "the outer process of the session's sandbox is gone");
}

void Session::KeepSystem() {
  int how = 0;
  if (system_ <= 0 || !HasEnded(system_)) return;
  ::kill(-system_, SIGKILL);
  ::waitpid(system_, &how, 0);
  system_ = -1;
  const bool soon = std::chrono::steady_clock::now() - system_started_ < kSystemSettled;
  system_deaths_ = soon ? system_deaths_ + 1 : 0;
  if (system_deaths_ >= kMaxSystemDeaths) {
    const std::string end = WIFSIGNALED(how) ? "signal " + std::to_string(WTERMSIG(how))
                                             : "exit code " + std::to_string(WEXITSTATUS(how));
    const std::string memory =
        system_group_.HadOutOfMemory()
            ? "; it reached " + std::to_string(system_group_.PeakMemoryBytes()) +
                  " bytes of memory, " + std::to_string(spec_.limits.mem_bytes) + " were allowed"
            : "";
    Lose(EndReason::kSystemFailed, "the CS system ended " + std::to_string(system_deaths_) +
                                       " times soon after its start, the last time with " + end +
                                       memory);
    return;
  }
  (void)SpawnSystem();  // the socket is still ours: clients that wait are served by the next one
}

void Session::Loop() {
  for (;;) {
    std::vector<pollfd> wait = {{wake_, POLLIN, 0}};
    std::vector<std::pair<Running*, OutputKind>> owners = {{}};
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      if (!lost_) {
        wait.push_back({socket_, POLLIN, 0});
        owners.push_back({});
      }
      std::erase_if(printing_,
                    [](const Running* one) { return one->out.pipe < 0 && one->err.pipe < 0; });
      for (Running* running : printing_) {
        for (const OutputKind kind : {OutputKind::kStdout, OutputKind::kStderr}) {
          if (running->stream(kind).pipe < 0) continue;
          wait.push_back({running->stream(kind).pipe, POLLIN, 0});
          owners.emplace_back(running, kind);
        }
      }
    }
    ::poll(wait.data(), wait.size(), kSystemCheckMs);
    uint64_t count = 0;
    if (wait[0].revents != 0) (void)!::read(wake_, &count, sizeof count);
    for (size_t i = 1; i < wait.size(); ++i) {
      if (wait[i].revents == 0) continue;
      if (owners[i].first == nullptr) {
        HandleRunner();
      } else {
        std::lock_guard lock(mutex_);
        Pump(*owners[i].first, owners[i].second);
      }
    }
    KeepRunner();
    KeepSystem();
  }
}

}  // namespace csl::worker
