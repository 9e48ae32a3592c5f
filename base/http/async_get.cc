// SPDX-License-Identifier: Apache-2.0
#include "base/http/async_get.h"

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

// The answer once it is whole. The other side closes the connection behind it.
std::optional<StatusOr<Reply>> WholeAnswer(const std::string& bytes, bool ended) {
  const size_t head = bytes.find("\r\n\r\n");
  if (head == std::string::npos) {
    if (!ended) return std::nullopt;
    return StatusOr<Reply>(Unavailable("the connection ended before an answer came"));
  }
  Reply reply;
  std::from_chars(bytes.data() + std::min<size_t>(9, head), bytes.data() + head, reply.status);
  for (size_t at = bytes.find("\r\n"); at < head;) {
    const size_t end = bytes.find("\r\n", at + 2);
    const std::string line = bytes.substr(at + 2, end - at - 2);
    const size_t colon = line.find(':');
    if (colon != std::string::npos) {
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const size_t value = line.find_first_not_of(' ', colon + 1);
      reply.headers[name] = value == std::string::npos ? "" : line.substr(value);
    }
    at = end;
  }
  size_t length = 0;
  const std::string text = reply.headers["content-length"];
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (bytes.size() - head - 4 < length) {
    if (!ended) return std::nullopt;
    return StatusOr<Reply>(Unavailable("the connection ended within an answer"));
  }
  reply.body = bytes.substr(head + 4, length);
  if (reply.status >= 200 && reply.status < 400) return StatusOr<Reply>(std::move(reply));
  return StatusOr<Reply>(StatusFromResponse(reply.status, reply.body));
}

}  // namespace

class AsyncGets::Impl {
 public:
  Impl();
  ~Impl();
  void Start(const std::string& url, std::string request, std::chrono::milliseconds timeout,
             Done done);

 private:
  struct Exchange {
    std::string request;  // what is left to send
    std::string answer;
    Steady::time_point deadline;
    Done done;
  };
  void Loop();
  void OnReady(int fd, uint32_t events);
  void OnLate();
  std::optional<Exchange> Take(int fd);
  static void Settle(int fd, Exchange exchange, StatusOr<Reply> result);

  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex_;
  std::map<int, Exchange> exchanges_;
  bool stopping_ = false;
  std::thread thread_;
};

AsyncGets::Impl::Impl() {
  CHECK(epoll_ >= 0 && wake_ >= 0) << "no descriptors for requests";
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  (void)::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  thread_ = std::thread([this] { Loop(); });
}

AsyncGets::Impl::~Impl() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  thread_.join();
  for (auto& [fd, exchange] : std::exchange(exchanges_, {})) {
    Settle(fd, std::move(exchange), Status(StatusCode::kCancelled, "the service ends"));
  }
  ::close(epoll_);
  ::close(wake_);
}

void AsyncGets::Impl::Settle(int fd, Exchange exchange, StatusOr<Reply> result) {
  ::close(fd);
  exchange.done(std::move(result));
}

void AsyncGets::Impl::Start(const std::string& url, std::string request,
                            std::chrono::milliseconds timeout, Done done) {
  const int fd = Connect(url);
  if (fd < 0) {
    done(Unavailable("no answer from " + url + ": " + std::strerror(errno)));
    return;
  }
  std::lock_guard lock(mutex_);
  exchanges_[fd] = {std::move(request), "", Steady::now() + timeout, std::move(done)};
  epoll_event event{};
  event.events = EPOLLOUT | EPOLLIN;
  event.data.fd = fd;
  (void)::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

std::optional<AsyncGets::Impl::Exchange> AsyncGets::Impl::Take(int fd) {
  std::lock_guard lock(mutex_);
  const auto it = exchanges_.find(fd);
  if (it == exchanges_.end()) return std::nullopt;
  Exchange exchange = std::move(it->second);
  exchanges_.erase(it);
  return exchange;
}

void AsyncGets::Impl::OnReady(int fd, uint32_t events) {
  std::optional<StatusOr<Reply>> result;
  {
    std::lock_guard lock(mutex_);
    const auto it = exchanges_.find(fd);
    if (it == exchanges_.end()) return;
    Exchange& exchange = it->second;
    if ((events & EPOLLOUT) != 0 && !exchange.request.empty()) {
      const ssize_t put =
          ::send(fd, exchange.request.data(), exchange.request.size(), MSG_NOSIGNAL);
      if (put > 0) exchange.request.erase(0, static_cast<size_t>(put));
      if (exchange.request.empty()) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        (void)::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
      }
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      const size_t before = exchange.answer.size();
      exchange.answer.resize(before + kPiece);
      const ssize_t got = ::recv(fd, exchange.answer.data() + before, kPiece, 0);
      const bool again = got < 0 && (errno == EAGAIN || errno == EINTR);
      exchange.answer.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
      result = WholeAnswer(exchange.answer, got <= 0 && !again);
      if (!result && exchange.answer.size() > kMaxAnswerBytes) {
        result = StatusOr<Reply>(DataLoss("an answer is too long"));
      }
    }
  }
  if (!result) return;
  if (auto exchange = Take(fd)) Settle(fd, *std::move(exchange), *std::move(result));
}

void AsyncGets::Impl::OnLate() {
  std::vector<int> late;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [fd, exchange] : exchanges_) {
      if (exchange.deadline < Steady::now()) late.push_back(fd);
    }
  }
  for (const int fd : late) {
    if (auto exchange = Take(fd)) {
      Settle(fd, *std::move(exchange), Unavailable("no answer came in time"));
    }
  }
}

void AsyncGets::Impl::Loop() {
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
    sweep = Steady::now() + kLongestSleep;
  }
}

AsyncGets::AsyncGets() : impl_(std::make_unique<Impl>()) {}
AsyncGets::~AsyncGets() = default;

void AsyncGets::Start(const std::string& url, const std::string& path,
                      const std::map<std::string, std::string>& headers,
                      std::chrono::milliseconds timeout, Done done) {
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  impl_->Start(url, request + "\r\n", timeout, std::move(done));
}

}  // namespace csl::http
