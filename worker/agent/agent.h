// SPDX-License-Identifier: Apache-2.0
// The worker's loop: registers, polls, runs what it is given, ends what it is told to end.
//
// A worker that cannot reach the service ends its own jobs before the service may give them to
// somebody else: two thirds of its lease after the latest poll that the service answered began.
#ifndef WORKER_AGENT_AGENT_H_
#define WORKER_AGENT_AGENT_H_

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "worker/agent/running_attempt.h"

namespace csl::worker {

class Agent {
 public:
  // `certify`, if any, gives the worker's own server a new certificate: before it registers, and
  // once a day.
  Agent(AttemptWorld world, messages::WorkerRequest description,
        std::function<Status()> certify = nullptr)
      : world_(std::move(world)),
        description_(std::move(description)),
        certify_(std::move(certify)) {}
  ~Agent();

  // Until Stop. The Status says why the service would not have this worker.
  Status Run();
  // Any thread.
  void Stop();

 private:
  struct Slot {
    std::unique_ptr<RunningAttempt> attempt;
    std::thread thread;
    std::atomic<bool> done{false};
  };

  Status Serve(const messages::Joined& own);
  StatusOr<messages::Joined> Register();
  Status Certify();
  void Start(Attempt attempt);
  void Reap();
  void EndAll();
  std::vector<int64_t> Running() const;
  // Says what it waits for: when that changes, and again after a while.
  void Complain(const Status& why);

  AttemptWorld world_;
  const messages::WorkerRequest description_;
  const std::function<Status()> certify_;
  std::chrono::steady_clock::time_point certified_;
  std::atomic<bool> stopping_{false};
  std::string complaint_;
  std::chrono::steady_clock::time_point complained_;
  std::map<int64_t, std::unique_ptr<Slot>> slots_;  // by attempt; only Run's thread touches it
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_AGENT_H_
