// SPDX-License-Identifier: Apache-2.0
// A download from a worker on its way to a client: one thread reads, another one writes, a few
// pieces lie between them, and whoever is slower sets the pace.
#ifndef APPLIANCE_HTTP_DOWNLOAD_H_
#define APPLIANCE_HTTP_DOWNLOAD_H_

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/http/client.h"
#include "base/status.h"

namespace csl::appliance {

class Download {
 public:
  // Begins the call. Its receive and on_header are set here.
  static std::shared_ptr<Download> Start(std::shared_ptr<http::Client> client, http::Call call);
  // Ends the call if it still runs.
  ~Download();
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  // Until the header has come, or the call failed before.
  Status WaitForHeader();
  // Valid after WaitForHeader.
  int http_status() const { return http_status_; }
  // The same; names in lower case.
  const std::map<std::string, std::string>& headers() const { return headers_; }
  // The next piece, or false at the end, or the failure that cut the body.
  StatusOr<bool> Next(std::string& piece);

 private:
  Download() = default;
  void Run(const std::shared_ptr<http::Client>& client, http::Call call);
  bool Push(const char* data, size_t size);

  static constexpr size_t kMaxPieces = 16;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_header_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  Status status_;
  int http_status_ = 200;
  std::map<std::string, std::string> headers_;
  std::deque<std::string> pieces_;
  std::thread thread_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_DOWNLOAD_H_
