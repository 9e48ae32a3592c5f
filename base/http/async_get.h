// SPDX-License-Identifier: Apache-2.0
// GET requests whose answers take long to come, without a thread for each: one thread waits for all
// of them. For long polls at another server; answers are small.
#ifndef BASE_HTTP_ASYNC_GET_H_
#define BASE_HTTP_ASYNC_GET_H_

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/http/client.h"
#include "base/status.h"

namespace csl::http {

class AsyncGets {
 public:
  // Called once, on the thread of this object, with the response or why there is none; a response
  // of 400 or above comes as the failure that it tells of. Must not wait.
  using Done = std::function<void(StatusOr<Reply>)>;

  static constexpr size_t kMaxAnswerBytes = 8 << 20;

  AsyncGets();
  ~AsyncGets();  // requests under way end with kCancelled
  AsyncGets(const AsyncGets&) = delete;
  AsyncGets& operator=(const AsyncGets&) = delete;

  // `url`: "unix:PATH" or "http://ADDRESS:PORT". Thread safe.
  void Start(const std::string& url, const std::string& path,
             const std::map<std::string, std::string>& headers, std::chrono::milliseconds timeout,
             Done done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csl::http

#endif  // BASE_HTTP_ASYNC_GET_H_
