// SPDX-License-Identifier: Apache-2.0
#include "client/native/lease.h"

#include <csignal>

namespace csl::client {
namespace {

constexpr int kRenewalsPerLease = 4;

}  // namespace

Lease::Lease(std::shared_ptr<Service> service, std::string job, std::chrono::milliseconds ttl)
    : service_(std::move(service)), job_(std::move(job)), ttl_(ttl) {
  // Signals are for the threads of the program that uses us.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Loop(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Lease::~Lease() { Stop(); }

void Lease::Stop() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Lease::Loop() {
  const std::string path = "/v1/jobs/" + http::UrlEncode(job_) + "/lease";
  const std::string body = "{\"ttl_ms\":" + std::to_string(ttl_.count()) + "}";
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    lock.unlock();
    const auto renewed = service_->Post(path, body);
    lock.lock();
    // A job that has ended, or that is no longer ours, needs no lease.
    if (!renewed.ok() && renewed.status().code() != StatusCode::kUnavailable) return;
    wake_.wait_for(lock, ttl_ / kRenewalsPerLease, [this] { return is_stopping_; });
  }
}

}  // namespace csl::client
