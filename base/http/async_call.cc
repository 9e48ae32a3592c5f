// SPDX-License-Identifier: Apache-2.0
#include "base/http/async_call.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/http/problem.h"

namespace csl::http {
namespace {

using Steady = std::chrono::steady_clock;
constexpr size_t kPiece = 64 * 1024;
constexpr int kEventsAtOnce = 64;
constexpr std::chrono::milliseconds kLongestSleep{500};
constexpr size_t kMaxIdle = 64;  // kept connections of one server
// The other side closes them after a minute.
constexpr std::chrono::seconds kIdleLife{20};

// A socket that connects, or -1 with errno.
int Connect(const std::string& url) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (url.starts_with("unix:")) {
    auto* address = reinterpret_cast<sockaddr_un*>(&storage);
    address->sun_family = AF_UNIX;
    size = sizeof *address;
    if (url.size() - 5 >= sizeof address->sun_path) return -1;
    std::memcpy(address->sun_path, url.c_str() + 5, url.size() - 4);
  } else {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    const size_t start = url.find("//") == std::string::npos ? 0 : url.find("//") + 2;
    const size_t colon = url.rfind(':');
    uint16_t port = 0;
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
    address->sin_family = AF_INET;
    address->sin_port = htons(port);
    size = sizeof *address;
    if (colon == std::string::npos || colon < start ||
        ::inet_pton(AF_INET, url.substr(start, colon - start).c_str(), &address->sin_addr) != 1) {
      errno = EINVAL;
      return -1;
    }
  }
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int one = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0) return fd;
  if (errno == EINPROGRESS) return fd;
  ::close(fd);
  return -1;
}

// The head of an answer, once it has come.
struct AnswerHead {
  Reply reply;
  size_t body_at = 0;
  size_t body_size = 0;
  bool keeps = false;
};

std::optional<AnswerHead> ParseAnswerHead(const std::string& bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  AnswerHead head;
  head.body_at = end + 4;
  std::from_chars(bytes.data() + std::min<size_t>(9, end), bytes.data() + end, head.reply.status);
  for (size_t at = bytes.find("\r\n"); at < end;) {
    const size_t next = bytes.find("\r\n", at + 2);
    const std::string line = bytes.substr(at + 2, next - at - 2);
    const size_t colon = line.find(':');
    if (colon != std::string::npos) {
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const size_t value = line.find_first_not_of(' ', colon + 1);
      head.reply.headers[name] = value == std::string::npos ? "" : line.substr(value);
    }
    at = next;
  }
  const std::string text = head.reply.headers["content-length"];
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), head.body_size);
  const bool has_length = error == std::errc() && stop == text.data() + text.size();
  head.keeps = has_length && bytes.starts_with("HTTP/1.1 ") &&
               head.reply.headers["connection"] != "close" &&
               !head.reply.headers.contains("transfer-encoding");
  return head;
}

StatusOr<Reply> Broken(const std::string& why) { return Unavailable("the connection " + why); }

}  // namespace

class AsyncCalls::Impl {
 public:
  Impl();
  ~Impl();
  void Start(const AsyncCall& call, Done done);

 private:
  struct Exchange {
    std::string url;
    std::string request;
    size_t sent = 0;
    std::string answer;
    std::optional<AnswerHead> head;
    Steady::time_point deadline;
    Done done;
    bool is_kept = false;  // the connection has served another request before
  };
  struct Idle {
    int fd;
    Steady::time_point since;
  };
  // The result of an exchange: null while it is under way.
  using Result = std::optional<StatusOr<Reply>>;

  void Loop();
  void OnReady(int fd, uint32_t events);
  void OnLate();
  void DropOldIdle();
  void Begin(Exchange exchange, bool may_keep);
  int TakeIdle(const std::string& url);
  static void Send(int fd, Exchange& exchange);
  static Result Receive(int fd, Exchange& exchange);
  void Watch(int fd, int how, uint32_t events) const;
  // The exchange of the socket, which is watched no more.
  std::optional<Exchange> Take(int fd);
  void Settle(int fd, Exchange exchange, StatusOr<Reply> result);

  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex_;
  std::map<int, Exchange> exchanges_;
  std::map<std::string, std::vector<Idle>> idle_;
  bool stopping_ = false;
  std::thread thread_;
};

AsyncCalls::Impl::Impl() {
  CHECK(epoll_ >= 0 && wake_ >= 0) << "no descriptors for requests";
  Watch(wake_, EPOLL_CTL_ADD, EPOLLIN);
  thread_ = std::thread([this] { Loop(); });
}

AsyncCalls::Impl::~Impl() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  thread_.join();
  for (auto& [fd, exchange] : std::exchange(exchanges_, {})) {
    ::close(fd);
    exchange.done(Status(StatusCode::kCancelled, "the service ends"));
  }
  for (const auto& [url, all] : idle_) {
    for (const Idle& one : all) ::close(one.fd);
  }
  ::close(epoll_);
  ::close(wake_);
}

void AsyncCalls::Impl::Watch(int fd, int how, uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  (void)::epoll_ctl(epoll_, how, fd, &event);
}

// With the lock held. A connection that has something to read before anything was asked is tainted,
// or ended.
int AsyncCalls::Impl::TakeIdle(const std::string& url) {
  const auto it = idle_.find(url);
  while (it != idle_.end() && !it->second.empty()) {
    const int fd = it->second.back().fd;
    it->second.pop_back();
    char byte = 0;
    const ssize_t got = ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return fd;
    ::close(fd);
  }
  return -1;
}

void AsyncCalls::Impl::Begin(Exchange exchange, bool may_keep) {
  int fd = -1;
  {
    std::lock_guard lock(mutex_);
    if (may_keep) fd = TakeIdle(exchange.url);
  }
  exchange.is_kept = fd >= 0;
  if (fd < 0) fd = Connect(exchange.url);
  if (fd < 0) {
    exchange.done(Unavailable("no answer from " + exchange.url + ": " + std::strerror(errno)));
    return;
  }
  // Most requests fit at once, and save the loop a turn.
  Send(fd, exchange);
  std::lock_guard lock(mutex_);
  const bool all = exchange.sent == exchange.request.size();
  exchanges_[fd] = std::move(exchange);
  Watch(fd, EPOLL_CTL_ADD, all ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void AsyncCalls::Impl::Start(const AsyncCall& call, Done done) {
  Exchange exchange;
  exchange.url = call.url;
  exchange.request = call.method + " " + call.path + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : call.headers) exchange.request += name + ": " + value + "\r\n";
  if (!call.body.empty()) exchange.request += "Content-Type: application/json\r\n";
  if (!call.body.empty() || call.method != "GET") {
    exchange.request += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  }
  exchange.request += "\r\n" + call.body;
  exchange.deadline = Steady::now() + call.timeout;
  exchange.done = std::move(done);
  Begin(std::move(exchange), true);
}

void AsyncCalls::Impl::Send(int fd, Exchange& exchange) {
  const size_t left = exchange.request.size() - exchange.sent;
  if (left == 0) return;
  const ssize_t put = ::send(fd, exchange.request.data() + exchange.sent, left, MSG_NOSIGNAL);
  if (put > 0) exchange.sent += static_cast<size_t>(put);
}

std::optional<AsyncCalls::Impl::Exchange> AsyncCalls::Impl::Take(int fd) {
  std::lock_guard lock(mutex_);
  const auto it = exchanges_.find(fd);
  if (it == exchanges_.end()) return std::nullopt;
  Exchange exchange = std::move(it->second);
  exchanges_.erase(it);
  Watch(fd, EPOLL_CTL_DEL, 0);
  return exchange;
}

// Ends an exchange; its connection is kept if nothing of it is left on the way.
void AsyncCalls::Impl::Settle(int fd, Exchange exchange, StatusOr<Reply> result) {
  const bool clean = exchange.head && exchange.head->keeps &&
                     exchange.sent == exchange.request.size() &&
                     exchange.answer.size() == exchange.head->body_at + exchange.head->body_size;
  bool kept = false;
  if (clean) {
    std::lock_guard lock(mutex_);
    auto& all = idle_[exchange.url];
    kept = all.size() < kMaxIdle;
    if (kept) all.push_back({fd, Steady::now()});
  }
  if (!kept) ::close(fd);
  exchange.done(std::move(result));
}

AsyncCalls::Impl::Result AsyncCalls::Impl::Receive(int fd, Exchange& exchange) {
  std::string& answer = exchange.answer;
  char buffer[kPiece];
  const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
  const bool again = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (got > 0) answer.append(buffer, static_cast<size_t>(got));
  const bool ended = got <= 0 && !again;
  if (!exchange.head) exchange.head = ParseAnswerHead(answer);
  if (!exchange.head) {
    if (ended) return Broken("ended before an answer came");
    if (answer.size() > kMaxAnswerBytes) return StatusOr<Reply>(DataLoss("an answer is too long"));
    return std::nullopt;
  }
  AnswerHead& head = *exchange.head;
  if (head.body_size > kMaxAnswerBytes) return StatusOr<Reply>(DataLoss("an answer is too long"));
  if (answer.size() - head.body_at < head.body_size) {
    if (ended) return Broken("ended within an answer");
    return std::nullopt;
  }
  Reply reply = head.reply;
  reply.body = answer.substr(head.body_at, head.body_size);
  if (reply.status >= 200 && reply.status < 400) return StatusOr<Reply>(std::move(reply));
  return StatusOr<Reply>(StatusFromResponse(reply.status, reply.body));
}

void AsyncCalls::Impl::OnReady(int fd, uint32_t events) {
  Result result;
  {
    std::lock_guard lock(mutex_);
    const auto it = exchanges_.find(fd);
    if (it == exchanges_.end()) return;
    Exchange& exchange = it->second;
    if ((events & EPOLLOUT) != 0 && exchange.sent < exchange.request.size()) {
      Send(fd, exchange);
      if (exchange.sent == exchange.request.size()) Watch(fd, EPOLL_CTL_MOD, EPOLLIN);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) result = Receive(fd, exchange);
  }
  if (!result) return;
  auto exchange = Take(fd);
  if (!exchange) return;
  if (exchange->is_kept && exchange->answer.empty() && !result->ok()) {
    // It had been closed already, or was being closed: nothing was answered.
    ::close(fd);
    exchange->sent = 0;
    Begin(*std::move(exchange), false);
    return;
  }
  Settle(fd, *std::move(exchange), *std::move(result));
}

void AsyncCalls::Impl::OnLate() {
  std::vector<int> late;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [fd, exchange] : exchanges_) {
      if (exchange.deadline < Steady::now()) late.push_back(fd);
    }
  }
  for (const int fd : late) {
    auto exchange = Take(fd);
    if (!exchange) continue;
    exchange->head.reset();  // what may still come belongs to nobody
    Settle(fd, *std::move(exchange), Unavailable("no answer came in time"));
  }
}

void AsyncCalls::Impl::DropOldIdle() {
  std::lock_guard lock(mutex_);
  for (auto it = idle_.begin(); it != idle_.end();) {
    std::erase_if(it->second, [](const Idle& one) {
      const bool old = Steady::now() - one.since > kIdleLife;
      if (old) ::close(one.fd);
      return old;
    });
    it = it->second.empty() ? idle_.erase(it) : std::next(it);
  }
}

void AsyncCalls::Impl::Loop() {
  epoll_event events[kEventsAtOnce];
  auto sweep = Steady::now() + kLongestSleep;
  for (;;) {
    const int count =
        ::epoll_wait(epoll_, events, kEventsAtOnce, static_cast<int>(kLongestSleep.count()));
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd != wake_) OnReady(events[i].data.fd, events[i].events);
    }
    if (Steady::now() < sweep) continue;
    OnLate();
    DropOldIdle();
    sweep = Steady::now() + kLongestSleep;
  }
}

AsyncCalls::AsyncCalls() : impl_(std::make_unique<Impl>()) {}
AsyncCalls::~AsyncCalls() = default;

void AsyncCalls::Start(const AsyncCall& call, Done done) { impl_->Start(call, std::move(done)); }

}  // namespace csl::http
