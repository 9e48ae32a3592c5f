// SPDX-License-Identifier: Apache-2.0
// Answers that come in pieces over time, and what they cost.
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <mutex>
#include <thread>

#include "base/http/server_fixture.h"
#include "base/http/waiting.h"

namespace csl::http {
namespace {

using std::chrono::milliseconds;

class StreamTest : public ServerTest {
 protected:
  // /news streams what Publish gave, each client from the beginning, until "end".
  void ServeNews(ServerLimits limits = {}) {
    server_ = std::make_unique<Server>(limits);
    server_->SetObserver([this](const Answered& answered) {
      if (answered.head.target == "/news") statuses_ += std::to_string(answered.status) + " ";
    });
    server_->routes().Get("/news", [this](const httplib::Request&, httplib::Response& response) {
      auto& kept = KeptForNextRun();
      if (kept == nullptr) kept = std::make_shared<size_t>(0);
      size_t& place = *std::static_pointer_cast<size_t>(kept);
      std::string piece;
      bool ends = false;
      {
        std::lock_guard lock(mutex_);
        piece = news_.substr(place);
        place = news_.size();
        ends = news_.ends_with("end");
      }
      if (fails_ && IsStreaming()) {
        response.status = 500;
        response.set_content("not for the stream", "text/plain");
        return;
      }
      if (ends ? StreamEnd(piece) : StreamAndWait(piece, "news", milliseconds(60'000))) return;
      response.status = 429;
    });
    server_->routes().Get("/hello", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("hello", "text/plain");
    });
    Start();
  }
  void Publish(const std::string& text) {
    {
      std::lock_guard lock(mutex_);
      news_ += text;
    }
    server_->Wake("news");
  }
  int Ask(const std::string& more = "") {
    const int fd = Connect();
    const std::string head = "GET /news HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
    EXPECT_GT(::send(fd, head.data(), head.size(), 0), 0);
    return fd;
  }
  // Until `text` has come; all of it.
  static std::string ReadTo(int fd, const std::string& text) {
    std::string out;
    char buffer[4096];
    while (out.find(text) == std::string::npos) {
      const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) return out + "<closed>";
      out.append(buffer, static_cast<size_t>(got));
    }
    return out;
  }

  std::mutex mutex_;
  std::string news_ = "first.";
  std::string statuses_;
  std::atomic<bool> fails_{false};
};

TEST_F(StreamTest, PiecesComeAsTheyAreMadeAndTheConnectionIsKept) {
  ServeNews();
  const int fd = Ask();
  const std::string begin = ReadTo(fd, "first.\r\n");
  EXPECT_NE(begin.find("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"),
            std::string::npos);
  EXPECT_NE(begin.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(begin.find("\r\n\r\n6\r\nfirst.\r\n"), std::string::npos);
  Publish("second.");
  EXPECT_EQ(ReadTo(fd, "second.\r\n"), "7\r\nsecond.\r\n");
  Publish("end");
  EXPECT_EQ(ReadTo(fd, "0\r\n\r\n"), "3\r\nend\r\n0\r\n\r\n");
  const std::string next = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_GT(::send(fd, next.data(), next.size(), 0), 0);
  EXPECT_NE(ReadTo(fd, "hello").find("HTTP/1.1 200 OK"), std::string::npos);
  ::close(fd);
  EXPECT_EQ(statuses_, "200 ");
}

TEST_F(StreamTest, HundredsOfStreamsHoldNoThread) {
  ServeNews({.max_threads = 2, .max_threads_each = 2});
  std::vector<int> all;
  for (int i = 0; i < 300; ++i) all.push_back(Ask());
  for (const int fd : all) ReadTo(fd, "first.\r\n");
  httplib::Client client("127.0.0.1", port_);
  EXPECT_EQ(client.Get("/hello")->body, "hello");
  Publish("second.");
  for (const int fd : all) {
    EXPECT_EQ(ReadTo(fd, "second.\r\n"), "7\r\nsecond.\r\n");
    ::close(fd);
  }
}

TEST_F(StreamTest, APrincipalHasSoManyAtOnceAndOneThatGoesMakesRoom) {
  ServeNews({.max_waits_each = 2});
  const int one = Ask();
  const int two = Ask();
  ReadTo(one, "first.\r\n");
  ReadTo(two, "first.\r\n");
  httplib::Client client("127.0.0.1", port_);
  EXPECT_EQ(client.Get("/news")->status, 429);
  ::close(one);
  int status = 429;
  while (status == 429) {
    const int fd = Ask("Connection: close\r\n");
    status = ReadTo(fd, "\r\n").starts_with("HTTP/1.1 200") ? 200 : 429;
    ::close(fd);
  }
  ::close(two);
}

TEST_F(StreamTest, AFailureEndsTheStreamAndShowsNothing) {
  ServeNews();
  const int fd = Ask("Connection: close\r\n");
  ReadTo(fd, "first.\r\n");
  fails_ = true;
  Publish("second.");
  EXPECT_EQ(ReadAll(fd), "0\r\n\r\n");
  ::close(fd);
}

TEST_F(StreamTest, AClientThatReadsNothingHoldsNoThreadAndIsDropped) {
  news_ = std::string(24 << 20, 'n');
  ServeNews({.max_threads = 2, .write_timeout = milliseconds(100), .min_small_rate = 1 << 30});
  const auto count_open = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = count_open();
  std::vector<int> slow;
  for (int i = 0; i < 4; ++i) slow.push_back(Ask());
  EXPECT_EQ(httplib::Client("127.0.0.1", port_).Get("/hello")->body, "hello");
  // The server is in this process: until it has closed its ends. One that reads is not dropped.
  while (count_open() > before + 4) std::this_thread::sleep_for(milliseconds(5));
  for (const int fd : slow) {
    EXPECT_LT(ReadAll(fd).size(), news_.size());
    ::close(fd);
  }
}

TEST_F(StreamTest, WhatCannotStreamIsAnsweredOtherwise) {
  ServeNews();
  for (const std::string line : {"HEAD /news HTTP/1.1", "GET /news HTTP/1.0"}) {
    const int fd = Connect();
    const std::string head = line + "\r\nHost: x\r\nConnection: close\r\n\r\n";
    ASSERT_GT(::send(fd, head.data(), head.size(), 0), 0);
    EXPECT_TRUE(ReadAll(fd).starts_with("HTTP/1.1 429")) << line;
    ::close(fd);
  }
}

}  // namespace
}  // namespace csl::http
