// SPDX-License-Identifier: Apache-2.0
// The worker's own listener: files and commands of its sessions, for the service alone. A request
// must carry the ticket that only the service can make for the session's attempt.
#ifndef WORKER_HTTP_SESSION_API_H_
#define WORKER_HTTP_SESSION_API_H_

#include <httplib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/http/server.h"
#include "base/status.h"
#include "worker/executor/session.h"

namespace csl::worker {

class SessionApi {
 public:
  // `scratch`: a folder of the worker's own, for archives on their way out.
  explicit SessionApi(std::filesystem::path scratch) : scratch_(std::move(scratch)) {}

  // Once, before the server starts.
  void AddTo(http::Server& server);

  // A session is reachable between these two; requests under way keep it until they end. One that
  // was stopped gives its files and outputs, and takes nothing.
  void Open(const std::string& job, const std::string& ticket, std::shared_ptr<Session> session);
  void Close(const std::string& job);
  // Something of the session is new: looks again for those who wait for it.
  void Wake(const std::string& job);

 private:
  struct Entry {
    std::string ticket;
    std::shared_ptr<Session> session;
  };
  struct Call;
  using Handler = Status (SessionApi::*)(Call&);

  StatusOr<std::shared_ptr<Session>> Find(const std::string& job, const std::string& ticket);
  http::Admission Admit(const http::Arrival& arrival);
  void Serve(Handler handler, const httplib::Request& request, httplib::Response& response,
             const httplib::ContentReader* reader);
  Status GetFile(Call& call);
  Status PutFile(Call& call);
  Status Run(Call& call);
  Status GetCommand(Call& call);
  Status GetOutput(Call& call);
  Status Kill(Call& call);

  const std::filesystem::path scratch_;
  http::Server* server_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, Entry> sessions_;
};

}  // namespace csl::worker

#endif  // WORKER_HTTP_SESSION_API_H_
