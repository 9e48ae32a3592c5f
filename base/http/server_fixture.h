// SPDX-License-Identifier: Apache-2.0
// A server with a few routes, for tests.
#ifndef BASE_HTTP_SERVER_FIXTURE_H_
#define BASE_HTTP_SERVER_FIXTURE_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "base/http/server.h"

namespace csl::http {

class ServerTest : public ::testing::Test {
 protected:
  void Serve(ServerLimits limits = {}) {
    server_ = std::make_unique<Server>(limits);
    server_->routes().Get(
        "/hello", [](const httplib::Request& request, httplib::Response& response) {
          response.set_content("hello " + request.get_header_value(kPeerUidHeader), "text/plain");
        });
    server_->routes().Get("/slow", [this](const httplib::Request&, httplib::Response& response) {
      ++slow_running_;
      release_.get_future().wait();
      response.set_content("done", "text/plain");
    });
    AddCount();
    Listen();
  }

  void AddCount() {
    server_->routes().Put("/unread", [](const httplib::Request&, httplib::Response& response,
                                        const httplib::ContentReader&) { response.status = 403; });
    server_->routes().Put("/count", [](const httplib::Request&, httplib::Response& response,
                                       const httplib::ContentReader& reader) {
      size_t count = 0;
      if (!reader([&count](const char*, size_t size) {
            count += size;
            return true;
          })) {
        response.status = 400;
      }
      response.set_content(std::to_string(count), "text/plain");
    });
  }

  // A server that was made already, with a /count.
  void Start() {
    AddCount();
    Listen();
  }
  void Listen() {
    const auto port = server_->ListenTcp("127.0.0.1", 0);
    ASSERT_TRUE(port.ok()) << port.status().message();
    port_ = *port;
    ASSERT_TRUE(server_->Start().ok());
  }

  int Connect() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // Everything until the other side closes.
  static std::string ReadAll(int fd) {
    std::string out;
    char buffer[4096];
    for (ssize_t got; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      out.append(buffer, static_cast<size_t>(got));
    }
    return out;
  }

  std::unique_ptr<Server> server_;
  int port_ = 0;
  std::atomic<int> slow_running_{0};
  std::promise<void> release_;
};

}  // namespace csl::http

#endif  // BASE_HTTP_SERVER_FIXTURE_H_
