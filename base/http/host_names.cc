// SPDX-License-Identifier: Apache-2.0
#include "base/http/host_names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <utility>

namespace csl::http {
namespace {

using Steady = std::chrono::steady_clock;

constexpr size_t kMaxKnown = 4096;

void SetPort(Address& address, int port) {
  const in_port_t number = htons(static_cast<uint16_t>(port));
  if (address.storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = number;
  } else {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = number;
  }
}

StatusOr<Address> WithPort(StatusOr<Address> address, int port) {
  if (address.ok()) SetPort(*address, port);
  return address;
}

}  // namespace

StatusOr<Address> NumericAddress(const std::string& host, int port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    address.size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    address.size = sizeof *v6;
  } else {
    return NotFound("'" + host + "' is not an address");
  }
  SetPort(address, port);
  return address;
}

StatusOr<Address> HostNames::SystemLookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return Unavailable("host '" + host + "' has no address: " + ::gai_strerror(error));
  }
  Address address;
  address.size = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

HostNames::HostNames(Lookup lookup) : lookup_(std::move(lookup)) {}

const HostNames::Known* HostNames::FindKnown(const std::string& host) {
  const auto it = known_.find(host);
  return it == known_.end() || it->second.until <= Steady::now() ? nullptr : &it->second;
}

void HostNames::Find(const std::string& host, int port, Done done) {
  if (auto numeric = NumericAddress(host, port); numeric.ok()) {
    done(std::move(numeric));
    return;
  }
  StatusOr<Address> answer = Status(StatusCode::kCancelled, "the service ends");
  {
    const std::lock_guard lock(mutex_);
    const Known* known = FindKnown(host);
    if (!ending_ && known == nullptr) {
      if (!thread_.joinable()) thread_ = std::thread([this] { Loop(); });
      waiting_.push_back({host, port, std::move(done)});
      changed_.notify_all();
      return;
    }
    if (!ending_) answer = known->address;
  }
  done(WithPort(std::move(answer), port));
}

void HostNames::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    if (FindKnown(question.host) == nullptr) {
      lock.unlock();
      StatusOr<Address> found = lookup_(question.host);
      const auto until = Steady::now() + (found.ok() ? kKept : kFailureKept);
      lock.lock();
      if (known_.size() >= kMaxKnown) known_.clear();
      known_.insert_or_assign(question.host, Known{std::move(found), until});
    }
    StatusOr<Address> answer = known_.at(question.host).address;
    lock.unlock();
    question.done(WithPort(std::move(answer), question.port));
    lock.lock();
  }
}

void HostNames::Stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (Question& left : std::exchange(waiting_, {})) {
    left.done(Status(StatusCode::kCancelled, "the service ends"));
  }
}

}  // namespace csl::http
