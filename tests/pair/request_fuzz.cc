// SPDX-License-Identifier: Apache-2.0
// Sends bytes to a service and to the worker behind it, and checks what must hold whatever they
// are: both answer or close, and a request that is valid is answered as if nothing had been before.
#include "tests/pair/request_fuzz.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/http/byte_range.h"
#include "base/http/client.h"
#include "base/http/request_head.h"
#include "tests/pair/pair.h"

namespace csl::tests {
namespace {

using std::chrono::milliseconds;

constexpr int kTurnsOfAPair = 3000;  // jobs and commands that were asked for stay with a pair
constexpr int kTurnsBetweenCanaries = 16;
constexpr int kAnswerMs = 10'000;
constexpr int kLongPollMs = 30;  // one that waits is left after this

http::ServerLimits Quick() {
  http::ServerLimits limits;
  limits.max_threads = 4;
  limits.reserved_threads = 2;
  limits.transfer_threads = 4;
  limits.header_timeout = milliseconds(20);
  limits.idle_timeout = milliseconds(20);
  limits.read_timeout = milliseconds(20);
  limits.linger_timeout = milliseconds(20);
  limits.max_body_ahead = 256;
  return limits;
}

void CheckParsers(std::string_view bytes) {
  http::RequestHead head;
  http::HeadRefusal refusal;
  if (http::ParseRequestHead(bytes, head, refusal)) {
    CHECK(head.size_bytes <= bytes.size() && !head.method.empty()) << "a head beyond its bytes";
  }
  std::string copy(bytes);
  http::HideField(copy, head.size_bytes, "range");
  http::ByteRange range;
  if (http::ParseRange(bytes.substr(0, 64), 1000, range) == http::RangeKind::kPart) {
    CHECK(range.size > 0 && range.first + range.size <= 1000) << "a range beyond its bytes";
  }
}

std::string Filled(const Pair& pair, std::string_view bytes) {
  std::string text(bytes);
  for (const auto& [name, value] : {std::pair<std::string, std::string>("{job}", pair.job()),
                                    {"{ticket}", pair.ticket()},
                                    {"{worker}", pair.worker_id()},
                                    {"{attempt}", std::to_string(pair.attempt().id)},
                                    {"{fence}", std::to_string(pair.attempt().fence)}}) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

// Until the other side closes; a request that may wait is left after a while.
void Feed(const std::string& socket_name, std::string_view bytes) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_name.c_str(), socket_name.size() + 1);
  CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) << "refused";
  const timeval patience{.tv_sec = kAnswerMs / 1000, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(fd, SHUT_WR);
  const bool may_wait = bytes.find("wait_ms") != std::string_view::npos;
  const auto until =
      std::chrono::steady_clock::now() + milliseconds(may_wait ? kLongPollMs : kAnswerMs);
  char buffer[4096];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
    pollfd wait{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
      CHECK(may_wait) << "neither answered nor closed within " << kAnswerMs << " ms";
      break;
    }
    if (::recv(fd, buffer, sizeof buffer, 0) <= 0) break;
  }
  ::close(fd);
}

// Through the service and the worker, in both ways in which the one asks the other.
void CheckCanary(const Pair& pair) {
  http::Client asker({.url = "unix:" + pair.service_socket(), .bearer = kUserToken});
  const std::string session = "/v1/jobs/" + pair.job();
  const auto file = asker.Do(
      {.path = session + "/files/" + Pair::kCanaryName, .patience = milliseconds(kAnswerMs)});
  CHECK(file.ok()) << "the canary: " << file.status().ToString();
  CHECK(file->body == Pair::kCanary) << "an answer went astray: " << file->body;
  http::Call run{.method = "POST",
                 .path = session + "/commands?wait_ms=10000",
                 .patience = milliseconds(kAnswerMs)};
  run.body = R"({"command": "tweet"})";
  run.headers = {{"Idempotency-Key", std::to_string(::random())}};
  const auto ran = asker.Do(run);
  CHECK(ran.ok()) << "a command: " << ran.status().ToString();
  CHECK(ran->body.find("\"exited\"") != std::string::npos)
      << "an answer went astray: " << ran->body;
}

}  // namespace

void FuzzRequest(std::string_view bytes) {
  static std::unique_ptr<Pair> pair;
  static int turns = 0;
  CheckParsers(bytes);
  // A request may end the job, as it is meant to.
  if (pair == nullptr || turns % kTurnsOfAPair == 0 || !pair->SessionRuns()) {
    pair.reset();
    pair = std::make_unique<Pair>(
        std::filesystem::temp_directory_path() / ("http-fuzz-" + std::to_string(::getpid())),
        Quick());
  }
  Feed(pair->service_socket(), Filled(*pair, bytes));
  Feed(pair->worker_socket(), Filled(*pair, bytes));
  if (++turns % kTurnsBetweenCanaries == 0 && pair->SessionRuns()) CheckCanary(*pair);
}

}  // namespace csl::tests
