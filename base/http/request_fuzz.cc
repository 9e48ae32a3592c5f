// SPDX-License-Identifier: Apache-2.0
// Sends bytes to a server over a socket, as a service does that stands before a worker, and checks
// what must hold whatever they are: it answers or closes, and a request that is valid is answered
// as if nothing had been before it.
#include "base/http/request_fuzz.h"

#include <httplib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>

#include "base/check.h"
#include "base/http/async_call.h"
#include "base/http/byte_range.h"
#include "base/http/client.h"
#include "base/http/request_head.h"
#include "base/http/server.h"
#include "base/http/waiting.h"

namespace csl::http {
namespace {

using std::chrono::milliseconds;

constexpr char kCanary[] = "answer-of-the-canary";

ServerLimits Quick() {
  ServerLimits limits;
  limits.max_threads = 4;
  limits.reserved_threads = 1;
  limits.header_timeout = milliseconds(20);
  limits.idle_timeout = milliseconds(20);
  limits.read_timeout = milliseconds(20);
  limits.linger_timeout = milliseconds(20);
  limits.max_body_ahead = 256;
  return limits;
}

std::string NameOf(const char* role) {
  return "/tmp/http-fuzz-" + std::to_string(::getpid()) + "-" + role;
}

// A back end with the routes that a worker has, and a front end that sends requests on to it.
class Pair {
 public:
  Pair() : back_(Quick()), front_(Quick()) {
    AddBack();
    AddFront();
    CHECK(back_.ListenUnix(NameOf("back")).ok() && back_.Start().ok()) << "no back end";
    CHECK(front_.ListenUnix(NameOf("front")).ok() && front_.Start().ok()) << "no front end";
    client_ = std::make_unique<Client>(ClientOptions{.url = "unix:" + NameOf("back")});
  }

  void Feed(const char* role, std::string_view bytes) const;
  void CheckCanary() const {
    Client asker({.url = "unix:" + NameOf("front")});
    for (const char* path : {"/pass/canary", "/later/canary"}) {
      const auto reply = asker.Do({.path = path, .patience = milliseconds(10'000)});
      CHECK(reply.ok()) << path << ": " << reply.status().ToString();
      CHECK(reply->body == kCanary) << path << ": an answer went astray: " << reply->body;
    }
  }

 private:
  void AddBack() {
    httplib::Server& routes = back_.routes();
    routes.Get("/canary", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(kCanary, "text/plain");
    });
    routes.Get("/range", [](const httplib::Request& request, httplib::Response& response) {
      ServeBytes(request, response, 1000, "text/plain", "tag",
                 [](uint64_t, uint64_t length, const auto& write) {
                   return write(std::string(length, 'r').data(), length);
                 });
    });
    routes.Get("/wait", [](const httplib::Request&, httplib::Response& response) {
      if (WaitFor("nothing", milliseconds(5))) return;
      response.set_content("waited", "text/plain");
    });
    const auto count = [](const httplib::Request&, httplib::Response& response,
                          const httplib::ContentReader& reader) {
      size_t size = 0;
      reader([&size](const char*, size_t piece) {
        size += piece;
        return size < 10'000;
      });
      response.set_content(std::to_string(size), "text/plain");
    };
    routes.Put("/count", count);
    routes.Post("/count", count);
  }
  // As the service asks a worker for what may take long: without a thread that waits.
  void AskLater(const httplib::Request& request, httplib::Response& response, std::string body) {
    struct Pending {
      std::string channel;
      std::mutex mutex;
      std::optional<StatusOr<Reply>> result;
    };
    auto& kept = KeptForNextRun();
    if (kept == nullptr) {
      auto pending = std::make_shared<Pending>();
      pending->channel = "later:" + std::to_string(++next_);
      kept = pending;
      later_.Start({.url = "unix:" + NameOf("back"),
                    .method = request.method,
                    .path = "/" + UrlEncode(std::string(request.matches[1])),
                    .body = std::move(body),
                    .timeout = milliseconds(5'000)},
                   [this, pending](StatusOr<Reply> result) {
                     {
                       std::lock_guard lock(pending->mutex);
                       pending->result = std::move(result);
                     }
                     front_.Wake(pending->channel);
                   });
    }
    const auto pending = std::static_pointer_cast<Pending>(kept);
    std::lock_guard lock(pending->mutex);
    if (!pending->result && WaitFor(pending->channel, milliseconds(6'000))) return;
    const bool ok = pending->result && pending->result->ok();
    response.status = ok ? (*pending->result)->status : 502;
    response.set_content(ok ? (*pending->result)->body : "", "text/plain");
  }
  void AddFront() {
    front_.SetGate([](const Arrival& arrival) {
      Admission admission{.principal = arrival.head.Header("x-who")};
      admission.max_body = 20'000;
      if (arrival.head.method == "PUT") admission.lane = Lane::kTransfers;
      if (arrival.head.Path().starts_with("/closed")) {
        admission.refused = 403;
        admission.problem = "{}";
      }
      return admission;
    });
    httplib::Server& routes = front_.routes();
    routes.Get("/later/(.*)", [this](const httplib::Request& request, httplib::Response& response) {
      AskLater(request, response, "");
    });
    routes.Post("/later/(.*)", [this](const httplib::Request& request, httplib::Response& response,
                                      const httplib::ContentReader& reader) {
      std::string body;
      reader([&body](const char* data, size_t size) {
        body.append(data, size);
        return true;
      });
      AskLater(request, response, std::move(body));
    });
    routes.Get("/pass/(.*)", [this](const httplib::Request& request, httplib::Response& response) {
      const auto reply = client_->Do({.path = "/" + UrlEncode(std::string(request.matches[1]))});
      response.status = reply.ok() ? reply->status : 502;
      response.set_content(reply.ok() ? reply->body : "", "text/plain");
    });
    routes.Put("/pass", [this](const httplib::Request& request, httplib::Response& response,
                               const httplib::ContentReader& reader) {
      Call call{.method = "PUT", .path = "/count"};
      call.stream_bytes = request.get_header_value<uint64_t>("Content-Length");
      call.stream = [&reader](const auto& write) {
        return reader([&write](const char* data, size_t size) { return write(data, size); });
      };
      const auto reply = client_->Do(call);
      response.status = reply.ok() ? reply->status : 502;
    });
  }

  std::atomic<uint64_t> next_{0};
  Server back_;
  Server front_;
  std::unique_ptr<Client> client_;
  AsyncCalls later_;
};

void Pair::Feed(const char* role, std::string_view bytes) const {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = NameOf(role);
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) << "refused";
  (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(fd, SHUT_WR);
  char buffer[4096];
  while (::recv(fd, buffer, sizeof buffer, 0) > 0) {
  }
  ::close(fd);
}

}  // namespace

void FuzzRequest(std::string_view bytes) {
  static const Pair* const pair = new Pair();  // lives as long as the process
  RequestHead head;
  HeadRefusal refusal;
  if (ParseRequestHead(bytes, head, refusal)) {
    CHECK(head.size_bytes <= bytes.size() && !head.method.empty()) << "a head beyond its bytes";
  }
  std::string copy(bytes);
  HideField(copy, head.size_bytes, "range");
  ByteRange range;
  if (ParseRange(bytes.substr(0, 64), 1000, range) == RangeKind::kPart) {
    CHECK(range.size > 0 && range.first + range.size <= 1000) << "a range beyond its bytes";
  }
  pair->Feed("front", bytes);
  pair->Feed("back", bytes);
  static int turns = 0;
  if (++turns % 16 == 0) pair->CheckCanary();
}

}  // namespace csl::http
