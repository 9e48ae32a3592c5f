// SPDX-License-Identifier: Apache-2.0
#include "base/http/async_call.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <set>
#include <string>
#include <thread>

#include "base/http/server.h"

namespace csl::http {
namespace {

using std::chrono::milliseconds;

StatusOr<Reply> Ask(AsyncCalls& calls, const AsyncCall& call) {
  auto promise = std::make_shared<std::promise<StatusOr<Reply>>>();
  calls.Start(call, [promise](StatusOr<Reply> reply) { promise->set_value(std::move(reply)); });
  return promise->get_future().get();
}

class AsyncCallTest : public ::testing::Test {
 protected:
  void Serve(ServerLimits limits = {}) {
    server_ = std::make_unique<Server>(limits);
    server_->routes().Get("/hello",
                          [this](const httplib::Request& request, httplib::Response& response) {
                            ports_.insert(request.remote_port);
                            response.set_content("hello", "text/plain");
                          });
    server_->routes().Post("/echo",
                           [](const httplib::Request& request, httplib::Response& response) {
                             response.set_content(request.body, "text/plain");
                           });
    const auto port = server_->ListenTcp("127.0.0.1", 0);
    ASSERT_TRUE(port.ok() && server_->Start().ok());
    url_ = "http://127.0.0.1:" + std::to_string(*port);
  }

  std::unique_ptr<Server> server_;
  std::string url_;
  std::set<int> ports_;  // that requests came from, one after the other
  AsyncCalls calls_;
};

TEST_F(AsyncCallTest, AHostMayBeANameAndTheErrorOfAnUnknownOneNamesIt) {
  Serve();
  const std::string port = url_.substr(url_.rfind(':'));
  EXPECT_EQ(Ask(calls_, {.url = "http://localhost" + port, .path = "/hello"})->body, "hello");
  const auto none = Ask(calls_, {.url = "http://no-such-host.invalid" + port, .path = "/hello"});
  EXPECT_EQ(none.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(none.status().message().find("'no-such-host.invalid'"), std::string::npos);
}

TEST_F(AsyncCallTest, AHostMayBeAnIpv6Address) {
  const int listener = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  socklen_t size = sizeof address;
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) {
    GTEST_SKIP() << "no IPv6 here";
  }
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread server([listener] {
    const int fd = ::accept(listener, nullptr, nullptr);
    char buffer[1024];
    (void)!::recv(fd, buffer, sizeof buffer, 0);
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv6";
    (void)!::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    ::close(fd);
  });
  const std::string port = std::to_string(ntohs(address.sin6_port));
  const auto reply = Ask(calls_, {.url = "http://[::1]:" + port, .path = "/"});
  server.join();
  ::close(listener);
  ASSERT_TRUE(reply.ok()) << reply.status().message();
  EXPECT_EQ(reply->body, "v6");
}

TEST_F(AsyncCallTest, CallsThatFollowEachOtherShareAConnection) {
  Serve();
  for (int i = 0; i < 20; ++i) {
    const auto reply = Ask(calls_, {.url = url_, .path = "/hello"});
    ASSERT_TRUE(reply.ok()) << reply.status().ToString();
    EXPECT_EQ(reply->body, "hello");
  }
  EXPECT_EQ(ports_.size(), 1u);
}

TEST_F(AsyncCallTest, BodiesAndFailuresComeAcross) {
  Serve();
  for (const size_t size : {size_t{1}, size_t{100}, size_t{2} << 20}) {
    const auto reply = Ask(
        calls_, {.url = url_, .method = "POST", .path = "/echo", .body = std::string(size, 'b')});
    ASSERT_TRUE(reply.ok()) << reply.status().ToString();
    EXPECT_EQ(reply->body.size(), size);
  }
  EXPECT_EQ(Ask(calls_, {.url = url_, .path = "/nothing"}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Ask(calls_, {.url = "http://127.0.0.1:1", .path = "/"}).status().code(),
            StatusCode::kUnavailable);
}

TEST_F(AsyncCallTest, AConnectionThatTheOtherSideClosedIsMadeAnew) {
  Serve({.idle_timeout = milliseconds(1)});
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Ask(calls_, {.url = url_, .path = "/hello"}).ok());
    ::usleep(2'000);
  }
}

TEST_F(AsyncCallTest, BytesThatNobodyAskedForAreNoAnswer) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  constexpr int kCalls = 3;
  std::thread other([listener] {
    for (int i = 0; i < kCalls; ++i) {
      const int peer = ::accept(listener, nullptr, nullptr);
      char request[4096];
      (void)!::recv(peer, request, sizeof request, 0);
      const std::string answer =
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
      (void)!::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(peer);
    }
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  for (int i = 0; i < kCalls; ++i) {
    const auto reply = Ask(calls_, {.url = url, .path = "/"});
    ASSERT_TRUE(reply.ok()) << reply.status().ToString();
    EXPECT_EQ(reply->body, "ok");
  }
  other.join();
  ::close(listener);
}

}  // namespace
}  // namespace csl::http
