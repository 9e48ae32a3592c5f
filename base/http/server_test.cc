// SPDX-License-Identifier: Apache-2.0
#include "base/http/server.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/http/server_fixture.h"
#include "base/http/waiting.h"

namespace csl::http {
namespace {

using std::chrono::milliseconds;

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

TEST_F(ServerTest, AHandlerSeesTheFieldsAsTheyCame) {
  server_ = std::make_unique<Server>(ServerLimits{});
  server_->routes().Get("/key", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.get_header_value("X-Key"), "text/plain");
  });
  Start();
  httplib::Client client("127.0.0.1", port_);
  for (const char* key : {"a%20b", "%00", "%41", "a+b", "\xc3\xbc", "%"}) {
    EXPECT_EQ(client.Get("/key", {{"X-Key", key}})->body, key);
  }
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

TEST_F(ServerTest, RequestsWhoseBodyDoesNotComeHoldNoThread) {
  Serve({.max_threads = 1});
  std::vector<int> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(Connect());
    const std::string head = "PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
    ASSERT_GT(::send(waiting.back(), head.data(), head.size(), 0), 0);
  }
  httplib::Client client("127.0.0.1", port_);
  EXPECT_TRUE(client.Get("/hello"));
  for (const int fd : waiting) ::close(fd);
}

TEST_F(ServerTest, RequestsThatWaitHoldNoThreadAndAreWoken) {
  server_ = std::make_unique<Server>(ServerLimits{.max_threads = 1});
  std::atomic<bool> there{false};
  std::atomic<int> looks{0};
  server_->routes().Get("/wait", [&](const httplib::Request&, httplib::Response& response) {
    ++looks;
    if (!there && WaitFor("thing", std::chrono::milliseconds(60'000))) return;
    response.set_content(RunsAgain() ? "woken" : "at once", "text/plain");
  });
  server_->routes().Get("/short", [&](const httplib::Request&, httplib::Response& response) {
    if (WaitFor("never", milliseconds(50))) return;
    response.set_content("nothing", "text/plain");
  });
  Start();
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 50; ++i) {
    answers.push_back(std::async(std::launch::async, [this] {
      httplib::Client client("127.0.0.1", port_);
      client.set_read_timeout(60, 0);
      const auto result = client.Get("/wait");
      return result ? result->body : std::string("none");
    }));
  }
  httplib::Client client("127.0.0.1", port_);
  EXPECT_EQ(client.Get("/short")->body, "nothing");
  while (looks < 50) std::this_thread::yield();
  there = true;
  server_->Wake("thing");
  for (auto& answer : answers) EXPECT_EQ(answer.get(), "woken");
  EXPECT_EQ(client.Get("/wait")->body, "at once");
}

// All requests are of one principal and small, but for /transfer.
Admission SmallButForTransfers(const Arrival& arrival) {
  Admission admission{.principal = "somebody", .max_body = 2 << 20};
  if (arrival.head.Path() == "/transfer") admission.lane = Lane::kTransfers;
  return admission;
}

TEST_F(ServerTest, ResponsesThatAreReadSlowlyHoldNoThread) {
  server_ = std::make_unique<Server>(ServerLimits{.max_threads = 1});
  server_->SetGate(SmallButForTransfers);
  const std::string large(1 << 20, 'l');
  server_->routes().Get("/large", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(large, "text/plain");
  });
  Start();
  std::vector<int> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(Connect());
    const std::string head = "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    ASSERT_GT(::send(slow.back(), head.data(), head.size(), 0), 0);
  }
  httplib::Client client("127.0.0.1", port_);
  const auto result = client.Get("/large");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, large);
  for (const int fd : slow) {
    EXPECT_TRUE(ReadAll(fd).ends_with(large));  // slow, but not cut
    ::close(fd);
  }
}

TEST_F(ServerTest, OnePrincipalHoldsNoMoreMemoryThanItMay) {
  server_ = std::make_unique<Server>(ServerLimits{.max_held_each = 3 << 20});
  server_->SetGate(SmallButForTransfers);
  const std::string large(1 << 20, 'l');
  server_->routes().Get("/large", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(large, "text/plain");
  });
  Start();
  // Bodies that do not come, each announced with 1 MiB.
  std::vector<int> waiting;
  int refused = 0;
  for (int i = 0; i < 5; ++i) {
    const int fd = Connect();
    const std::string head = "PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n";
    ASSERT_GT(::send(fd, head.data(), head.size(), 0), 0);
    if (i < 3) {
      waiting.push_back(fd);
      continue;
    }
    refused += ReadAll(fd).starts_with("HTTP/1.1 429") ? 1 : 0;
    ::close(fd);
  }
  EXPECT_EQ(refused, 2);
  for (const int fd : waiting) ::close(fd);
  httplib::Client client("127.0.0.1", port_);
  while (client.Put("/count", std::string(1 << 20, 'x'), "text/plain")->status == 429) {
    std::this_thread::yield();  // until the server has seen the others go
  }
  EXPECT_EQ(client.Put("/count", std::string(3 << 20, 'x'), "text/plain")->status, 413);
}

TEST_F(ServerTest, SlowTransfersHoldTheirOwnThreadsAlone) {
  server_ = std::make_unique<Server>(ServerLimits{.max_threads = 1, .transfer_threads = 2});
  server_->SetGate(SmallButForTransfers);
  server_->routes().Get("/hello", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("hello", "text/plain");
  });
  server_->routes().Put("/transfer", [](const httplib::Request&, httplib::Response&,
                                        const httplib::ContentReader& reader) {
    reader([](const char*, size_t) { return true; });
  });
  Start();
  std::vector<int> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(Connect());
    const std::string head = "PUT /transfer HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n";
    ASSERT_GT(::send(slow.back(), head.data(), head.size(), 0), 0);
  }
  httplib::Client client("127.0.0.1", port_);
  const auto result = client.Get("/hello");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, "hello");
  for (const int fd : slow) ::close(fd);
}

TEST_F(ServerTest, AResponseThatIsReadTooSlowlyIsCutOff) {
  server_ = std::make_unique<Server>(ServerLimits{.body_grace = milliseconds(50),
                                                  .write_timeout = milliseconds(1000),
                                                  .min_transfer_rate = 1 << 30,
                                                  .min_small_rate = 1 << 30});
  server_->SetGate(SmallButForTransfers);
  const auto large = [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(16 << 20, 'l'), "text/plain");
  };
  server_->routes().Get("/large", large);
  server_->routes().Get("/transfer", large);
  Start();
  for (const char* path : {"/large", "/transfer"}) {
    const int fd = Connect();
    const std::string head = std::string("GET ") + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
    ASSERT_GT(::send(fd, head.data(), head.size(), 0), 0);
    // A little at a time, so that the server can always send a little more.
    size_t taken = 0;
    char piece[1 << 14];
    for (ssize_t got; (got = ::recv(fd, piece, sizeof piece, 0)) > 0;) {
      taken += static_cast<size_t>(got);
      ::usleep(5'000);
    }
    EXPECT_LT(taken, 16u << 20) << path;
    ::close(fd);
  }
}

TEST_F(ServerTest, WithoutRoomTheOldestIdleConnectionGoes) {
  Serve({.max_connections = 10});
  std::vector<int> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(Connect());
  httplib::Client client("127.0.0.1", port_);
  EXPECT_TRUE(client.Get("/hello"));
  EXPECT_EQ(ReadAll(idle.front()), "");  // closed
  for (const int fd : idle) ::close(fd);
}

TEST_F(ServerTest, RunningOutOfDescriptorsIsSurvived) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  Serve();
  rlimit few = before;
  few.rlim_cur = 120;  // of which both ends of each connection take one
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> many;
  for (int i = 0; i < 50; ++i) many.push_back(Connect());
  ::close(many.back());
  many.pop_back();
  httplib::Client client("127.0.0.1", port_);
  EXPECT_TRUE(client.Get("/hello"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(client.Get("/hello"));
  for (const int fd : many) ::close(fd);
}

TEST_F(ServerTest, AFileWhereItsSocketShouldBeIsLeftAlone) {
  const std::string path =
      "/tmp/thesis-" + std::to_string(::getpid());  // names of sockets are short
  std::ofstream(path) << "years of work";
  Server server;
  const Status status = server.ListenUnix(path);
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
  EXPECT_NE(status.message().find(path), std::string::npos);
  std::string kept;
  std::getline(std::ifstream(path), kept);
  EXPECT_EQ(kept, "years of work");
  ::unlink(path.c_str());
  EXPECT_EQ(server.ListenUnix("").code(), StatusCode::kInvalidArgument);
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
