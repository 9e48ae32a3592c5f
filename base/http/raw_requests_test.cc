// SPDX-License-Identifier: Apache-2.0
// What a server answers to bytes that no library would send, and to bodies that nobody reads.
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "base/http/server_fixture.h"
#include "base/http/waiting.h"

namespace csl::http {
namespace {

using std::chrono::milliseconds;

// Everything of an answer to raw bytes, until the server closes.
class RawTest : public ServerTest {
 protected:
  std::string Ask(const std::string& bytes) {
    const int fd = Connect();
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    std::string answer = ReadAll(fd);
    ::close(fd);
    return answer;
  }
};

TEST_F(RawTest, AMalformedRequestIsRefusedAndNothingAfterItIsRead) {
  Serve();
  const std::string next = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  for (const char* field :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 0x10",
        "Content-Length: +5", "Content-Length: 5, 5", "Transfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6", "Content-Length : 5", " folded"}) {
    const std::string answer =
        Ask("PUT /count HTTP/1.1\r\nHost: x\r\n" + std::string(field) + "\r\n\r\n" + next);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << field << answer;
    EXPECT_EQ(answer.find("hello"), std::string::npos) << field;
  }
}

TEST_F(RawTest, ABodyThatNobodyReadIsNotARequest) {
  Serve({.max_body_ahead = 10});
  const std::string smuggled = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string answer =
      Ask("PUT /unread HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(smuggled.size()) +
          "\r\n\r\n" + smuggled);
  EXPECT_EQ(answer.find("hello"), std::string::npos) << answer;
}

TEST_F(RawTest, ABodyInMemoryThatNobodyReadEndsWithItsRequest) {
  Serve();
  const std::string smuggled = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string answer =
      Ask("PUT /unread HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(smuggled.size()) +
          "\r\n\r\n" + smuggled +
          "PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403")) << answer;
  EXPECT_EQ(answer.find("hello"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n3")) << answer;
}

TEST_F(RawTest, AConnectionServesOnAfterARequestThatReadItsBodyBeforeItWaited) {
  server_ = std::make_unique<Server>();
  server_->routes().Post("/late", [](const httplib::Request&, httplib::Response& response,
                                     const httplib::ContentReader& reader) {
    if (RunsAgain()) {
      response.set_content("late", "text/plain");
      return;
    }
    reader([](const char*, size_t) { return true; });
    EXPECT_TRUE(WaitFor("never", milliseconds(10)));
  });
  Start();
  const std::string answer =
      Ask("POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirst"
          "PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  EXPECT_NE(answer.find("\r\n\r\nlate"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n3")) << answer;
}

TEST_F(RawTest, AGateRefusesBeforeABodyIsRead) {
  server_ = std::make_unique<Server>();
  server_->SetGate([](const Arrival& arrival) {
    const bool known = arrival.head.Header("authorization") == "Bearer good";
    return Admission{.refused = known ? 0 : 401, .problem = "{}"};
  });
  Start();
  // No body ever comes: the answer does not wait for it.
  EXPECT_TRUE(Ask("PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 400000000\r\n\r\n")
                  .starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(Ask("PUT /count HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
                  "Content-Length: 3\r\nConnection: close\r\n\r\nabc")
                  .ends_with("\r\n\r\n3"));
  // A refused request without a body keeps the connection; thousands of them take no stack.
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  const std::string answer = Ask(many + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401"));
}

}  // namespace
}  // namespace csl::http
