// SPDX-License-Identifier: Apache-2.0
// TCP sockets as values that close themselves.
#ifndef RUNTIME_WIRE_SOCKET_H_
#define RUNTIME_WIRE_SOCKET_H_

#include <functional>
#include <string>
#include <utility>

#include "base/status.h"
#include "runtime/wire/address.h"

namespace csl::runtime::wire {

// Owns one file descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { Close(); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int fd() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// Asked every kTickMs while something waits; a failure ends the wait with that failure.
using Tick = std::function<Status()>;

// Connects within kConnectTimeoutMs. kUnavailable names the address and the system's reason.
StatusOr<Socket> Connect(const Address& address, const Tick& tick = {});

// A listening socket; port 0 lets the system choose.
StatusOr<Socket> Listen(const Address& address);

// The address a socket is bound to.
StatusOr<Address> LocalAddress(const Socket& socket);
// Of the other side, for messages; "unknown" if the system does not tell.
std::string PeerName(const Socket& socket);

// Small messages go out at once; a peer that vanished is noticed in minutes.
void TuneConnection(const Socket& socket);

}  // namespace csl::runtime::wire

#endif  // RUNTIME_WIRE_SOCKET_H_
