// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "runtime/wire/limits.h"

namespace csl::runtime::wire {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

StatusOr<AddressList> Resolve(const Address& address, bool passive) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = passive ? AI_PASSIVE : 0;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return Unavailable("cannot resolve '" + address.ToString() + "': " + ::gai_strerror(error));
  }
  return AddressList(found, &::freeaddrinfo);
}

Status SystemFailure(const std::string& what, const Address& address, int error) {
  return Unavailable(what + " " + address.ToString() + ": " + std::strerror(error));
}

void SetOption(const Socket& socket, int level, int option, int value) {
  ::setsockopt(socket.fd(), level, option, &value, sizeof(value));
}

// Waits until a connection under way is up. Returns the system's error number.
StatusOr<int> AwaitConnection(const Socket& socket, const Tick& tick) {
  for (int waited = 0; waited < kConnectTimeoutMs; waited += kTickMs) {
    pollfd entry{socket.fd(), POLLOUT, 0};
    const int ready = ::poll(&entry, 1, kTickMs);
    if (tick) RETURN_IF_ERROR(tick());
    if (ready <= 0) continue;
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  }
  return ETIMEDOUT;
}

StatusOr<Address> ToAddress(const sockaddr_storage& storage, socklen_t size) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  const int error =
      ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host, sizeof(host), port,
                    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
  if (error != 0) return Unavailable(std::string("cannot name a socket: ") + ::gai_strerror(error));
  return Address{host, static_cast<uint16_t>(std::stoi(port))};
}

}  // namespace

void Socket::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

StatusOr<Socket> Connect(const Address& address, const Tick& tick) {
  ASSIGN_OR_RETURN(AddressList list, Resolve(address, false));
  int error = ECONNREFUSED;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    Socket socket(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) {
      error = errno;
      continue;
    }
    error = ::connect(socket.fd(), at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      ASSIGN_OR_RETURN(error, AwaitConnection(socket, tick));
    }
    if (error != 0) continue;
    ::fcntl(socket.fd(), F_SETFL, ::fcntl(socket.fd(), F_GETFL) & ~O_NONBLOCK);
    TuneConnection(socket);
    return socket;
  }
  return SystemFailure("cannot connect to the CS system at", address, error);
}

StatusOr<Socket> Listen(const Address& address) {
  ASSIGN_OR_RETURN(AddressList list, Resolve(address, true));
  int error = EADDRNOTAVAIL;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    Socket socket(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0));
    if (socket.valid()) {
      SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 1);
      if (::bind(socket.fd(), at->ai_addr, at->ai_addrlen) == 0 &&
          ::listen(socket.fd(), SOMAXCONN) == 0) {
        return socket;
      }
    }
    error = errno;
  }
  return SystemFailure("cannot listen on", address, error);
}

StatusOr<Address> LocalAddress(const Socket& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return Unavailable(std::string("cannot name a socket: ") + std::strerror(errno));
  }
  return ToAddress(storage, size);
}

std::string PeerName(const Socket& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getpeername(socket.fd(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return "unknown";
  }
  StatusOr<Address> address = ToAddress(storage, size);
  return address.ok() ? address->ToString() : "unknown";
}

void TuneConnection(const Socket& socket) {
  SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveS);
  SetOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveS);
  SetOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kLostAfterMs);
}

}  // namespace csl::runtime::wire
