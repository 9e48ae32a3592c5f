// SPDX-License-Identifier: Apache-2.0
// A session: one sandbox in which commands run, files lie, and behind %CMADDR% a CS system stands.
//
// Commands run several at once; what they leave in the background lives between them and dies with
// the session. A command is known by its number: asked to run one again, the session gives the
// record it has. Thread safe.
#ifndef WORKER_EXECUTOR_SESSION_H_
#define WORKER_EXECUTOR_SESSION_H_

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/archive/beneath.h"
#include "base/status.h"
#include "proto/job_words.h"
#include "worker/executor/idle_sandbox.h"
#include "worker/executor/output_log.h"
#include "worker/runner/protocol.h"
#include "worker/sandbox/sandbox.h"

namespace csl::worker {

struct SessionSpec {
  std::string job;                // id, for the environment and names
  std::filesystem::path prefix;   // the installation
  std::filesystem::path folder;   // the session's own, on the host: root/ tmp/ output/
  std::filesystem::path working;  // where commands start, relative to root/
  bool simulator = false;         // no CS system: %CMADDR% means "use the simulator"
  CgroupLimits limits;
  std::function<bool()> stop;  // asked while it starts: true ends that with kCancelled
};

enum class CommandPhase { kStarted, kExited };

struct CommandRecord {
  int64_t index = 0;
  std::string text;
  CommandPhase phase = CommandPhase::kStarted;
  int exit_code = 0;
  int signal = 0;
  int64_t max_rss_bytes = 0;
  int64_t duration_ms = 0;
  uint64_t stdout_bytes = 0;
  uint64_t stderr_bytes = 0;
  // Where a limit ended it or its end is not its own; and a sentence with figures.
  EndReason failure = EndReason::kNone;
  std::string message;
};

enum class OutputKind { kStdout, kStderr };

class Session {
 public:
  // In `idle`, a sandbox in spec.folder whose root/ holds the staged artifact; one is made if there
  // is none. Returns when the runner stands and, unless spec.simulator, the CS system listens.
  static StatusOr<std::unique_ptr<Session>> Start(SessionSpec spec, const Sandbox& sandbox,
                                                  std::unique_ptr<IdleSandbox> idle = nullptr);
  // Ends everything in it.
  ~Session();

  StatusOr<CommandRecord> Run(int64_t index, const std::string& command);
  // The record, waiting up to wait_ms for the command's end. kNotFound for one never run here.
  StatusOr<CommandRecord> Wait(int64_t index, int64_t wait_ms);
  StatusOr<OutputLog::Piece> Read(int64_t index, OutputKind kind, uint64_t offset,
                                  uint64_t max_bytes, int64_t wait_ms);
  Status Kill(int64_t index);
  // Ends all processes; commands that ran are recorded as killed. Waits until they are gone.
  void Stop();

  // The session cannot continue: commands that run end with this reason and sentence. Stop follows.
  void Lose(EndReason reason, const std::string& why);

  // Called once, from the session's own thread, when the session cannot continue: the reason is
  // kSessionLost or kSystemFailed, or what Lose was given.
  void OnLost(std::function<void(EndReason reason, const std::string& why)> callback);
  // Called from any thread, now and then with the lock held, when a command has printed or ended.
  void OnNews(std::function<void()> callback);
  // Called from the session's own thread whenever a command has ended.
  void OnExit(std::function<void(const CommandRecord&)> callback);

  // Stopped or lost: its files can still be read.
  bool over() const;

  const SessionSpec& spec() const { return spec_; }
  // Where commands start, opened before the first of them: a command may move the folder and put a
  // link in its place.
  const archive::BeneathFolder& working_folder() const { return *working_folder_; }
  bool had_out_of_memory() const { return group_.HadOutOfMemory(); }
  int64_t peak_memory_bytes() const { return group_.PeakMemoryBytes(); }

 private:
  struct Running;

  Session(SessionSpec spec, const Sandbox& sandbox, std::unique_ptr<IdleSandbox> idle);
  Status OpenWorkingFolder();
  Status Begin();
  Status StartSystem();
  Status SpawnSystem();
  void Loop();
  void HandleRunner();
  void Pump(Running& running, OutputKind kind);
  void Finish(Running& running, const Message& message);
  void KeepRunner();
  void KeepSystem();
  void Explain(Running& running, CommandRecord& record) const;

  SessionSpec spec_;
  const Sandbox sandbox_;
  std::optional<archive::BeneathFolder> working_folder_;
  std::unique_ptr<IdleSandbox> idle_;  // until it is taken over
  JobUser user_;
  Cgroup group_;
  Cgroup system_group_;
  pid_t runner_ = -1;
  pid_t system_ = -1;
  int socket_ = -1;
  int wake_ = -1;
  int system_socket_ = -1;
  int system_deaths_ = 0;  // in a row, each soon after its start
  std::chrono::steady_clock::time_point system_started_;
  std::string cmaddr_;
  std::thread loop_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, std::unique_ptr<Running>> commands_;
  std::vector<Running*> printing_;  // those that somebody may still write for
  std::function<void(EndReason, const std::string&)> on_lost_;
  std::function<void()> on_news_;
  std::function<void(const CommandRecord&)> on_exit_;
  bool stopping_ = false;
  bool lost_ = false;
};

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_SESSION_H_
