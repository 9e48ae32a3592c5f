// SPDX-License-Identifier: Apache-2.0
#include "base/http/server.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace csl::http {
namespace {

using std::chrono::milliseconds;

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

TEST_F(ServerTest, ServesManyRequestsOnOneConnection) {
  Serve();
  httplib::Client client("127.0.0.1", port_);
  client.set_keep_alive(true);
  for (int i = 0; i < 100; ++i) {
    const auto result = client.Get("/hello");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->body, "hello ");
  }
  EXPECT_EQ(client.Get("/nothing")->status, 404);
}

TEST_F(ServerTest, ServesPipelinedRequests) {
  Serve();
  const int fd = Connect();
  const std::string two =
      "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(::send(fd, two.data(), two.size(), 0), static_cast<ssize_t>(two.size()));
  const std::string answer = ReadAll(fd);
  EXPECT_NE(answer.find("hello", answer.find("hello") + 1), std::string::npos);
  ::close(fd);
}

TEST_F(ServerTest, StreamsALargeBody) {
  Serve();
  httplib::Client client("127.0.0.1", port_);
  const std::string body(8 << 20, 'x');
  const auto result = client.Put("/count", body, "application/octet-stream");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, std::to_string(body.size()));
}

TEST_F(ServerTest, IdleConnectionsHoldNoThread) {
  Serve({.max_threads = 2});
  std::vector<int> idle;
  for (int i = 0; i < 50; ++i) {
    idle.push_back(Connect());
    if (i % 2 == 0) {
      ASSERT_EQ(::send(idle.back(), "GET /he", 7, 0), 7);
    }
  }
  httplib::Client client("127.0.0.1", port_);
  EXPECT_TRUE(client.Get("/hello"));
  for (const int fd : idle) ::close(fd);
}

TEST_F(ServerTest, AHeaderThatNeverEndsIsCutOff) {
  Serve({.header_timeout = milliseconds(200)});
  const int fd = Connect();
  ASSERT_EQ(::send(fd, "GET /he", 7, 0), 7);
  EXPECT_EQ(ReadAll(fd), "");
  ::close(fd);
}

TEST_F(ServerTest, AHeaderThatIsTooLongIsRefused) {
  Serve({.max_header_bytes = 1000});
  const int fd = Connect();
  const std::string flood = "GET /hello HTTP/1.1\r\nX-A: " + std::string(5000, 'a');
  ASSERT_GT(::send(fd, flood.data(), flood.size(), 0), 0);
  EXPECT_NE(ReadAll(fd).find("431"), std::string::npos);
  ::close(fd);
}

TEST_F(ServerTest, PeerUidComesFromTheKernelAlone) {
  server_ = std::make_unique<Server>();
  server_->routes().Get("/uid", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(std::to_string(request.get_header_value_count(kPeerUidHeader)) + " " +
                             request.get_header_value(kPeerUidHeader),
                         "text/plain");
  });
  // Not below TempDir: a path of a socket has 107 bytes at most.
  const std::string path = "/tmp/http-test-" + std::to_string(::getpid());
  ASSERT_TRUE(server_->ListenUnix(path).ok());
  ASSERT_TRUE(server_->Start().ok());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  httplib::Client client(path);
  client.set_address_family(AF_UNIX);
  const auto result = client.Get("/uid", {{"x-peer-uid", "4711"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, "1 " + std::to_string(::getuid()));

  Server second;
  EXPECT_EQ(second.ListenUnix(path).code(), StatusCode::kAlreadyExists);
  server_->Stop();
  EXPECT_TRUE(second.ListenUnix(path).ok());
}

TEST_F(ServerTest, StopLetsARunningRequestEnd) {
  Serve();
  auto answer = std::async(std::launch::async, [this] {
    httplib::Client client("127.0.0.1", port_);
    const auto result = client.Get("/slow");
    return result ? result->body : std::string("cut");
  });
  while (slow_running_ == 0) std::this_thread::yield();
  EXPECT_EQ(server_->IdleFor().count(), 0);
  auto stopped = std::async(std::launch::async, [this] { server_->Stop(milliseconds(60'000)); });
  release_.set_value();
  EXPECT_EQ(answer.get(), "done");
  stopped.get();
}

TEST_F(ServerTest, ListensWhereAnOptionSays) {
  Server server;
  const auto url = server.Listen("127.0.0.1:0");
  ASSERT_TRUE(url.ok()) << url.status().message();
  EXPECT_TRUE(url->starts_with("http://127.0.0.1:"));
  EXPECT_FALSE(url->ends_with(":0"));
  // Not below TempDir: a path of a socket has 107 bytes at most.
  const std::string path = "unix:/tmp/http-listen-" + std::to_string(::getpid());
  EXPECT_EQ(*Server().Listen(path), path);
  for (const char* wrong : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:1x",
                            "127.0.0.1:99999999999", "127.0.0.1:70000"}) {
    EXPECT_EQ(server.Listen(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST_F(ServerTest, BadAddressesAreNamed) {
  Server server;
  EXPECT_NE(server.ListenTcp("localhost", 0).status().message().find("'localhost:0'"),
            std::string::npos);
  EXPECT_NE(server.ListenUnix(std::string(200, 's')).message().find("200 bytes"),
            std::string::npos);
  EXPECT_EQ(server.Start().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace csl::http
