// SPDX-License-Identifier: Apache-2.0
// A thread that tells the appliance that a job's client is alive. When the client dies, the job's
// lease runs out and the appliance ends it.
#ifndef CLIENT_NATIVE_LEASE_H_
#define CLIENT_NATIVE_LEASE_H_

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "client/native/service.h"

namespace csl::client {

class Lease {
 public:
  // Renews at once and then four times a lease. A renewal that fails is tried again at the next.
  Lease(std::shared_ptr<Service> service, std::string job,
        std::chrono::milliseconds ttl = std::chrono::milliseconds(60'000));
  ~Lease();  // stops
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Ends the renewing; the lease itself then runs out. Twice is fine.
  void Stop();

 private:
  void Loop();

  const std::shared_ptr<Service> service_;
  const std::string job_;
  const std::chrono::milliseconds ttl_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace csl::client

#endif  // CLIENT_NATIVE_LEASE_H_
