// SPDX-License-Identifier: Apache-2.0
#include "base/http/async_call.h"

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

#include "base/file.h"
#include "base/http/host_names.h"
#include "base/http/problem.h"
#include "base/http/url.h"
#include "base/tls/session.h"

namespace csl::http {
namespace {

using Steady = std::chrono::steady_clock;
constexpr size_t kPiece = 64 * 1024;
constexpr int kEventsAtOnce = 64;
constexpr std::chrono::milliseconds kLongestSleep{500};
constexpr size_t kMaxIdle = 64;  // kept connections of one server
constexpr size_t kMaxContexts = 4096;
// The other side closes them after a minute.
constexpr std::chrono::seconds kIdleLife{20};

StatusOr<Address> AddressOfPath(const std::string& path) {
  Address address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof name->sun_path) {
    return InvalidArgument("socket path '" + path + "' is too long");
  }
  name->sun_family = AF_UNIX;
  std::memcpy(name->sun_path, path.c_str(), path.size() + 1);
  address.size = sizeof *name;
  return address;
}

// A socket that connects, or -1 with errno.
int Connect(const Address& address) {
  const int family = address.storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int one = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd, to, address.size) == 0 || errno == EINPROGRESS) return fd;
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
  explicit Impl(std::string ca_file);
  ~Impl();
  void Start(const AsyncCall& call, Done done);

 private:
  struct Exchange {
    std::string url;
    std::string server_name;
    std::unique_ptr<tls::Session> tls;  // of https
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
    std::unique_ptr<tls::Session> tls;
    Steady::time_point since;
  };
  // The result of an exchange: null while it is under way.
  using Result = std::optional<StatusOr<Reply>>;

  void Loop();
  void OnReady(int fd, uint32_t events);
  void OnLate();
  void DropOldIdle();
  void Begin(Exchange exchange, bool may_keep);
  // Whether the exchange has a kept connection now, which it returns; else -1.
  int TakeIdle(Exchange& exchange);
  // A new one, perhaps not yet connected.
  StatusOr<int> Connect(Exchange& exchange, const StatusOr<Address>& address);
  void Continue(int fd, Exchange exchange);
  StatusOr<std::shared_ptr<tls::Context>> ContextOf(const Exchange& exchange, const Url& url);
  static std::string PlaceOf(const Exchange& exchange) {
    return exchange.url + " " + exchange.server_name;
  }
  static uint32_t EventsOf(const Exchange& exchange);
  static void Close(int fd, tls::Session* tls);
  static void Send(int fd, Exchange& exchange);
  static Result Receive(int fd, Exchange& exchange);
  void Watch(int fd, int how, uint32_t events) const;
  // The exchange of the socket, which is watched no more.
  std::optional<Exchange> Take(int fd);
  void EndExchange(int fd, Exchange exchange, StatusOr<Reply> result);

  const std::string ca_file_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex_;
  std::map<int, Exchange> exchanges_;
  std::map<std::string, std::vector<Idle>> idle_;  // by server
  std::map<std::string, std::shared_ptr<tls::Context>> contexts_;
  HostNames names_;
  bool stopping_ = false;
  std::thread thread_;
};

AsyncCalls::Impl::Impl(std::string ca_file) : ca_file_(std::move(ca_file)) {
  CHECK(epoll_ >= 0 && wake_ >= 0) << "no descriptors for requests";
  Watch(wake_, EPOLL_CTL_ADD, EPOLLIN);
  thread_ = std::thread([this] { Loop(); });
}

AsyncCalls::Impl::~Impl() {
  names_.Stop();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  thread_.join();
  for (auto& [fd, exchange] : std::exchange(exchanges_, {})) {
    Close(fd, exchange.tls.get());
    exchange.done(Status(StatusCode::kCancelled, "the service ends"));
  }
  for (const auto& [url, all] : idle_) {
    for (const Idle& one : all) Close(one.fd, one.tls.get());
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
int AsyncCalls::Impl::TakeIdle(Exchange& exchange) {
  const auto it = idle_.find(PlaceOf(exchange));
  while (it != idle_.end() && !it->second.empty()) {
    Idle one = std::move(it->second.back());
    it->second.pop_back();
    char byte = 0;
    const ssize_t got = ::recv(one.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      exchange.tls = std::move(one.tls);
      return one.fd;
    }
    Close(one.fd, one.tls.get());
  }
  return -1;
}

void AsyncCalls::Impl::Close(int fd, tls::Session* tls) {
  if (tls != nullptr) tls->End(fd);
  ::close(fd);
}

StatusOr<std::shared_ptr<tls::Context>> AsyncCalls::Impl::ContextOf(const Exchange& exchange,
                                                                    const Url& url) {
  std::lock_guard lock(mutex_);
  if (contexts_.size() > kMaxContexts) contexts_.clear();  // of workers that are long gone
  auto& context = contexts_[PlaceOf(exchange)];
  if (context == nullptr) {
    tls::TrustOptions options;
    options.url = exchange.url;
    options.host = exchange.server_name.empty() ? url.host : exchange.server_name;
    options.authorities_from = ca_file_;
    if (!ca_file_.empty()) {
      ASSIGN_OR_RETURN(options.authorities, ReadTextFile(ca_file_));
    }
    ASSIGN_OR_RETURN(auto trust, tls::Trust::Make(options));
    ASSIGN_OR_RETURN(context, tls::Context::OfClient(std::move(trust), options.host));
  }
  return context;
}

StatusOr<int> AsyncCalls::Impl::Connect(Exchange& exchange, const StatusOr<Address>& address) {
  RETURN_IF_ERROR(address.status());
  ASSIGN_OR_RETURN(const Url url, ParseUrl(exchange.url));
  exchange.tls = nullptr;
  if (url.scheme == Url::Scheme::kHttps) {
    ASSIGN_OR_RETURN(auto context, ContextOf(exchange, url));
    exchange.tls = std::make_unique<tls::Session>(std::move(context));
  }
  const int fd = http::Connect(*address);
  if (fd >= 0) return fd;
  return Unavailable("no answer from " + exchange.url + ": " + std::strerror(errno));
}

uint32_t AsyncCalls::Impl::EventsOf(const Exchange& exchange) {
  bool sends = exchange.sent < exchange.request.size();
  if (exchange.tls != nullptr) {
    sends = exchange.tls->unsent() > 0 || (sends && exchange.tls->is_open());
  }
  return sends ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

void AsyncCalls::Impl::Begin(Exchange exchange, bool may_keep) {
  int fd = -1;
  {
    std::lock_guard lock(mutex_);
    if (may_keep) fd = TakeIdle(exchange);
  }
  exchange.is_kept = fd >= 0;
  if (fd >= 0) {
    Continue(fd, std::move(exchange));
    return;
  }
  const auto url = ParseUrl(exchange.url);
  const auto waiting = std::make_shared<Exchange>(std::move(exchange));
  const auto open = [this, waiting](const StatusOr<Address>& address) {
    const auto made = Connect(*waiting, address);
    if (!made.ok()) {
      waiting->done(made.status());
    } else {
      Continue(*made, std::move(*waiting));
    }
  };
  if (!url.ok()) {
    open(url.status());
  } else if (url->scheme == Url::Scheme::kUnix) {
    open(AddressOfPath(url->path));
  } else {
    names_.Find(url->host, url->port, open);
  }
}

void AsyncCalls::Impl::Continue(int fd, Exchange exchange) {
  // Most requests fit at once, and save the loop a turn.
  Send(fd, exchange);
  std::lock_guard lock(mutex_);
  const uint32_t events = EventsOf(exchange);
  exchanges_[fd] = std::move(exchange);
  Watch(fd, EPOLL_CTL_ADD, events);
}

void AsyncCalls::Impl::Start(const AsyncCall& call, Done done) {
  Exchange exchange;
  exchange.url = call.url;
  exchange.server_name = call.server_name;
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
  if (exchange.tls != nullptr) {
    // A socket that does not connect yet is told from one that takes nothing by its next event.
    ssize_t put = 0;
    do {
      put = exchange.tls->is_open()
                ? exchange.tls->Write(fd, std::string_view(exchange.request).substr(exchange.sent))
                : 0;
      if (put > 0) exchange.sent += static_cast<size_t>(put);
    } while (put > 0);
    if (put == 0) (void)exchange.tls->Flush(fd);
    return;
  }
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
void AsyncCalls::Impl::EndExchange(int fd, Exchange exchange, StatusOr<Reply> result) {
  const bool clean = exchange.head && exchange.head->keeps &&
                     exchange.sent == exchange.request.size() &&
                     exchange.answer.size() == exchange.head->body_at + exchange.head->body_size;
  bool kept = false;
  if (clean) {
    std::lock_guard lock(mutex_);
    auto& all = idle_[PlaceOf(exchange)];
    kept = all.size() < kMaxIdle;
    if (kept) all.push_back({fd, std::move(exchange.tls), Steady::now()});
  }
  if (!kept) Close(fd, exchange.tls.get());
  exchange.done(std::move(result));
}

AsyncCalls::Impl::Result AsyncCalls::Impl::Receive(int fd, Exchange& exchange) {
  std::string& answer = exchange.answer;
  bool ended = false;
  if (exchange.tls != nullptr) {
    ended = exchange.tls->Read(fd, answer) == tls::Session::Result::kClosed;
    if (ended && !exchange.tls->problem().empty()) {
      return StatusOr<Reply>(
          Unavailable("no answer from " + exchange.url + ": " + exchange.tls->problem()));
    }
  } else {
    char buffer[kPiece];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    const bool again = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (got > 0) answer.append(buffer, static_cast<size_t>(got));
    ended = got <= 0 && !again;
  }
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
    const uint32_t before = EventsOf(exchange);
    if ((events & EPOLLOUT) != 0) Send(fd, exchange);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      result = Receive(fd, exchange);
      // What ended a handshake lets the request go.
      if (exchange.tls != nullptr && !result) Send(fd, exchange);
    }
    if (!result && EventsOf(exchange) != before) Watch(fd, EPOLL_CTL_MOD, EventsOf(exchange));
  }
  if (!result) return;
  auto exchange = Take(fd);
  if (!exchange) return;
  if (exchange->is_kept && exchange->answer.empty() && !result->ok()) {
    // It had been closed already, or was being closed: nothing was answered.
    Close(fd, exchange->tls.get());
    exchange->sent = 0;
    Begin(*std::move(exchange), false);
    return;
  }
  EndExchange(fd, *std::move(exchange), *std::move(result));
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
    EndExchange(fd, *std::move(exchange), Unavailable("no answer came in time"));
  }
}

void AsyncCalls::Impl::DropOldIdle() {
  std::lock_guard lock(mutex_);
  for (auto it = idle_.begin(); it != idle_.end();) {
    std::erase_if(it->second, [](const Idle& one) {
      const bool old = Steady::now() - one.since > kIdleLife;
      if (old) Close(one.fd, one.tls.get());
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

AsyncCalls::AsyncCalls(std::string ca_file) : impl_(std::make_unique<Impl>(std::move(ca_file))) {}
AsyncCalls::~AsyncCalls() = default;

void AsyncCalls::Start(const AsyncCall& call, Done done) { impl_->Start(call, std::move(done)); }

}  // namespace csl::http
