// SPDX-License-Identifier: Apache-2.0
#include "base/http/client.h"

#include <fcntl.h>
#include <httplib.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/http/problem.h"
#include "base/http/url.h"
#include "base/tls/trust.h"

namespace csl::http {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{1000};
constexpr size_t kFilePiece = 256 * 1024;
constexpr size_t kMaxErrorBytes = 1 << 20;

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::map<std::string, std::string> PlainHeaders(const httplib::Headers& headers) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : headers) out[LowerCase(name)] = value;
  return out;
}

// Whether there is something to read before anything was asked: the rest of an answer that nobody
// wants, or the connection's end. Either way another call must not use the connection.
bool IsTainted(int fd) {
  pollfd look{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&look, 1, 0) != 0;
}

bool MayRepeat(const Call& call) {
  if (call.stream) return false;
  return call.method != "POST" || call.headers.contains("Idempotency-Key");
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(ClientOptions given) : options(std::move(given)), valid_(Check()) {}

  StatusOr<Reply> Do(const Call& call);
  void Stop();
  void Interrupt();

  const ClientOptions options;

 private:
  struct Outcome {
    Status status;
    Reply reply;
    bool transient = false;  // worth another try
    bool delivered = false;  // pieces have gone to the receiver
  };

  // Whether what was given can be used; makes the trust that https needs.
  Status Check();
  std::shared_ptr<httplib::Client> Borrow();
  Outcome NoAnswer(httplib::Error error, bool ended_by_us) const;
  // `clean`: request and answer were both whole; else the connection is closed.
  void GiveBack(std::shared_ptr<httplib::Client> client, bool clean);
  Outcome Try(const Call& call);
  Status FillBody(const Call& call, httplib::Request& request, std::shared_ptr<void>& keep,
                  bool& ended_by_us) const;

  std::shared_ptr<tls::Trust> trust_;  // of https; outlives the clients below
  const Status valid_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<httplib::Client>> idle_;
  std::set<std::shared_ptr<httplib::Client>> busy_;
  bool stopped_ = false;
};

Status Client::Impl::Check() {
  ASSIGN_OR_RETURN(const Url url, ParseUrl(options.url));
  if (!options.proxy.empty()) RETURN_IF_ERROR(ParseProxy(options.proxy).status());
  if (url.scheme != Url::Scheme::kHttps) return OkStatus();
  tls::TrustOptions trust;
  trust.url = options.url;
  trust.host = options.server_name.empty() ? url.host : options.server_name;
  trust.pin = options.pin;
  if (!options.ca_file.empty()) {
    trust.authorities_from = options.ca_file;
    ASSIGN_OR_RETURN(trust.authorities, ReadTextFile(options.ca_file));
    if (trust.authorities.empty()) return InvalidArgument("'" + options.ca_file + "' is empty");
  }
  ASSIGN_OR_RETURN(trust_, tls::Trust::Make(std::move(trust)));
  return OkStatus();
}

std::shared_ptr<httplib::Client> Client::Impl::Borrow() {
  std::lock_guard lock(mutex_);
  if (stopped_) return nullptr;
  std::shared_ptr<httplib::Client> client;
  if (!idle_.empty()) {
    client = std::move(idle_.back());
    idle_.pop_back();
    if (IsTainted(static_cast<int>(client->socket()))) client->stop();
  } else if (options.url.starts_with("unix:")) {
    client = std::make_shared<httplib::Client>(options.url.substr(5));
    client->set_address_family(AF_UNIX);
  } else {
    client = std::make_shared<httplib::Client>(options.url);
    if (trust_ != nullptr) {
      // It would ask for a name of the url's alone, and know no pins.
      client->enable_server_certificate_verification(false);
      trust_->Guard(client->ssl_context());
    }
    if (const auto proxy = ParseProxy(options.proxy); proxy.ok()) {
      client->set_proxy(proxy->host, proxy->port);
      if (!proxy->user.empty()) client->set_proxy_basic_auth(proxy->user, proxy->password);
    }
  }
  client->set_keep_alive(true);
  client->set_tcp_nodelay(true);
  client->set_connection_timeout(options.connect_timeout);
  client->set_url_encode(false);
  busy_.insert(client);
  return client;
}

void Client::Impl::GiveBack(std::shared_ptr<httplib::Client> client, bool clean) {
  if (!clean) client->stop();
  std::lock_guard lock(mutex_);
  busy_.erase(client);
  if (!stopped_) idle_.push_back(std::move(client));
}

Status Client::Impl::FillBody(const Call& call, httplib::Request& request,
                              std::shared_ptr<void>& keep, bool& ended_by_us) const {
  if (call.stream) {
    request.set_header("Content-Type", "application/octet-stream");
    request.content_length_ = call.stream_bytes;
    if (call.stream_bytes == 0) return OkStatus();
    request.content_provider_ = [&call](size_t, size_t, httplib::DataSink& sink) {
      return call.stream([&sink](const char* data, size_t size) { return sink.write(data, size); });
    };
    return OkStatus();
  }
  if (call.body_file.empty()) {
    request.body = call.body;
    if (!call.body.empty()) request.set_header("Content-Type", call.content_type);
    return OkStatus();
  }
  const int fd = ::open(call.body_file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0) {
    return NotFound("cannot open '" + call.body_file + "': " + std::strerror(errno));
  }
  keep = std::shared_ptr<void>(nullptr, [fd](void*) { ::close(fd); });
  request.set_header("Content-Type", "application/octet-stream");
  request.content_length_ = static_cast<size_t>(info.st_size);
  if (info.st_size == 0) return OkStatus();
  request.content_provider_ = [fd, &ended_by_us, &call, size = static_cast<uint64_t>(info.st_size),
                               buffer = std::make_shared<std::vector<char>>(kFilePiece)](
                                  size_t offset, size_t length, httplib::DataSink& sink) {
    if (call.on_sent) call.on_sent(offset, size);
    const ssize_t got =
        ::pread(fd, buffer->data(), std::min(length, buffer->size()), static_cast<off_t>(offset));
    if (got <= 0) ended_by_us = true;
    return got > 0 && sink.write(buffer->data(), static_cast<size_t>(got));
  };
  return OkStatus();
}

Client::Impl::Outcome Client::Impl::NoAnswer(httplib::Error error, bool ended_by_us) const {
  Outcome outcome;
  const bool is_tls = trust_ != nullptr && error == httplib::Error::SSLConnection;
  if (const std::string problem = is_tls ? trust_->problem() : ""; !problem.empty()) {
    outcome.status = FailedPrecondition(problem);
    return outcome;
  }
  // The library says "canceled" of a connection that broke while a body was sent, too.
  outcome.transient = !ended_by_us;
  outcome.status = Unavailable("no answer from " + options.url + " (" + httplib::to_string(error) +
                               (is_tls ? "; does it speak https?" : "") + ")");
  return outcome;
}

Client::Impl::Outcome Client::Impl::Try(const Call& call) {
  Outcome outcome;
  const auto client = Borrow();
  if (client == nullptr) {
    outcome.status = {StatusCode::kCancelled, "the client is stopped"};
    return outcome;
  }
  client->set_read_timeout(call.read_timeout);
  httplib::Request request;
  request.method = call.method;
  request.path = call.path;
  for (const auto& [name, value] : call.headers) request.set_header(name.c_str(), value);
  if (!options.bearer.empty()) request.set_header("Authorization", "Bearer " + options.bearer);
  std::shared_ptr<void> keep;
  bool ended_by_us = false;  // by the source of the body, or by who receives the answer
  outcome.status = FillBody(call, request, keep, ended_by_us);
  if (!outcome.status.ok()) {
    GiveBack(client, true);
    return outcome;
  }
  int status = 0;
  const auto is_refusal = [&call](int code) {
    return code >= 400 && !(code == 416 && call.takes_416);
  };
  std::string error_body;
  if (call.receive || call.on_header) {
    request.response_handler = [&](const httplib::Response& response) {
      status = response.status;
      if (is_refusal(status) || !call.on_header) return true;
      ended_by_us = !call.on_header(status, PlainHeaders(response.headers));
      return !ended_by_us;
    };
    request.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
      if (is_refusal(status)) {
        if (error_body.size() < kMaxErrorBytes) error_body.append(data, size);
        return true;
      }
      outcome.delivered = true;
      if (call.receive) {
        ended_by_us = !call.receive(data, size);
        return !ended_by_us;
      }
      outcome.reply.body.append(data, size);
      return true;
    };
  }
  if (trust_ != nullptr) trust_->Forget();
  const httplib::Result result = client->send(request);
  const bool has_body = !request.body.empty() || request.content_length_ > 0;
  GiveBack(client, result && (result->status < 400 || !has_body));
  if (!result) {
    Outcome none = NoAnswer(result.error(), ended_by_us);
    none.delivered = outcome.delivered;
    return none;
  }
  outcome.reply.status = result->status;
  outcome.reply.headers = PlainHeaders(result->headers);
  if (outcome.reply.body.empty()) outcome.reply.body = std::move(result.value().body);
  if (result->status < 400) return outcome;
  outcome.transient = result->status == 502 || result->status == 503;
  outcome.status =
      StatusFromResponse(result->status, error_body.empty() ? outcome.reply.body : error_body);
  return outcome;
}

StatusOr<Reply> Client::Impl::Do(const Call& call) {
  RETURN_IF_ERROR(valid_);
  const auto until = Steady::now() + call.patience;
  auto pause = kFirstPause;
  for (;;) {
    Outcome outcome = Try(call);
    if (outcome.status.ok()) return std::move(outcome.reply);
    if (!outcome.transient || outcome.delivered || !MayRepeat(call) ||
        Steady::now() + pause > until) {
      return outcome.status;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

void Client::Impl::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  idle_.clear();
  for (const auto& client : busy_) client->stop();
}

void Client::Impl::Interrupt() {
  std::lock_guard lock(mutex_);
  for (const auto& client : busy_) client->stop();
}

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;
StatusOr<Reply> Client::Do(const Call& call) { return impl_->Do(call); }
void Client::Stop() { impl_->Stop(); }
void Client::Interrupt() { impl_->Interrupt(); }
const std::string& Client::url() const { return impl_->options.url; }

Status CheckUrl(const std::string& url) { return ParseUrl(url).status(); }

StatusOr<Proxy> ParseProxy(const std::string& url) {
  const auto refuse = [&url] {
    // Without what may be a password.
    const size_t at = url.rfind('@');
    return InvalidArgument("the proxy is '" + (at == std::string::npos ? url : url.substr(at + 1)) +
                           "'; must be http://[USER:PASSWORD@]HOST:PORT");
  };
  std::string_view rest = url;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (rest.substr(0, scheme) != "http") return refuse();
    rest.remove_prefix(scheme + 3);
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  Proxy proxy;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const size_t colon = login.find(':');
    proxy.user = std::string(login.substr(0, colon));
    if (colon != std::string_view::npos) proxy.password = std::string(login.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  const auto place = SplitHostPort(rest);
  if (!place || place->port == 0) return refuse();
  proxy.host = place->host;
  proxy.port = place->port;
  return proxy;
}

std::string UrlEncode(std::string_view text) {
  static constexpr std::string_view kPlain = "-._~";
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace csl::http
