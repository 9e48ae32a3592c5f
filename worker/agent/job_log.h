// SPDX-License-Identifier: Apache-2.0
// A job's log on its way to the service: lines are gathered for a moment and sent by a thread of
// their own, so that whoever prints never waits for the network.
#ifndef WORKER_AGENT_JOB_LOG_H_
#define WORKER_AGENT_JOB_LOG_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "worker/agent/service_client.h"

namespace csl::worker {

class JobLog {
 public:
  // `stop`: what has not been sent is not wanted any more. Any thread asks.
  JobLog(ServiceClient& service, Attempt attempt, ServiceClient::StopCheck stop);
  ~JobLog() { Close(); }

  void Append(std::string_view text);
  // Returns when all has been sent, or the service no longer takes it, or is away for too long.
  void Close();

 private:
  void Loop();
  bool MustStop();

  ServiceClient& service_;
  const Attempt attempt_;
  const ServiceClient::StopCheck stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  uint64_t sent_ = 0;
  bool closing_ = false;
  std::chrono::steady_clock::time_point last_try_{};  // once it is closing
  std::thread thread_;  // from the first text on: most compilations print nothing
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_JOB_LOG_H_
