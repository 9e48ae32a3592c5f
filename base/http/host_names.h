// SPDX-License-Identifier: Apache-2.0
// Host name lookup that does not block the caller. One thread looks names up, one after the other,
// and results are cached for a while. Thread safe.
#ifndef BASE_HTTP_HOST_NAMES_H_
#define BASE_HTTP_HOST_NAMES_H_

#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/status.h"

namespace csl::http {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// kNotFound if the host is a name.
StatusOr<Address> NumericAddress(const std::string& host, int port);

class HostNames {
 public:
  static constexpr std::chrono::seconds kKept{30};
  static constexpr std::chrono::seconds kFailureKept{2};

  // Returns the first address of a name, without the port. May block.
  using Lookup = std::function<StatusOr<Address>(const std::string& host)>;
  explicit HostNames(Lookup lookup = SystemLookup);
  ~HostNames() { Stop(); }

  // Called once: before Find returns if the host is an address or cached, else on the thread of
  // this object. kUnavailable names the host.
  using Done = std::function<void(StatusOr<Address>)>;
  void Find(const std::string& host, int port, Done done);
  // Pending and later calls get kCancelled. Waits for the thread.
  void Stop();

 private:
  struct Known {
    StatusOr<Address> address;
    std::chrono::steady_clock::time_point until;
  };
  struct Question {
    std::string host;
    int port;
    Done done;
  };
  static StatusOr<Address> SystemLookup(const std::string& host);
  // With the lock held. Null: not cached.
  const Known* FindKnown(const std::string& host);
  void Loop();

  const Lookup lookup_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Known> known_;
  std::deque<Question> waiting_;
  bool ending_ = false;
  std::thread thread_;  // started for the first name: most hosts are addresses
};

}  // namespace csl::http

#endif  // BASE_HTTP_HOST_NAMES_H_
