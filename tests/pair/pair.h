// SPDX-License-Identifier: Apache-2.0
// A service and a worker in one process, as they stand before each other in a cluster: the real
// routes, gates, database and session behind two sockets. Only what a session's runner does is
// played (stub_runner_main.cc): no command reaches a shell.
#ifndef TESTS_PAIR_PAIR_H_
#define TESTS_PAIR_PAIR_H_

#include <filesystem>
#include <memory>
#include <string>

#include "appliance/artifacts/blob_store.h"
#include "appliance/http/api.h"
#include "appliance/http/log_store.h"
#include "appliance/service/job_service.h"
#include "base/http/server.h"
#include "worker/executor/session.h"
#include "worker/http/session_api.h"

namespace csl::tests {

// Tokens of the pair: a user of the namespace "team-a", and its worker, "one".
inline constexpr char kUserToken[] = "ada";
inline constexpr char kWorkerToken[] = "worker";

class Pair {
 public:
  // `folder` is its own, removed when it goes. One session runs, whose folder holds the file
  // "canary" with kCanary.
  Pair(std::filesystem::path folder, const http::ServerLimits& limits);
  ~Pair();
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  static constexpr char kCanary[] = "what the canary says";
  static constexpr char kCanaryName[] = "canary-of-the-pair";

  std::string service_socket() const { return folder_ / "service"; }
  std::string worker_socket() const { return folder_ / "worker"; }
  const std::string& job() const { return job_; }
  const appliance::Attempt& attempt() const { return attempt_; }
  const std::string& ticket() const { return ticket_; }
  const std::string& worker_id() const { return worker_id_; }
  bool SessionRuns();

  // The worker's process starts anew: nothing of the session is left; it has not registered yet.
  void ForgetSession() { worker_api_.Close(job_); }
  void RegisterAnew();

 private:
  void StartServers();
  void StartSession();

  const std::filesystem::path folder_;
  const appliance::Principal user_{appliance::Role::kUser, "ada", {"team-a"}};
  const appliance::Principal as_worker_{appliance::Role::kWorker, "one", {}};
  SystemClock clock_;
  std::unique_ptr<appliance::Store> store_;
  std::unique_ptr<appliance::BlobStore> blobs_;
  std::unique_ptr<appliance::LogStore> logs_;
  std::unique_ptr<appliance::JobService> service_;
  std::unique_ptr<appliance::Api> api_;
  worker::SessionApi worker_api_;
  http::Server front_;
  http::Server back_;
  std::shared_ptr<worker::Session> session_;
  std::string job_;
  appliance::Attempt attempt_;
  std::string ticket_;
  std::string worker_id_;
};

}  // namespace csl::tests

#endif  // TESTS_PAIR_PAIR_H_
