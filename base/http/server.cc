// SPDX-License-Identifier: Apache-2.0
// Where a server listens. Its threads lie in server_loop.cc and server_requests.cc.
#include "base/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/http/server_impl.h"
#include "base/http/url.h"
#include "base/secret_file.h"

namespace csl::http {
namespace {

Status SystemError(const std::string& what) {
  return Unavailable(what + ": " + std::strerror(errno));
}

}  // namespace

Server::Server(ServerLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
Server::~Server() { Stop(); }

httplib::Server& Server::routes() { return impl_->routes; }
void Server::SetGate(Gate gate) { impl_->gate = std::move(gate); }
void Server::SetObserver(Observer observer) { impl_->observer = std::move(observer); }
void Server::Wake(const std::string& channel) { impl_->Wake(channel); }
void Server::WakeAll() { impl_->WakeAll(); }
Status Server::Start() { return impl_->Start(); }
void Server::RequireTls() { impl_->requires_tls = true; }
Status Server::SetIdentity(const tls::Identity& identity) { return impl_->SetIdentity(identity); }
void Server::Stop(std::chrono::milliseconds grace) { impl_->Stop(grace); }
Clock::duration Server::IdleFor() const { return impl_->IdleFor(); }

Status Server::ListenUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A nameless one is open to everybody.
  if (path.empty()) return InvalidArgument("a Unix socket needs a path");
  if (path.size() >= sizeof address.sun_path) {
    return InvalidArgument("socket path '" + path + "' has " + std::to_string(path.size()) +
                           " bytes; must be at most " +
                           std::to_string(sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError("cannot make a socket");
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
    ::close(fd);
    return AlreadyExists("cannot listen on '" + path + "': it is a file or folder, not a socket");
  }
  // EAGAIN: it is alive and has many callers.
  if (::connect(fd, plain, sizeof address) == 0 || errno == EAGAIN) {
    ::close(fd);
    return AlreadyExists("a server listens on '" + path + "' already");
  }
  ::unlink(path.c_str());
  int bound = 0;
  {
    const OwnersOnly owners_only;
    bound = ::bind(fd, plain, sizeof address);
  }
  if (bound != 0) {
    Status status = SystemError("cannot bind '" + path + "'");
    ::close(fd);
    return status;
  }
  if (::lstat(path.c_str(), &info) == 0) impl_->unix_inode = info.st_ino;
  impl_->unix_path = path;
  return impl_->AddListener(fd);
}

StatusOr<int> Server::ListenTcp(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (port < 0 || port > 65535 || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return InvalidArgument("cannot listen on '" + host + ":" + std::to_string(port) +
                           "': must be an IPv4 address and a port from 0 to 65535");
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError("cannot make a socket");
  const int one = 1;
  (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Status status = SystemError("cannot bind " + host + ":" + std::to_string(port));
    ::close(fd);
    return status;
  }
  RETURN_IF_ERROR(impl_->AddListener(fd));
  return ntohs(address.sin_port);
}

StatusOr<std::string> Server::Listen(const std::string& where) {
  if (where.starts_with("unix:")) {
    RETURN_IF_ERROR(ListenUnix(where.substr(5)));
    return where;
  }
  const auto place = SplitHostPort(where, 0);
  if (!place || where.find(':') == std::string::npos) {
    return InvalidArgument("--listen is '" + where + "'; must be unix:PATH or HOST:PORT");
  }
  ASSIGN_OR_RETURN(const int port, ListenTcp(place->host, place->port));
  return (impl_->requires_tls ? "https://" : "http://") + Bracketed(place->host) + ":" +
         std::to_string(port);
}

}  // namespace csl::http
