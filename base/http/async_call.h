// SPDX-License-Identifier: Apache-2.0
// Requests whose answers take long to come, without a thread for each: one thread waits for all of
// them. For small requests and answers, such as long polls at another server.
//
// Connections are kept and used again, but never one on which anything came that belongs to no
// answer, and never after an answer to a request that was not sent whole.
#ifndef BASE_HTTP_ASYNC_CALL_H_
#define BASE_HTTP_ASYNC_CALL_H_

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/http/client.h"
#include "base/status.h"

namespace csl::http {

struct AsyncCall {
  std::string url;          // "unix:PATH", "http://HOST:PORT" or "https://HOST:PORT"
  std::string server_name;  // of https: whom the certificate must be for; empty: the host
  std::string method = "GET";
  std::string path;
  std::map<std::string, std::string> headers;
  std::string body;  // JSON; "" : none
  std::chrono::milliseconds timeout{30'000};
};

class AsyncCalls {
 public:
  // Called once, on the thread of this object or that of Start, with the response or why there is
  // none; a response of 400 or above comes as the failure that it tells of. Must not wait.
  using Done = std::function<void(StatusOr<Reply>)>;

  static constexpr size_t kMaxAnswerBytes = 8 << 20;

  // `ca_file`: the authorities that https trusts, read when that is first called for; empty: the
  // system's.
  explicit AsyncCalls(std::string ca_file = "");
  ~AsyncCalls();  // requests under way end with kCancelled
  AsyncCalls(const AsyncCalls&) = delete;
  AsyncCalls& operator=(const AsyncCalls&) = delete;

  // The other side may get the request twice, when a kept connection ends under it: it must be one
  // that may be repeated. Thread safe.
  void Start(const AsyncCall& call, Done done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csl::http

#endif  // BASE_HTTP_ASYNC_CALL_H_
