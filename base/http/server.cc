// SPDX-License-Identifier: Apache-2.0
#include "base/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/http/connection.h"
#include "base/http/thread_pool.h"

namespace csl::http {
namespace {

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kSweep{500};  // how often deadlines are looked at

Status SystemError(const std::string& what) {
  return Unavailable(what + ": " + std::strerror(errno));
}

int64_t PeerUid(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  sockaddr_storage address{};
  socklen_t address_size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &address_size) != 0 ||
      address.ss_family != AF_UNIX ||
      ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return -1;
  }
  return peer.uid;
}

// Makes the library's protected request handling callable with our own stream.
class Routes : public httplib::Server {
 public:
  // The library streams bodies only while this holds an open descriptor.
  void SetAlive(int fd) { svr_sock_ = fd; }

  bool Process(ConnectionStream& stream, const Connection& connection, bool& closed) {
    return process_request(stream, false, closed, [&connection](httplib::Request& request) {
      request.headers.erase(kPeerUidHeader);
      if (connection.peer_uid >= 0) {
        request.headers.emplace(kPeerUidHeader, std::to_string(connection.peer_uid));
      }
    });
  }
};

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerLimits limits) : limits_(limits), pool_(limits.max_threads) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(epoll_ >= 0 && wake_ >= 0) << "no descriptors for a server";
    Watch(wake_, EPOLLIN);
  }
  ~Impl() {
    for (const int listener : listeners_) ::close(listener);
    ::close(epoll_);
    ::close(wake_);
  }

  Status AddListener(int fd);
  Status Start();
  void Stop(std::chrono::milliseconds grace);
  Clock::duration IdleFor() const;

  Routes routes;
  std::string unix_path;
  ino_t unix_inode = 0;

 private:
  void Watch(int fd, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    (void)::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void Loop();
  void Accept(int listener);
  void OnReadable(int fd);
  void Sweep();
  void Serve(std::unique_ptr<Connection> connection);
  void Park(std::unique_ptr<Connection> connection);
  void Dispatch(std::unique_ptr<Connection> connection);

  const ServerLimits limits_;
  ThreadPool pool_;
  int epoll_ = -1;
  int wake_ = -1;
  std::vector<int> listeners_;
  std::thread loop_;
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::map<int, std::unique_ptr<Connection>> parked_;  // waiting in the epoll set
  std::map<int, Connection*> serving_;                 // on a thread
  Clock::time_point last_request_ = Clock::now();
};

Status Server::Impl::AddListener(int fd) {
  if (::listen(fd, kBacklog) != 0) {
    Status status = SystemError("cannot listen");
    ::close(fd);
    return status;
  }
  listeners_.push_back(fd);
  return OkStatus();
}

Status Server::Impl::Start() {
  if (listeners_.empty()) return FailedPrecondition("a server needs a Listen before Start");
  routes.SetAlive(listeners_.front());
  for (const int listener : listeners_) Watch(listener, EPOLLIN);
  loop_ = std::thread([this] { Loop(); });
  return OkStatus();
}

void Server::Impl::Accept(int listener) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    auto connection = std::make_unique<Connection>(fd);
    connection->peer_uid = PeerUid(fd);
    const int one = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    {
      std::lock_guard lock(mutex_);
      if (parked_.size() + serving_.size() >= static_cast<size_t>(limits_.max_connections)) {
        continue;  // closes it: a client sees the connection reset and may try again
      }
    }
    connection->deadline = Clock::now() + limits_.header_timeout;
    Park(std::move(connection));
  }
}

void Server::Impl::Park(std::unique_ptr<Connection> connection) {
  const int fd = connection->fd;
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  parked_[fd] = std::move(connection);
  Watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT);
}

void Server::Impl::OnReadable(int fd) {
  std::unique_ptr<Connection> connection;
  {
    std::lock_guard lock(mutex_);
    const auto it = parked_.find(fd);
    if (it == parked_.end()) return;
    connection = std::move(it->second);
    parked_.erase(it);
    (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  }
  const bool first_bytes = connection->ahead.empty();
  if (connection->ReadAvailable() == Connection::ReadResult::kClosed) return;
  if (connection->HasWholeHeader() || connection->ahead.size() > limits_.max_header_bytes) {
    Dispatch(std::move(connection));  // the library answers a header that is too long
    return;
  }
  if (first_bytes) connection->deadline = Clock::now() + limits_.header_timeout;
  Park(std::move(connection));
}

void Server::Impl::Dispatch(std::unique_ptr<Connection> connection) {
  if (connection->ahead.size() > limits_.max_header_bytes && !connection->HasWholeHeader()) {
    static constexpr char kTooLong[] =
        "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n";
    (void)::send(connection->fd, kTooLong, sizeof kTooLong - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    serving_[connection->fd] = connection.get();
  }
  // std::function wants a copyable callable: the pointer is handed over by hand.
  Connection* raw = connection.release();
  pool_.Run([this, raw] { Serve(std::unique_ptr<Connection>(raw)); });
}

void Server::Impl::Serve(std::unique_ptr<Connection> connection) {
  bool closed = false;
  bool ok = true;
  do {
    ConnectionStream stream(*connection, limits_);
    ok = routes.Process(stream, *connection, closed) && !stream.failed();
    stream.Finish();
  } while (ok && !closed && !stopping_ && connection->HasWholeHeader());
  {
    std::lock_guard lock(mutex_);
    serving_.erase(connection->fd);
    last_request_ = Clock::now();
  }
  if (!ok || closed || stopping_) return;
  connection->deadline = Clock::now() + limits_.idle_timeout;
  Park(std::move(connection));
}

void Server::Impl::Sweep() {
  std::vector<std::unique_ptr<Connection>> late;
  const auto now = Clock::now();
  std::lock_guard lock(mutex_);
  for (auto it = parked_.begin(); it != parked_.end();) {
    if (it->second->deadline < now) {
      late.push_back(std::move(it->second));
      it = parked_.erase(it);
    } else {
      ++it;
    }
  }
}

void Server::Impl::Loop() {
  auto next_sweep = Clock::now() + kSweep;
  epoll_event events[64];
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_, events, 64, static_cast<int>(kSweep.count()));
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_) continue;
      if (std::find(listeners_.begin(), listeners_.end(), fd) != listeners_.end()) {
        Accept(fd);
      } else {
        OnReadable(fd);
      }
    }
    if (Clock::now() >= next_sweep) {
      Sweep();
      next_sweep = Clock::now() + kSweep;
    }
  }
}

void Server::Impl::Stop(std::chrono::milliseconds grace) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_.exchange(true)) return;
  }
  const uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  if (loop_.joinable()) loop_.join();
  for (const int listener : listeners_) ::shutdown(listener, SHUT_RDWR);
  // Unless a server after this one has put its own there.
  struct stat info {};
  if (!unix_path.empty() && ::lstat(unix_path.c_str(), &info) == 0 && info.st_ino == unix_inode) {
    ::unlink(unix_path.c_str());
  }
  if (!pool_.WaitIdle(grace)) {
    std::lock_guard lock(mutex_);
    for (const auto& [fd, connection] : serving_) ::shutdown(fd, SHUT_RDWR);
  }
  pool_.Join();
  std::lock_guard lock(mutex_);
  parked_.clear();
  routes.SetAlive(-1);
}

Clock::duration Server::Impl::IdleFor() const {
  std::lock_guard lock(mutex_);
  return serving_.empty() ? Clock::now() - last_request_ : Clock::duration::zero();
}

Server::Server(ServerLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
Server::~Server() { Stop(); }

httplib::Server& Server::routes() { return impl_->routes; }
Status Server::Start() { return impl_->Start(); }
void Server::Stop(std::chrono::milliseconds grace) { impl_->Stop(grace); }
Clock::duration Server::IdleFor() const { return impl_->IdleFor(); }

Status Server::ListenUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return InvalidArgument("socket path '" + path + "' has " + std::to_string(path.size()) +
                           " bytes, allowed are " + std::to_string(sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError("cannot make a socket");
  // EAGAIN: it is alive and has many callers.
  if (::connect(fd, plain, sizeof address) == 0 || errno == EAGAIN) {
    ::close(fd);
    return AlreadyExists("a server listens on '" + path + "' already");
  }
  ::unlink(path.c_str());
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(fd, plain, sizeof address);
  ::umask(mask);
  if (bound != 0) {
    Status status = SystemError("cannot bind '" + path + "'");
    ::close(fd);
    return status;
  }
  struct stat info {};
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
                           "': an IPv4 address and a port of 0 to 65535 are wanted");
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
  const size_t colon = where.rfind(':');
  const std::string port_text = colon == std::string::npos ? "" : where.substr(colon + 1);
  int port = -1;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size()) {
    return InvalidArgument("--listen is '" + where + "', allowed are unix:PATH and HOST:PORT");
  }
  const std::string host = where.substr(0, colon);
  ASSIGN_OR_RETURN(port, ListenTcp(host, port));
  return "http://" + host + ":" + std::to_string(port);
}

}  // namespace csl::http
