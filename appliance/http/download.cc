// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/download.h"

namespace csl::appliance {

std::shared_ptr<Download> Download::Start(std::shared_ptr<http::Client> client, http::Call call) {
  std::shared_ptr<Download> download(new Download());
  Download* self = download.get();
  download->thread_ = std::thread(
      [self, client = std::move(client), call = std::move(call)] { self->Run(client, call); });
  return download;
}

Download::~Download() {
  {
    std::lock_guard lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

bool Download::Push(const char* data, size_t size) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return abandoned_ || pieces_.size() < kMaxPieces; });
  if (abandoned_) return false;
  pieces_.emplace_back(data, size);
  changed_.notify_all();
  return true;
}

void Download::Run(const std::shared_ptr<http::Client>& client, http::Call call) {
  call.on_header = [this](int http_status, const std::map<std::string, std::string>& headers) {
    std::lock_guard lock(mutex_);
    http_status_ = http_status;
    headers_ = headers;
    has_header_ = true;
    changed_.notify_all();
    return !abandoned_;
  };
  call.receive = [this](const char* data, size_t size) { return Push(data, size); };
  const auto reply = client->Do(call);
  std::lock_guard lock(mutex_);
  status_ = reply.ok() ? OkStatus() : reply.status();
  ended_ = true;
  changed_.notify_all();
}

Status Download::WaitForHeader() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return has_header_ || ended_; });
  return has_header_ ? OkStatus() : status_;
}

StatusOr<bool> Download::Next(std::string& piece) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ || !pieces_.empty(); });
  if (pieces_.empty()) {
    if (!status_.ok()) return status_;
    return false;
  }
  piece = std::move(pieces_.front());
  pieces_.pop_front();
  changed_.notify_all();
  return true;
}

}  // namespace csl::appliance
