// SPDX-License-Identifier: Apache-2.0
// One command of a session and where its output goes. Private to the session.
#ifndef WORKER_EXECUTOR_RUNNING_H_
#define WORKER_EXECUTOR_RUNNING_H_

#include <unistd.h>

#include <chrono>
#include <memory>

#include "worker/executor/session.h"

namespace csl::worker {

struct Session::Running {
  struct Stream {
    int pipe = -1;  // read end; -1: everybody who could write is gone
    std::unique_ptr<OutputLog> log;
    ~Stream() { Close(); }
    void Close() {
      if (pipe >= 0) ::close(pipe);
      pipe = -1;
      if (log != nullptr) log->Seal();
    }
  };

  CommandRecord record;
  int64_t memory_kills = 0;  // in the session's group, when the command began
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  Stream out;
  Stream err;

  Stream& stream(OutputKind kind) { return kind == OutputKind::kStdout ? out : err; }
  CommandRecord Record() const {
    CommandRecord copy = record;
    copy.stdout_bytes = out.log->size_bytes();
    copy.stderr_bytes = err.log->size_bytes();
    return copy;
  }
};

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_RUNNING_H_
