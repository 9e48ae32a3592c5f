// SPDX-License-Identifier: Apache-2.0
// The thread that watches sockets: accepts, reads heads and small bodies, keeps deadlines.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/http/server_impl.h"

namespace csl::http {
namespace {

constexpr int kBacklog = 1024;
constexpr int kEventsAtOnce = 64;
constexpr std::chrono::milliseconds kLongestSleep{500};

int64_t PeerUid(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  return peer.uid;
}

std::string TextOf(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return text;
}

// A quarter of the descriptors is for everything else.
int ConnectionsFor(const ServerLimits& limits) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return limits.max_connections;
  const auto most = static_cast<int>(std::min<rlim_t>(files.rlim_cur, 1 << 20) / 4 * 3);
  return std::min(limits.max_connections, most);
}

ServerLimits Fitting(ServerLimits limits) {
  limits.max_connections = ConnectionsFor(limits);
  return limits;
}

FairQueue::Limits ShareOf(int threads, int each) {
  const auto all = static_cast<size_t>(threads);
  return {all, static_cast<size_t>(each), std::max<size_t>(all * 3 / 4, 1)};
}

}  // namespace

Server::Impl::Impl(ServerLimits limits)
    : limits_(Fitting(limits)),
      held_(limits.max_held_each),
      waits_(static_cast<uint64_t>(limits.max_waits_each)),
      shared_(ShareOf(limits.max_threads, limits.max_threads_each)),
      reserved_(ShareOf(limits.reserved_threads, limits.max_threads_each)),
      transfers_(ShareOf(limits.transfer_threads, limits.max_transfers_each)) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(epoll_ >= 0 && wake_ >= 0) << "no descriptors for a server";
  Watch(wake_, EPOLLIN);
}

Server::Impl::~Impl() {
  for (const int listener : listeners_) ::close(listener);
  ::close(epoll_);
  ::close(wake_);
}

void Server::Impl::Watch(int fd, uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  (void)::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Server::Impl::WakeLoop() const {
  const uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

Status Server::Impl::AddListener(int fd) {
  if (::listen(fd, kBacklog) != 0) {
    Status status = Unavailable("cannot listen");
    ::close(fd);
    return status;
  }
  listeners_.push_back(fd);
  return OkStatus();
}

Status Server::Impl::SetIdentity(const tls::Identity& identity) {
  ASSIGN_OR_RETURN(auto made, tls::Context::OfServer(identity));
  std::lock_guard lock(mutex_);
  tls_ = std::move(made);
  return OkStatus();
}

bool Server::Impl::AddTls(Connection& connection) const {
  std::shared_ptr<tls::Context> context;
  {
    std::lock_guard lock(mutex_);
    context = tls_;
  }
  if (context == nullptr) return false;
  connection.tls = std::make_unique<tls::Session>(std::move(context));
  return true;
}

Status Server::Impl::Start() {
  if (listeners_.empty()) return FailedPrecondition("a server needs a Listen before Start");
  routes.SetAlive(listeners_.front());
  for (const int listener : listeners_) Watch(listener, EPOLLIN);
  loop_ = std::thread([this] { Loop(); });
  return OkStatus();
}

bool Server::Impl::CloseIdlest() {
  std::unique_ptr<Connection> victim;
  std::lock_guard lock(mutex_);
  victim = parked_.TakeIdlest();
  if (victim == nullptr) return false;
  (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, victim->fd, nullptr);
  return true;
}

// With no descriptor left a listener would be ready for ever.
void Server::Impl::PauseAccepting() {
  for (const int listener : listeners_) (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, listener, nullptr);
  is_accepting_ = false;
}

void Server::Impl::ResumeAccepting() {
  if (is_accepting_) return;
  is_accepting_ = true;
  for (const int listener : listeners_) Watch(listener, EPOLLIN);
}

void Server::Impl::Accept(int listener) {
  for (;;) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      const bool exhausted =
          errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (exhausted && !CloseIdlest()) PauseAccepting();
      if (exhausted && is_accepting_) continue;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    auto connection = std::make_unique<Connection>(fd);
    if (address.sin_family == AF_INET) {
      connection->peer_address = TextOf(address);
      const int one = 1;
      (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (requires_tls && !AddTls(*connection)) continue;
    } else {
      connection->peer_uid = PeerUid(fd);
    }
    size_t open = 0;
    {
      std::lock_guard lock(mutex_);
      open = parked_.size() + serving_.size() + handshaking_;
    }
    // Full of requests: a client sees its connection closed and may try again.
    if (open >= static_cast<size_t>(limits_.max_connections) && !CloseIdlest()) continue;
    connection->idle_since = Clock::now();
    connection->deadline = connection->idle_since + limits_.header_timeout;
    Park(std::move(connection));
  }
}

std::unique_ptr<Connection> Server::Impl::TakeParked(int fd) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Connection> connection = parked_.Take(fd);
  if (connection != nullptr) (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  return connection;
}

void Server::Impl::Park(std::unique_ptr<Connection> connection) {
  const int fd = connection->fd;
  // One that waits reads nothing, or a client could make it read for ever.
  uint32_t events = EPOLLIN;
  if (connection->state == ConnectionState::kWaits) events = 0;
  if (connection->state == ConnectionState::kSends) events = EPOLLOUT;
  // A handshake, and what TLS says of itself, is sent while a head is awaited.
  if (events == EPOLLIN && connection->EncryptedUnsent() > 0) events |= EPOLLOUT;
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  const auto before = parked_.NextDeadline();
  const auto deadline = connection->deadline;
  parked_.Add(std::move(connection));
  // A client may end its side once it has asked, and still want the answer.
  if (events != EPOLLOUT) events |= EPOLLRDHUP;
  Watch(fd, events | EPOLLONESHOT);
  if (!before || deadline < *before) WakeLoop();
}

void Server::Impl::OnReady(int fd) {
  std::unique_ptr<Connection> connection = TakeParked(fd);
  if (connection == nullptr || connection->state == ConnectionState::kWaits) return;  // it hung up
  if (connection->state == ConnectionState::kSends) {
    SendRest(std::move(connection));
  } else if (connection->tls != nullptr && !connection->tls->is_open()) {
    ContinueHandshake(std::move(connection));
  } else {
    OnReadable(std::move(connection));
  }
}

void Server::Impl::ContinueHandshake(std::unique_ptr<Connection> connection) {
  ++handshaking_;
  // Shared because std::function must be copyable. The pool drops it if it is ending.
  const auto held = std::make_shared<std::unique_ptr<Connection>>(std::move(connection));
  handshakes_.Run([this, held] {
    OnReadable(std::move(*held));
    --handshaking_;
  });
}

void Server::Impl::OnReadable(std::unique_ptr<Connection> connection) {
  if (connection->state == ConnectionState::kLinger) {
    if (connection->Discard() != Connection::ReadResult::kClosed) Park(std::move(connection));
    return;
  }
  // A handshake does not give the head behind it more time.
  const bool first_bytes = !connection->has_begun && connection->ahead.empty();
  const auto got = connection->ReadAvailable();
  if (got == Connection::ReadResult::kClosed) return;
  if (got == Connection::ReadResult::kNoTls) {
    RefusePlain(std::move(connection));
    return;
  }
  // A handshake at a plain server: it would wait for an answer until its deadline.
  if (first_bytes && connection->tls == nullptr && connection->ahead.starts_with('\x16')) return;
  if (first_bytes) connection->deadline = Clock::now() + limits_.header_timeout;
  connection->has_begun = true;
  Advance(std::move(connection));
}

void Server::Impl::OnDeadlines() {
  for (const auto now = Clock::now();;) {
    std::unique_ptr<Connection> late;
    {
      std::lock_guard lock(mutex_);
      late = parked_.TakeLate(now);
      if (late == nullptr) return;
      (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, late->fd, nullptr);
    }
    if (late->state == ConnectionState::kWaits) Dispatch(std::move(late));
  }
}

int Server::Impl::MsToNextDeadline() const {
  std::lock_guard lock(mutex_);
  const auto next = parked_.NextDeadline();
  if (!next) return static_cast<int>(kLongestSleep.count());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, kLongestSleep.count()));
}

void Server::Impl::Loop() {
  epoll_event events[kEventsAtOnce];
  auto resume = Clock::now() + kLongestSleep;
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_, events, kEventsAtOnce, MsToNextDeadline());
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_) {
        uint64_t number = 0;
        (void)!::read(wake_, &number, sizeof number);
      } else if (std::find(listeners_.begin(), listeners_.end(), fd) != listeners_.end()) {
        Accept(fd);
      } else {
        OnReady(fd);
      }
    }
    OnDeadlines();
    if (Clock::now() >= resume) {
      ResumeAccepting();
      resume = Clock::now() + kLongestSleep;
    }
  }
}

void Server::Impl::Stop(std::chrono::milliseconds grace) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_.exchange(true)) return;
  }
  WakeLoop();
  if (loop_.joinable()) loop_.join();
  for (const int listener : listeners_) ::shutdown(listener, SHUT_RDWR);
  // Unless a server after this one has put its own there.
  struct stat info {};
  if (!unix_path.empty() && ::lstat(unix_path.c_str(), &info) == 0 && info.st_ino == unix_inode) {
    ::unlink(unix_path.c_str());
  }
  if (!shared_.WaitIdle(grace) || !reserved_.WaitIdle(grace) || !transfers_.WaitIdle(grace)) {
    std::lock_guard lock(mutex_);
    for (const auto& [fd, connection] : serving_) ::shutdown(fd, SHUT_RDWR);
  }
  handshakes_.Join();
  shared_.Join();
  reserved_.Join();
  transfers_.Join();
  // What they keep may want to wake others when it goes: not under the lock.
  ParkedConnections parked;
  {
    std::lock_guard lock(mutex_);
    std::swap(parked, parked_);
  }
  parked.Clear();
  routes.SetAlive(-1);
}

Clock::duration Server::Impl::IdleFor() const {
  std::lock_guard lock(mutex_);
  return serving_.empty() ? Clock::now() - last_request_ : Clock::duration::zero();
}

}  // namespace csl::http
