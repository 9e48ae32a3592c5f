// SPDX-License-Identifier: Apache-2.0
// What a worker says to the service. Thread safe.
#ifndef WORKER_AGENT_SERVICE_CLIENT_H_
#define WORKER_AGENT_SERVICE_CLIENT_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/client.h"
#include "base/status.h"
#include "proto/worker_messages.h"

namespace csl::worker {

// One try of a job, given to this worker.
struct Attempt {
  int64_t id = 0;
  int64_t fence = 0;
  std::string ticket;        // opens the session's routes here, its own routes at the service
  messages::AttemptJob job;  // has the object that its kind names

  bool is_compile() const { return job.kind == JobKind::kCompile; }
  // Digest of the sources or the artifact.
  const std::string& blob() const {
    return is_compile() ? job.compile->source : job.launch->artifact;
  }
};

struct PollResult {
  std::vector<Attempt> attempts;
  std::vector<int64_t> cancel;
};

class ServiceClient {
 public:
  // The service's url, the worker's token, and whom to trust.
  explicit ServiceClient(const http::ClientOptions& service);

  // Tries until the service answers or `patience_ms` is over.
  StatusOr<messages::Joined> Register(const messages::WorkerRequest& worker, int64_t patience_ms);
  // Fails after timeout_ms without an answer. kNotFound: this worker was given up, its jobs must
  // end.
  StatusOr<PollResult> Poll(const std::string& worker, const std::vector<int64_t>& running,
                            int64_t wait_ms, int64_t timeout_ms);
  // A chain that the service's authority has signed for the key of this request.
  StatusOr<std::string> Certify(const std::string& request);
  // Gives up the registration: what this worker had goes to others.
  void Leave(const std::string& worker);

  // The calls about an attempt. A service that is away, or whose disk is full, is asked again until
  // `stop` says otherwise. kAborted: the attempt is over, the job belongs to somebody else.
  using StopCheck = std::function<bool()>;
  Status Report(const Attempt& attempt, messages::ReportRequest report, const StopCheck& stop);
  // `stop` is asked at every piece, too, and ends it with kCancelled.
  Status FetchBlob(const Attempt& attempt, const std::filesystem::path& to, const StopCheck& stop);
  // The digest of what was uploaded.
  StatusOr<std::string> PutBlob(const Attempt& attempt, const std::filesystem::path& from,
                                const StopCheck& stop);
  Status AppendLog(const Attempt& attempt, uint64_t offset, std::string_view bytes,
                   const StopCheck& stop);
  // Ends a poll under way and all later ones.
  void Stop() { polls_.Stop(); }
  // Breaks the calls about attempts that are under way, so that their `stop` is asked now.
  void Interrupt() { client_.Interrupt(); }

 private:
  StatusOr<http::Reply> Insist(const Attempt& attempt, http::Call call, const StopCheck& stop);

  http::Client polls_;
  http::Client client_;
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_SERVICE_CLIENT_H_
