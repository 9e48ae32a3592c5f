// SPDX-License-Identifier: Apache-2.0
// A job's log on its way to the service: lines are gathered for a moment and sent by a thread of
// their own, so that whoever prints never waits for the network.
#ifndef WORKER_AGENT_JOB_LOG_H_
#define WORKER_AGENT_JOB_LOG_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "worker/agent/service_client.h"

namespace csl::worker {

class JobLog {
 public:
  JobLog(ServiceClient& service, Task task);
  ~JobLog() { Close(); }

  void Append(std::string_view text);
  // Returns when all has been sent, or the service no longer takes it.
  void Close();

 private:
  void Loop();

  ServiceClient& service_;
  const Task task_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  uint64_t sent_ = 0;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_JOB_LOG_H_
